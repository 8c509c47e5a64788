"""Instances with all that their launch asks for, and what stopping, starting and terminating leaves alone.

Rules: RunInstances, CreateLaunchTemplate, ModifyInstanceAttribute and ModifyInstanceMetadataOptions of EC2's
API; "Elastic IP addresses": kept while stopped, disassociated on termination.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.autoscaling.models import autoscaling_backends
from moto.core.responses import ActionResult, EmptyResult
from moto.core.types import Base64EncodedString
from moto.ec2.exceptions import EC2ClientError, MissingParameterError
from moto.ec2.models.instances import Instance, InstanceState, MetadataOptions, Reservation
from moto.ec2.responses import EC2Response

from sandbox.moto_server.ec2.network_interfaces import NetworkInterfaceBackend

ROOT_GIBIBYTES = 8
WHILE_STOPPED = {"instance_type": "instanceType", "user_data": "userData"}
"""Attributes that AWS changes on a stopped instance only."""


class InstanceBackend(NetworkInterfaceBackend):
    """Instances."""

    def run_instances(
        self, image_id: str, count: int, user_data: Any, security_group_names: list[str], **options: Any
    ) -> Reservation:
        """Launch instances, with what the request leaves out taken from its launch template and AMI.

        Raises:
            EC2ClientError: something that the request names does not exist.
        """
        template = self._template(options.get("launch_template"))
        if image_id:
            self.describe_images(ami_ids=[image_id])
        if options.get("private_ip") and options.get("subnet_id"):
            self.check_private_address(options["subnet_id"], options["private_ip"])
        if template.get("MetadataOptions") and not options.get("metadata_options"):
            options["metadata_options"] = template["MetadataOptions"]
        if template.get("NetworkInterfaces") and not options.get("nics"):
            options["nics"] = template["NetworkInterfaces"]
        if template.get("Monitoring", {}).get("Enabled"):
            options["monitoring_state"] = "enabled"
        options["block_device_mappings"] = self._block_devices(
            image_id or template.get("ImageId", ""), template, options
        )
        launched = super().run_instances(image_id, count, user_data, security_group_names, **options)
        self._tag_interfaces(launched, template)
        profile = template.get("IamInstanceProfile")
        if profile and not (
            options.get("iam_instance_profile_name") or options.get("iam_instance_profile_arn")
        ):
            for instance in launched.instances:
                self.associate_iam_instance_profile(
                    instance.id,
                    iam_instance_profile_name=profile.get("Name"),
                    iam_instance_profile_arn=profile.get("Arn"),
                )
        return launched

    def stop_instances(self, instance_ids: list[str]) -> list[tuple[Instance, InstanceState]]:
        """Stop instances; they keep their interfaces and Elastic IP addresses."""
        stopped = super().stop_instances(instance_ids)
        for instance, _ in stopped:
            self.restore_public_addresses(instance.network_interfaces)
        return stopped

    def start_instances(self, instance_ids: list[str]) -> list[tuple[Instance, InstanceState]]:
        """Start instances.

        Raises:
            EC2ClientError: IncorrectInstanceState, when one is terminated.
        """
        for instance in self.get_multi_instances_by_id(instance_ids):
            if instance.state == "terminated":
                raise EC2ClientError(
                    "IncorrectInstanceState",
                    f"The instance '{instance.id}' is not in a state from which it can be started.",
                )
        started = super().start_instances(instance_ids)
        for instance, _ in started:
            self.restore_public_addresses(instance.network_interfaces)
        return started

    def terminate_instances(self, instance_ids: list[str]) -> list[tuple[Instance, InstanceState]]:
        """Terminate instances, once; their Elastic IP addresses are free."""
        instances = self.get_multi_instances_by_id(instance_ids)
        again = {instance.id for instance in instances if instance.state == "terminated"}
        ended = (
            super().terminate_instances([i for i in instance_ids if i not in again])
            if (len(again) < len(instance_ids))
            else []
        )
        for instance, _ in ended:
            self.leave(instance.network_interfaces)
        return ended + [
            (instance, InstanceState("terminated", 48)) for instance in instances if instance.id in again
        ]

    def modify_instance_attribute(self, instance_id: str, key: str, value: Any) -> Instance:
        """Change one attribute; the primary interface follows the instance's source/destination check.

        Raises:
            EC2ClientError: IncorrectInstanceState, when AWS changes it on a stopped instance only.
        """
        instance = self.get_instance(instance_id)
        if key in WHILE_STOPPED and instance.state != "stopped":
            raise EC2ClientError(
                "IncorrectInstanceState",
                f"The instance '{instance_id}' is not in the 'stopped' state, in which the "
                f"'{WHILE_STOPPED[key]}' attribute can be modified.",
            )
        if key == "source_dest_check":
            instance.nics[0].source_dest_check = value
        return super().modify_instance_attribute(instance_id, key, value)

    def modify_instance_metadata_options(
        self,
        instance_id: str,
        http_tokens: str | None = None,
        hop_limit: int | None = None,
        http_endpoint: str | None = None,
        dry_run: bool | None = False,
        http_protocol: str | None = None,
        metadata_tags: str | None = None,
    ) -> MetadataOptions:
        """Change the given metadata options; the others stay."""
        now = self.get_instance(instance_id).metadata_options
        return super().modify_instance_metadata_options(
            instance_id,
            http_tokens or now.http_tokens,
            hop_limit or now.http_put_response_hop_limit,
            http_endpoint or now.http_endpoint,
            dry_run,
            http_protocol or now.http_protocol_ipv6,
            metadata_tags or now.instance_metadata_tags,
        )

    def _tag_interfaces(self, launched: Reservation, template: Mapping[str, Any]) -> None:
        """Give the instances' interfaces the tags that a launch template has for them."""
        tags = {
            tag["Key"]: tag["Value"]
            for specification in template.get("TagSpecifications", ())
            if specification["ResourceType"] == "network-interface"
            for tag in specification["Tags"]
        }
        if tags:
            self.create_tags([nic.id for one in launched.instances for nic in one.nics.values()], tags)

    def _template(self, reference: dict[str, Any] | None) -> Mapping[str, Any]:
        return self._get_template_from_args(reference).data if reference else {}

    def _block_devices(
        self, image_id: str, template: Mapping[str, Any], options: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """The volumes: those asked for, and the AMI's root, which by default ends with the instance."""
        images = self.describe_images(filters={"image-id": [image_id]})
        root_name = images[0].root_device_name if images else "/dev/sda1"
        asked: list[dict[str, Any]] = options.get("block_device_mappings") or list(
            template.get("BlockDeviceMappings") or []
        )
        if not any(mapping["DeviceName"] == root_name for mapping in asked):
            asked = [{"DeviceName": root_name, "Ebs": {}}, *asked]
        return [_completed(mapping, root_name) for mapping in asked]


def _completed(mapping: Mapping[str, Any], root_name: str | None) -> dict[str, Any]:
    is_root = mapping["DeviceName"] == root_name
    asked = {name: value for name, value in mapping.get("Ebs", {}).items() if value is not None}
    if not (is_root or "NoDevice" in asked or {"VolumeSize", "SnapshotId"} & asked.keys()):
        raise MissingParameterError("size or snapshotId")
    ends = asked.get("DeleteOnTermination", is_root)
    return {
        **mapping,
        "Ebs": {"VolumeSize": ROOT_GIBIBYTES, "VolumeType": "gp3", **asked, "DeleteOnTermination": ends},
    }


class InstanceResponse(EC2Response):
    """RunInstances and ModifyInstanceAttribute with the parameters that moto passes over."""

    def run_instances(self) -> ActionResult:
        """RunInstances."""
        result = super().run_instances()
        launched = result.result
        assert isinstance(launched, Reservation)
        for instance in launched.instances:
            instance.disable_api_termination = bool(self._get_param("DisableApiTermination", False))
            tenancy = self._get_param("Placement.Tenancy")
            if tenancy:
                instance.placement.tenancy = tenancy
        return result

    def stop_instances(self) -> ActionResult:
        """StopInstances; an Auto Scaling group puts others in the place of its own."""
        result = super().stop_instances()
        groups: Any = autoscaling_backends[self.current_account][self.region]
        groups.replace_lost(self._get_param("InstanceIds", []))
        return result

    def modify_instance_attribute(self) -> ActionResult:
        """ModifyInstanceAttribute.

        User data arrives in base64 once, as every blob does; moto would have it twice.
        """
        behaviour = self._get_param("InstanceInitiatedShutdownBehavior.Value")
        user_data = self._get_param("UserData.Value")
        if behaviour is not None:
            self._modify("instance_initiated_shutdown_behavior", behaviour)
        elif user_data is not None:
            self._modify("user_data", Base64EncodedString.from_raw_bytes(user_data))
        else:
            return super().modify_instance_attribute()
        return EmptyResult()

    def _modify(self, attribute: str, value: Any) -> None:
        self.ec2_backend.modify_instance_attribute(self._get_param("InstanceId"), attribute, value)

    @staticmethod
    def _validate_block_device_mapping(device_mapping: dict[str, Any]) -> None:
        """As moto does, but a size may be missing: the AMI's own snapshot has one for the root volume."""
        ebs = device_mapping.get("Ebs")
        sized = device_mapping if ebs is None else {**device_mapping, "Ebs": {"VolumeSize": "1", **ebs}}
        EC2Response._validate_block_device_mapping(sized)

    def _parse_block_device_mapping(self) -> list[dict[str, Any]]:
        asked = self._get_param("BlockDeviceMappings", [])
        parsed = super()._parse_block_device_mapping()
        for mapping, request in zip(parsed, asked, strict=True):
            if "DeleteOnTermination" not in request.get("Ebs", {}):
                mapping["Ebs"]["DeleteOnTermination"] = None
        return parsed
