"""Subnets give no public addresses by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pulumi_policy import Severity

from policy.facts import aws_types as aws
from policy.facts.finding import Finding
from policy.facts.references import config_rule, security_hub
from policy.facts.resource import Resource
from policy.facts.values import UNKNOWN
from policy.rules.rule import Level, ResourceRule


def _check_public_subnet(subnet: Resource, _parameters: Any) -> Iterator[Finding]:
    value = subnet.get("mapPublicIpOnLaunch")
    if value is UNKNOWN:
        yield Finding(message="mapPublicIpOnLaunch is not known yet", resource=subnet, undecided=True)
    elif value:
        message = "mapPublicIpOnLaunch gives every instance a public address; ask for one where it is needed"
        yield Finding(message=message, resource=subnet)


RULE = ResourceRule(
    name="no-public-ip-by-default",
    title="No public addresses by default",
    description="Subnets do not give every instance a public address.",
    level=Level.ADVISORY,
    severity=Severity.MEDIUM,
    references=(security_hub("EC2.15"), config_rule("subnet-auto-assign-public-ip-disabled")),
    tags=("network", "exposure"),
    risk="An instance is on the internet although nobody asked for it.",
    remediation="Leave mapPublicIpOnLaunch out.",
    types=frozenset({aws.SUBNET}),
    check=_check_public_subnet,
    bad="""
            subnet:
              type: aws:ec2:Subnet
              properties: {vpcId: vpc-0a1b2c3d, cidrBlock: 10.50.0.0/24, mapPublicIpOnLaunch: true}
        """,
    good="""
            subnet:
              type: aws:ec2:Subnet
              properties: {vpcId: vpc-0a1b2c3d, cidrBlock: 10.50.0.0/24}
        """,
)
