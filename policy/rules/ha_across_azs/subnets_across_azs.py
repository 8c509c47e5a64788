"""A VPC's subnets span availability zones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Annotated

from pulumi_policy import Severity
from pydantic import Field

from policy.facts import aws_types as aws
from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.pairs import is_zone_id, zone_of
from policy.facts.resource import Found, Resource, Target, Unresolved
from policy.rules.ha_across_azs.shared import REDUNDANT, listed
from policy.rules.rule import Level, Parameters, StackRule


class ZoneParameters(Parameters):
    """How far subnets are spread."""

    minimum_zones: Annotated[
        int, Field(ge=2, le=6, description="availability zones of a VPC's subnets at least")
    ] = 2


def _check(graph: Graph, parameters: ZoneParameters) -> Iterator[Finding]:
    minimum = parameters.minimum_zones
    by_vpc: dict[str, list[Resource]] = defaultdict(list)
    names: dict[str, Target] = {}
    for subnet in graph.of(aws.SUBNET):
        vpc = graph.target(subnet, "vpcId", aws.VPC, aws.DEFAULT_VPC)
        if isinstance(vpc, Found):
            by_vpc[vpc.identity].append(subnet)
            names[vpc.identity] = vpc
        elif isinstance(vpc, Unresolved):
            yield Finding(
                message=f"which VPC {subnet} is in cannot be known yet ({vpc.why}), so its zone cannot be "
                "counted. Pass the VPC's own id instead.",
                resource=subnet,
                undecided=True,
            )
    for identity, subnets in by_vpc.items():
        zones = [zone_of(graph, subnet) for subnet in subnets]
        known = {zone for zone in zones if zone}
        vpc = names[identity]
        certain = max(sum(map(is_zone_id, known)), len(known) - sum(map(is_zone_id, known)))
        if certain < minimum:
            yield Finding(
                message=f"the subnets of {vpc} are in {listed(known)}; put them into {minimum} availability "
                "zones at least" + (", and set availabilityZone on each of them." if None in zones else "."),
                resource=vpc if isinstance(vpc, Resource) else subnets[0],
                undecided=len(known) + zones.count(None) >= minimum,
            )


RULE = StackRule(
    name="subnets-across-azs",
    title="Subnets across zones",
    description="A VPC's subnets are in two availability zones at least.",
    level=Level.MANDATORY,
    severity=Severity.CRITICAL,
    references=(REDUNDANT,),
    tags=("availability",),
    risk="The loss of one availability zone takes everything down.",
    remediation="Put a subnet into a second availability zone.",
    check=_check,
    parameters=ZoneParameters,
    bad="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
            first:
              type: aws:ec2:Subnet
              properties: {vpcId: "${vpc.id}", cidrBlock: 10.50.0.0/24, availabilityZone: eu-central-1a}
            second:
              type: aws:ec2:Subnet
              properties: {vpcId: "${vpc.id}", cidrBlock: 10.50.1.0/24, availabilityZone: eu-central-1a}
        """,
    good="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
            first:
              type: aws:ec2:Subnet
              properties: {vpcId: "${vpc.id}", cidrBlock: 10.50.0.0/24, availabilityZone: eu-central-1a}
            second:
              type: aws:ec2:Subnet
              properties: {vpcId: "${vpc.id}", cidrBlock: 10.50.1.0/24, availabilityZone: eu-central-1b}
        """,
)
