"""CIDR blocks are written as the address of the network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pulumi_policy import Severity

from policy.facts import aws_types as aws
from policy.facts.claims import parsed
from policy.facts.finding import Finding
from policy.facts.resource import Resource
from policy.facts.values import UNKNOWN, is_secret
from policy.rules.no_overlapping_cidrs.shared import NON_OVERLAP
from policy.rules.rule import Level, ResourceParameters, ResourceRule

CIDR_KEYS = {
    aws.VPC: ("cidrBlock", "ipv6CidrBlock"),
    aws.VPC_IPV4_BLOCK: ("cidrBlock",),
    aws.VPC_IPV6_BLOCK: ("ipv6CidrBlock",),
    aws.SUBNET: ("cidrBlock", "ipv6CidrBlock"),
    aws.VPN_CONNECTION: (
        "tunnel1InsideCidr",
        "tunnel2InsideCidr",
        "localIpv4NetworkCidr",
        "remoteIpv4NetworkCidr",
    ),
    aws.VPN_CONNECTION_ROUTE: ("destinationCidrBlock",),
    aws.ROUTE: ("destinationCidrBlock", "destinationIpv6CidrBlock"),
}


def _check_host_bits(resource: Resource, _parameters: Any) -> Iterator[Finding]:
    for key in CIDR_KEYS[resource.type]:
        value = resource.get(key)
        if value is UNKNOWN:
            yield Finding(message=f"{key} is not known yet", resource=resource, undecided=True)
        elif isinstance(value, str) and value:
            network = parsed(value)
            shown = "its value" if is_secret(resource.properties.get(key)) else value
            if network is None:
                yield Finding(message=f"{key} should be a CIDR block, such as 10.0.0.0/16", resource=resource)
            elif str(network).partition("/")[0] != value.partition("/")[0].lower():
                yield Finding(
                    message=f"{key}: {shown} has host bits; the block that is meant is {network}",
                    resource=resource,
                )


RULE = ResourceRule(
    name="cidr-without-host-bits",
    title="CIDRs without host bits",
    description="A CIDR block is written as the address of the network, so that it says what it covers.",
    level=Level.MANDATORY,
    severity=Severity.LOW,
    references=(NON_OVERLAP,),
    tags=("network",),
    risk="The block covers more than a reader thinks, and every refresh shows a difference.",
    remediation="Write the network's own address, as the message gives it.",
    types=frozenset(CIDR_KEYS),
    parameters=ResourceParameters,
    check=_check_host_bits,
    bad="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.1.0/16}}
        """,
    good="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
        """,
)
