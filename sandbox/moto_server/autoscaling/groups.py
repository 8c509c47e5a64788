"""Groups that launch the version of the launch template that they name.

Rules: CreateAutoScalingGroup's LaunchTemplateSpecification (a number, `$Latest` or `$Default`, which is what
holds when none is given) in the Auto Scaling API reference; "Tag Auto Scaling groups": a group's tag wins
over the template's.
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

from moto.autoscaling.models import ASG_NAME_TAG, FakeAutoScalingGroup, InstanceState
from moto.ec2.models.instances import Instance
from moto.ec2.models.launch_templates import LaunchTemplateVersion


class GroupInstance(InstanceState):
    """An instance of a group; it stays of the version that it was launched from."""

    def __init__(self, instance: Instance, group: Group, version: LaunchTemplateVersion) -> None:
        super().__init__(
            instance,
            protected_from_scale_in=group.new_instances_protected_from_scale_in,
            autoscaling_group=group,
        )
        self.version = version

    @property
    def launch_template(self) -> dict[str, Any]:
        """The template and its version, as the group's description tells them of an instance."""
        template = self.version.template
        return {
            "LaunchTemplateId": template.id,
            "LaunchTemplateName": template.name,
            "Version": str(self.version.number),
        }


class Group(FakeAutoScalingGroup):
    """A group of a launch template; one of a launch configuration is left to moto."""

    @property
    def version(self) -> LaunchTemplateVersion | None:
        """The version that the next instance is launched from; None with a launch configuration."""
        template = self.ec2_launch_template
        return template.get_version(self.launch_template_version) if template else None

    def replace_autoscaling_group_instances(self, count_needed: int, propagated_tags: dict[str, str]) -> None:
        """Launch the instances that are missing, each where the group has fewest."""
        version = self.version
        if version is None:
            super().replace_autoscaling_group_instances(count_needed, propagated_tags)
            return
        for _ in range(count_needed):
            self.instance_states.append(self._launched(version, propagated_tags))

    def use_template(self, specification: dict[str, Any]) -> None:
        """Launch from this template and version from now on."""
        self._set_launch_configuration("", specification, None)

    def replace_instances(self, *, skip_matching: bool) -> None:
        """Replace every instance in service, but for those protected from scaling in.

        With `skip_matching` those of the version that would be launched stay.
        """
        version = self.version
        replaced = [
            one
            for one in self.active_instances()
            if not one.protected_from_scale_in
            and not (skip_matching and isinstance(one, GroupInstance) and one.version is version)
        ]
        if replaced:
            self.ec2_backend.terminate_instances([one.instance.id for one in replaced])
        self.instance_states = [one for one in self.instance_states if one not in replaced]
        self.set_desired_capacity(self.desired_capacity)

    def _launched(self, version: LaunchTemplateVersion, tags: dict[str, str]) -> GroupInstance:
        zone, subnet_id = self._place()
        launched = self.ec2_backend.run_instances(
            version.image_id,
            1,
            version.user_data,
            version.security_groups,
            instance_type=version.instance_type,
            is_instance_type_default=False,
            launch_template={"LaunchTemplateId": version.template.id, "Version": str(version.number)},
            placement=zone,
            subnet_id=subnet_id,
            tags={"instance": {**version.instance_tags, **tags, ASG_NAME_TAG: self.name}},
        )
        return GroupInstance(launched.instances[0], self, version)

    def _place(self) -> tuple[str, str | None]:
        """Zone and subnet with the fewest of the group's instances; no subnet for a group of zones."""
        if not self.vpc_zone_identifier:
            used = Counter(one.availability_zone for one in self.instance_states)
            return min(self.availability_zones, key=lambda zone: used[zone]), None
        subnets = self.ec2_backend.describe_subnets(subnet_ids=self.vpc_zone_identifier.split(","))
        used = Counter(one.instance.subnet_id for one in self.instance_states)
        subnet = min(subnets, key=lambda one: used[one.id])
        return subnet.availability_zone, subnet.id


def install() -> None:
    """Let moto make these groups: its backend has the class that it makes fixed in its module."""
    vars(sys.modules[FakeAutoScalingGroup.__module__])["FakeAutoScalingGroup"] = Group
