"""Instances."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.provider.arguments import tag_list
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import identifier, ipv4_address, one_of
from sandbox.provider.resources.ec2 import Ec2Type, first
from sandbox.provider.resources.instance_attributes import attribute_of, decoded, user_data
from sandbox.provider.resources.instance_disk import (
    change_disk,
    disk_request,
    root_block_device,
    root_disk,
)
from sandbox.provider.resources.instance_network import network_request, primary_interface, security_groups
from sandbox.provider.table import Change, block, blocks, flag, labels, number, strings, text
from sandbox.provider.values import Values, part

_METADATA = (
    ("httpEndpoint", "HttpEndpoint"),
    ("httpTokens", "HttpTokens"),
    ("httpPutResponseHopLimit", "HttpPutResponseHopLimit"),
    ("httpProtocolIpv6", "HttpProtocolIpv6"),
    ("instanceMetadataTags", "InstanceMetadataTags"),
)

_STOPPED_TO_CHANGE = {
    "instanceType": "InstanceType",
    "userData": "UserData",
    "userDataBase64": "UserData",
    "ebsOptimized": "EbsOptimized",
}
"""Properties that EC2 changes on a stopped instance only."""

_ATTRIBUTES = {
    "disableApiTermination": "DisableApiTermination",
    "disableApiStop": "DisableApiStop",
    "instanceInitiatedShutdownBehavior": "InstanceInitiatedShutdownBehavior",
    "sourceDestCheck": "SourceDestCheck",
}


class Instance(Ec2Type):
    """An instance with its root disk and its first network interface."""

    typename = "aws:ec2/instance:Instance"
    creator = "RunInstances"
    tag_type = "instance"
    described = ("describe_instances", "InstanceIds")
    properties = (
        text("ami", "ImageId", computed=True, force_new=True, rule=identifier("ami")),
        text("instanceType", "InstanceType", computed=True),
        text("availabilityZone", computed=True, force_new=True),
        text("subnetId", computed=True, force_new=True, rule=identifier("subnet")),
        text("privateIp", computed=True, force_new=True, rule=ipv4_address),
        flag("associatePublicIpAddress", computed=True, force_new=True),
        strings("vpcSecurityGroupIds", computed=True, rule=identifier("sg")),
        blocks(
            "networkInterfaces",
            number("deviceIndex", required=True, force_new=True),
            text("networkInterfaceId", required=True, force_new=True, rule=identifier("eni")),
            flag("deleteOnTermination", default=False, force_new=True),
            computed=True,
        ),
        block(
            "primaryNetworkInterface",
            text("networkInterfaceId", required=True, force_new=True, rule=identifier("eni")),
            computed=True,
        ),
        text("iamInstanceProfile", computed=True),
        text("keyName", "KeyName", computed=True, force_new=True),
        text("userData"),
        text("userDataBase64", computed=True),
        flag("userDataReplaceOnChange", default=False),
        flag("sourceDestCheck", default=True),
        flag("disableApiTermination", "DisableApiTermination", computed=True),
        flag("disableApiStop", "DisableApiStop", computed=True),
        text("instanceInitiatedShutdownBehavior", "InstanceInitiatedShutdownBehavior", computed=True),
        flag("monitoring", computed=True),
        flag("ebsOptimized", "EbsOptimized", computed=True, force_new=True),
        text("tenancy", "Placement.Tenancy", computed=True, force_new=True),
        block(
            "metadataOptions",
            text("httpEndpoint", "MetadataOptions.HttpEndpoint", default="enabled"),
            text("httpTokens", "MetadataOptions.HttpTokens", computed=True),
            number("httpPutResponseHopLimit", "MetadataOptions.HttpPutResponseHopLimit", computed=True),
            text("httpProtocolIpv6", "MetadataOptions.HttpProtocolIpv6", default="disabled"),
            text("instanceMetadataTags", "MetadataOptions.InstanceMetadataTags", computed=True),
            computed=True,
        ),
        block(
            "maintenanceOptions",
            text("autoRecovery", "MaintenanceOptions.AutoRecovery", computed=True),
            computed=True,
        ),
        block(
            "creditSpecification",
            text("cpuCredits", "CreditSpecification.CpuCredits", rule=one_of("standard", "unlimited")),
        ),
        root_block_device(),
        labels("volumeTags"),
    )
    outputs = (
        "arn",
        "instanceState",
        "instanceLifecycle",
        "outpostArn",
        "passwordData",
        "primaryNetworkInterfaceId",
        "privateDns",
        "publicDns",
        "publicIp",
        "spotInstanceRequestId",
        "securityGroups",
    )
    renewed = ("publicIp", "publicDns")

    def problems(self, inputs: Values) -> Iterator[tuple[str, str]]:
        """One form of user data; interfaces of its own or attributes of the first one."""
        if "userData" in inputs and "userDataBase64" in inputs:
            yield "userDataBase64", "must not be set beside userData"
        if inputs.get("primaryNetworkInterface") or inputs.get("networkInterfaces"):
            for name in ("associatePublicIpAddress", "subnetId", "privateIp", "vpcSecurityGroupIds"):
                if name in inputs:
                    yield name, "must not be set beside network interfaces"
        text_or_none = inputs.get("userData")
        if isinstance(text_or_none, str) and len(text_or_none.encode()) > 16384:
            yield "userData", "must have at most 16 KB (Run commands when you launch an EC2 instance)"

    def replaced_by(self, change: Change) -> frozenset[str]:
        """User data replaces the instance when the program says so."""
        if change.new.get("userDataReplaceOnChange"):
            return frozenset(("userData", "userDataBase64"))
        return frozenset()

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Start the instance."""
        return cloud.ec2.run_instances(**self._run_request(cloud, inputs))["Instances"][0]["InstanceId"]

    def settle(self, cloud: Cloud, ident: str, inputs: Values) -> None:
        """Wait until it runs, and set what only an existing instance takes."""
        cloud.ec2.get_waiter("instance_running").wait(InstanceIds=[ident], WaiterConfig={"Delay": 2})
        if inputs.get("sourceDestCheck") is False and not inputs.get("primaryNetworkInterface"):
            cloud.ec2.modify_instance_attribute(InstanceId=ident, SourceDestCheck={"Value": False})

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The instance with its root disk, and its attributes that are asked for one by one."""
        found = self._instance(cloud, ident)
        if found is None:
            return None
        primary = primary_interface(found)
        placement: Values = part(found, "Placement")
        association = first(
            cloud,
            "describe_iam_instance_profile_associations",
            Filters=[{"Name": "instance-id", "Values": [ident]}],
        )
        profile = str(part(association or found, "IamInstanceProfile").get("Arn", ""))
        state: Values = {
            **self.tags_of(found),
            **user_data(cloud, ident, known),
            "arn": cloud.arn("ec2", f"instance/{ident}"),
            "ami": found["ImageId"],
            "instanceType": found["InstanceType"],
            "instanceState": found["State"]["Name"],
            "availabilityZone": placement.get("AvailabilityZone", ""),
            "tenancy": placement.get("Tenancy", "default"),
            "subnetId": found.get("SubnetId", ""),
            "privateIp": found.get("PrivateIpAddress", ""),
            "privateDns": found.get("PrivateDnsName", ""),
            "publicIp": found.get("PublicIpAddress", ""),
            "publicDns": found.get("PublicDnsName", ""),
            "vpcSecurityGroupIds": [group["GroupId"] for group in security_groups(found, primary)],
            "securityGroups": [],
            "iamInstanceProfile": profile.rsplit("/", 1)[-1],
            "keyName": found.get("KeyName", ""),
            "ebsOptimized": found.get("EbsOptimized", False),
            "sourceDestCheck": primary.get("SourceDestCheck", found.get("SourceDestCheck", True)),
            "monitoring": part(found, "Monitoring").get("State") in ("enabled", "pending"),
            "primaryNetworkInterfaceId": primary.get("NetworkInterfaceId", ""),
            "instanceLifecycle": found.get("InstanceLifecycle", ""),
            "outpostArn": found.get("OutpostArn", ""),
            "passwordData": "",
            "spotInstanceRequestId": found.get("SpotInstanceRequestId", ""),
            "disableApiTermination": attribute_of(cloud, ident, "disableApiTermination"),
            "instanceInitiatedShutdownBehavior": attribute_of(
                cloud, ident, "instanceInitiatedShutdownBehavior"
            ),
            "metadataOptions": _members(found.get("MetadataOptions") or {}, _METADATA),
            "rootBlockDevice": root_disk(cloud, found),
        }
        if known.get("volumeTags"):
            state["volumeTags"] = state["rootBlockDevice"].pop("tags", {})
        if found.get("MaintenanceOptions"):
            state["maintenanceOptions"] = {"autoRecovery": found["MaintenanceOptions"]["AutoRecovery"]}
        if known.get("associatePublicIpAddress") is None:
            state["associatePublicIpAddress"] = bool(found.get("PublicIpAddress"))
        return state

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Change the instance in place; stop it for what EC2 changes on a stopped one only."""
        new, names = change.new, change.names
        for name in sorted(names & _ATTRIBUTES.keys()):
            cloud.ec2.modify_instance_attribute(
                InstanceId=ident, **{_ATTRIBUTES[name]: {"Value": new.get(name)}}
            )
        if "vpcSecurityGroupIds" in names:
            cloud.ec2.modify_instance_attribute(InstanceId=ident, Groups=new["vpcSecurityGroupIds"])
        if "metadataOptions" in names:
            options = {
                member: new["metadataOptions"][name]
                for name, member in _METADATA
                if name in new["metadataOptions"]
            }
            cloud.ec2.modify_instance_metadata_options(InstanceId=ident, **options)
        if "maintenanceOptions" in names:
            recovery = new["maintenanceOptions"]["autoRecovery"]
            cloud.ec2.modify_instance_maintenance_options(InstanceId=ident, AutoRecovery=recovery)
        if "monitoring" in names:
            watch = cloud.ec2.monitor_instances if new.get("monitoring") else cloud.ec2.unmonitor_instances
            watch(InstanceIds=[ident])
        if "creditSpecification" in names:
            credits = {"InstanceId": ident, "CpuCredits": new["creditSpecification"]["cpuCredits"]}
            cloud.ec2.modify_instance_credit_specification(InstanceCreditSpecifications=[credits])
        if "iamInstanceProfile" in names:
            _change_profile(cloud, ident, new.get("iamInstanceProfile"))
        change_disk(cloud, ident, change)
        self._change_stopped(cloud, ident, change)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Terminate the instance and wait for its end. A protected one is refused by EC2, as on AWS."""
        cloud.ec2.terminate_instances(InstanceIds=[ident])
        cloud.ec2.get_waiter("instance_terminated").wait(InstanceIds=[ident], WaiterConfig={"Delay": 2})

    def _instance(self, cloud: Cloud, ident: str) -> Values | None:
        reservation = first(cloud, "describe_instances", InstanceIds=[ident])
        found: Values | None = reservation["Instances"][0] if reservation else None
        if found is None or found["State"]["Name"] in ("terminated", "shutting-down"):
            return None
        return found

    def _run_request(self, cloud: Cloud, inputs: Values) -> Values:
        request = self.request(inputs)
        request |= {"MinCount": 1, "MaxCount": 1, **network_request(inputs), **disk_request(cloud, inputs)}
        if inputs.get("availabilityZone"):
            request.setdefault("Placement", {})["AvailabilityZone"] = inputs["availabilityZone"]
        if inputs.get("iamInstanceProfile"):
            request["IamInstanceProfile"] = {"Name": inputs["iamInstanceProfile"]}
        if inputs.get("monitoring") is not None:
            request["Monitoring"] = {"Enabled": inputs["monitoring"]}
        if inputs.get("userData") or inputs.get("userDataBase64"):
            request["UserData"] = decoded(inputs)
        volume_tags = inputs.get("volumeTags") or part(inputs, "rootBlockDevice").get("tags")
        if volume_tags:
            request.setdefault("TagSpecifications", []).append(
                {"ResourceType": "volume", "Tags": tag_list(volume_tags)}
            )
        return request

    @staticmethod
    def _change_stopped(cloud: Cloud, ident: str, change: Change) -> None:
        names = sorted(change.names & _STOPPED_TO_CHANGE.keys())
        if not names:
            return
        cloud.ec2.stop_instances(InstanceIds=[ident])
        cloud.ec2.get_waiter("instance_stopped").wait(InstanceIds=[ident], WaiterConfig={"Delay": 2})
        for name in names:
            value = decoded(change.new) if name.startswith("userData") else change.new.get(name)
            cloud.ec2.modify_instance_attribute(
                InstanceId=ident, **{_STOPPED_TO_CHANGE[name]: {"Value": value}}
            )
        cloud.ec2.start_instances(InstanceIds=[ident])
        cloud.ec2.get_waiter("instance_running").wait(InstanceIds=[ident], WaiterConfig={"Delay": 2})


def _members(description: Values, names: tuple[tuple[str, str], ...]) -> Values:
    return {name: description[member] for name, member in names if description.get(member) is not None}


def _change_profile(cloud: Cloud, ident: str, profile: str | None) -> None:
    of_instance = [{"Name": "instance-id", "Values": [ident]}]
    found = first(cloud, "describe_iam_instance_profile_associations", Filters=of_instance)
    if found is not None and profile:
        cloud.ec2.replace_iam_instance_profile_association(
            AssociationId=found["AssociationId"], IamInstanceProfile={"Name": profile}
        )
    elif profile:
        cloud.ec2.associate_iam_instance_profile(InstanceId=ident, IamInstanceProfile={"Name": profile})
    elif found is not None:
        cloud.ec2.disassociate_iam_instance_profile(AssociationId=found["AssociationId"])
