"""What the checks of hosts share: the types that launch one, and what a launch template may say instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

from policy.facts import aws_types as aws
from policy.facts.finding import Finding
from policy.facts.resource import Resource
from policy.facts.values import UNKNOWN

HOSTS = frozenset(
    {aws.INSTANCE, aws.SPOT_INSTANCE, aws.SPOT_FLEET, aws.LAUNCH_TEMPLATE, aws.LAUNCH_CONFIGURATION}
)
"""Every type that says what an instance is launched with. Groups and fleets that start from a launch
template are judged by that template."""


def each_launch(
    check: Callable[[Resource, Any], Iterator[Finding]],
) -> Callable[[Resource, Any], Iterator[Finding]]:
    """The check over each thing that a resource launches: a spot fleet has several specifications."""

    def over_each(host: Resource, parameters: Any) -> Iterator[Finding]:
        for part in _launches(host):
            yield from check(part, parameters)

    return over_each


def _launches(host: Resource) -> Iterator[Resource]:
    if host.type != aws.SPOT_FLEET:
        yield host
        return
    value = host.properties.get("launchSpecifications")
    for item in cast("list[Any]", value) if isinstance(value, list) else [value] if value else []:
        specification = cast("dict[str, Any]", item) if isinstance(item, dict) else {}
        roots = cast("Any", specification.get("rootBlockDevices"))
        root = roots[0] if roots and roots is not UNKNOWN else roots
        yield host.with_properties({**specification, "rootBlockDevice": root})


def has_template(host: Resource) -> bool:
    """Whether a launch template may say what the instance does not."""
    return host.type == aws.INSTANCE and host.get("launchTemplate") is not None


def left_to_template(host: Resource, key: str) -> Finding:
    """The template is judged where it is made, which may be elsewhere."""
    return Finding(message=f"{key} is left to the launch template", resource=host, undecided=True)


def instance(properties: str) -> str:
    """An example of an instance."""
    return f"""
            server:
              type: aws:ec2:Instance
              properties: {{ami: ami-0a1b2c3d, instanceType: t4g.nano, {properties}}}
        """
