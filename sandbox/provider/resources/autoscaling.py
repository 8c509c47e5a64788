"""Auto Scaling groups."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from sandbox.provider.arguments import arguments
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import identifier, one_of
from sandbox.provider.errors import ProviderError, code_of
from sandbox.provider.table import Change, ResourceType, block, blocks, flag, listed, number, strings, text
from sandbox.provider.values import Values, part, parts

_CAPACITY_SECONDS = 600
"""How long a group may take to have the instances that it wants (`waitForCapacityTimeout`'s default)."""


class Group(ResourceType):
    """An Auto Scaling group of one launch template."""

    typename = "aws:autoscaling/group:Group"
    service = "autoscaling"
    creator = "CreateAutoScalingGroup"
    auto_named = "name"
    tagged = False
    properties = (
        text("name", "AutoScalingGroupName", computed=True, force_new=True),
        number("minSize", "MinSize", required=True),
        number("maxSize", "MaxSize", required=True),
        number("desiredCapacity", "DesiredCapacity", computed=True),
        strings("vpcZoneIdentifiers", computed=True, rule=identifier("subnet")),
        strings("availabilityZones", "AvailabilityZones", computed=True),
        block(
            "launchTemplate",
            text("id", "LaunchTemplate.LaunchTemplateId", computed=True),
            text("name", "LaunchTemplate.LaunchTemplateName", computed=True),
            text("version", "LaunchTemplate.Version", computed=True),
            computed=True,
        ),
        text("healthCheckType", "HealthCheckType", computed=True),
        number("healthCheckGracePeriod", "HealthCheckGracePeriod", default=300),
        number("defaultCooldown", "DefaultCooldown", computed=True),
        listed("terminationPolicies", "TerminationPolicies", implied=["Default"]),
        flag("protectFromScaleIn", "NewInstancesProtectedFromScaleIn", default=False),
        number("maxInstanceLifetime", "MaxInstanceLifetime"),
        flag("forceDelete", default=False),
        blocks(
            "tags",
            text("key", "Tags.[].Key", required=True),
            text("value", "Tags.[].Value", required=True),
            flag("propagateAtLaunch", required=True),
        ),
        block(
            "instanceRefresh",
            text("strategy", required=True, rule=one_of("Rolling")),
            block(
                "preferences",
                number("minHealthyPercentage", default=90),
                number("maxHealthyPercentage", default=100),
                text("instanceWarmup"),
                flag("autoRollback"),
                flag("skipMatching", default=False),
            ),
        ),
    )
    outputs = ("arn", "predictedCapacity", "warmPoolSize")

    def problems(self, inputs: Values) -> Iterator[tuple[str, str]]:
        """Sizes in order, and somewhere to be."""
        low, high = inputs.get("minSize"), inputs.get("maxSize")
        wanted = inputs.get("desiredCapacity", low)
        sizes = [size for size in (low, wanted, high) if isinstance(size, int)]
        if sizes != sorted(sizes):
            yield "desiredCapacity", f"must lie between minSize and maxSize: {low} to {high}, not {wanted}"
        if not ("vpcZoneIdentifiers" in inputs or "availabilityZones" in inputs):
            yield "vpcZoneIdentifiers", "must be set, or availabilityZones"

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the group."""
        cloud.client("autoscaling").create_auto_scaling_group(
            **self._request(inputs), Tags=_tags(inputs["name"], inputs)
        )
        return inputs["name"]

    def settle(self, cloud: Cloud, ident: str, inputs: Values) -> None:
        """Wait until it has the instances that it wants."""
        deadline = time.monotonic() + _CAPACITY_SECONDS
        wanted = inputs.get("desiredCapacity") or inputs["minSize"]
        while _in_service(self._describe(cloud, ident) or {}) < wanted:
            if time.monotonic() > deadline:
                raise ProviderError(f"{ident} has fewer than {wanted} instances after {_CAPACITY_SECONDS} s")
            time.sleep(1)

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The group."""
        found = self._describe(cloud, ident)
        if found is None:
            return None
        template: Values = part(found, "LaunchTemplate")
        subnets = found.get("VPCZoneIdentifier") or ""
        return {
            "arn": found["AutoScalingGroupARN"],
            "name": found["AutoScalingGroupName"],
            "minSize": found["MinSize"],
            "maxSize": found["MaxSize"],
            "desiredCapacity": found["DesiredCapacity"],
            "vpcZoneIdentifiers": [one for one in subnets.split(",") if one],
            "availabilityZones": found.get("AvailabilityZones") or [],
            "launchTemplate": {
                "id": template.get("LaunchTemplateId", ""),
                "name": template.get("LaunchTemplateName", ""),
                "version": template.get("Version", ""),
            },
            "healthCheckType": found.get("HealthCheckType", ""),
            "healthCheckGracePeriod": found.get("HealthCheckGracePeriod", 0),
            "defaultCooldown": found.get("DefaultCooldown", 0),
            "terminationPolicies": found.get("TerminationPolicies") or [],
            "protectFromScaleIn": found.get("NewInstancesProtectedFromScaleIn", False),
            "tags": [
                {
                    "key": tag["Key"],
                    "value": tag.get("Value", ""),
                    "propagateAtLaunch": tag.get("PropagateAtLaunch", False),
                }
                for tag in parts(found, "Tags")
            ],
            "predictedCapacity": 0,
            "warmPoolSize": 0,
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Change the group; replace its instances when the template differs and a refresh is asked for."""
        client = cloud.client("autoscaling")
        client.update_auto_scaling_group(**self._request(change.new))
        if "tags" in change.names:
            _retag_group(client, ident, change)
        refresh: Values | None = change.new.get("instanceRefresh")
        if refresh and "launchTemplate" in change.names:
            preferences = {
                name[0].upper() + name[1:]: int(value) if name == "instanceWarmup" else value
                for name, value in part(refresh, "preferences").items()
            }
            client.start_instance_refresh(
                AutoScalingGroupName=ident, Strategy=refresh["strategy"], Preferences=preferences
            )
        self.settle(cloud, ident, change.new)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the group with its instances, and wait until both are gone."""
        client = cloud.client("autoscaling")
        found = self._describe(cloud, ident)
        if found is None:
            return
        instances = [one["InstanceId"] for one in parts(found, "Instances")]
        try:
            client.delete_auto_scaling_group(AutoScalingGroupName=ident, ForceDelete=True)
        except ClientError as error:
            if code_of(error) != "ValidationError" or self._describe(cloud, ident) is not None:
                raise
        if instances:
            cloud.ec2.get_waiter("instance_terminated").wait(InstanceIds=instances, WaiterConfig={"Delay": 2})
        deadline = time.monotonic() + _CAPACITY_SECONDS
        while self._describe(cloud, ident) is not None and time.monotonic() < deadline:
            time.sleep(1)

    def _request(self, inputs: Values) -> Values:
        request = arguments(self.properties, inputs)
        if inputs.get("vpcZoneIdentifiers"):
            request["VPCZoneIdentifier"] = ",".join(inputs["vpcZoneIdentifiers"])
        template: Values = request["LaunchTemplate"]
        if template.get("LaunchTemplateId"):
            template.pop("LaunchTemplateName", None)
        return request

    @staticmethod
    def _describe(cloud: Cloud, ident: str) -> Values | None:
        groups: list[Values] = cloud.client("autoscaling").describe_auto_scaling_groups(
            AutoScalingGroupNames=[ident]
        )["AutoScalingGroups"]
        return groups[0] if groups else None


def _in_service(group: Values) -> int:
    return sum(one.get("LifecycleState") == "InService" for one in parts(group, "Instances"))


def _tags(group: str, inputs: Values) -> list[Values]:
    return [
        {
            "ResourceId": group,
            "ResourceType": "auto-scaling-group",
            "Key": tag["key"],
            "Value": tag["value"],
            "PropagateAtLaunch": tag["propagateAtLaunch"],
        }
        for tag in parts(inputs, "tags")
    ]


def _retag_group(client: Any, group: str, change: Change) -> None:
    after = _tags(group, change.new)
    kept = {tag["Key"] for tag in after}
    surplus = [tag for tag in _tags(group, change.old) if tag["Key"] not in kept]
    if after:
        client.create_or_update_tags(Tags=after)
    if surplus:
        client.delete_tags(Tags=surplus)
