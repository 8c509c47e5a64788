"""What the checks of hosts share: the types that launch one, and what a launch template may say instead."""

from __future__ import annotations

from policy.facts import aws_types as aws
from policy.facts.finding import Finding
from policy.facts.resource import Resource

HOSTS = frozenset({aws.INSTANCE, aws.SPOT_INSTANCE, aws.LAUNCH_TEMPLATE, aws.LAUNCH_CONFIGURATION})


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
