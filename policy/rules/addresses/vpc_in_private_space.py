"""VPCs take private address space."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pulumi_policy import Severity

from model.free_blocks import private_range
from policy.facts import aws_types as aws
from policy.facts.claims import parsed
from policy.facts.finding import Finding
from policy.facts.resource import Resource
from policy.facts.values import UNKNOWN
from policy.rules.no_overlapping_cidrs.shared import NON_OVERLAP
from policy.rules.rule import Level, ResourceRule


def _check_private_space(vpc: Resource, _parameters: Any) -> Iterator[Finding]:
    value = vpc.get("cidrBlock")
    network = parsed(value) if isinstance(value, str) and value else None
    if value is UNKNOWN:
        yield Finding(message="cidrBlock is not known yet", resource=vpc, undecided=True)
    if network is not None and network.version == 4 and private_range(network) is None:
        yield Finding(
            message=f"cidrBlock {network} belongs to somebody on the internet; take a block of private space",
            resource=vpc,
        )


RULE = ResourceRule(
    name="vpc-in-private-space",
    title="VPCs in private address space",
    description="A VPC's IPv4 block is private (RFC 1918) or shared (RFC 6598) address space.",
    level=Level.ADVISORY,
    severity=Severity.MEDIUM,
    references=(NON_OVERLAP,),
    tags=("network",),
    risk="Whoever owns those addresses on the internet cannot be reached from the VPC.",
    remediation="Take a block of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10.",
    types=frozenset({aws.VPC}),
    check=_check_private_space,
    bad="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 11.50.0.0/16}}
        """,
    good="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
        """,
)
