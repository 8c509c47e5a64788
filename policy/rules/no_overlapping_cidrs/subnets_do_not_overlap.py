"""Subnets of one VPC."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from pulumi_policy import Severity

from model.addresses import Claim, IPNetwork, overlaps
from model.free_blocks import FreeBlocks, holds
from policy.facts import aws_types as aws
from policy.facts.claims import Taken, parsed, taken_by_vpcs
from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.resource import Found, Resource, Unresolved
from policy.facts.values import UNKNOWN
from policy.rules.no_overlapping_cidrs.shared import NON_OVERLAP, OverlapParameters, capped, proposal
from policy.rules.rule import Level, StackRule


def _check(graph: Graph, parameters: OverlapParameters) -> Iterator[Finding]:
    yield from capped(_subnet_clashes(graph), parameters.most_reported)


def _subnet_clashes(graph: Graph) -> Iterator[Finding]:
    blocks: dict[str, list[IPNetwork]] = defaultdict(list)
    for claim in taken_by_vpcs(graph):
        if isinstance(claim, Taken):
            blocks[claim.owner].append(claim.network)
    by_vpc: dict[str, list[SubnetClaim]] = defaultdict(list)
    for subnet in graph.of(aws.SUBNET):
        vpc = graph.target(subnet, "vpcId", aws.VPC, aws.DEFAULT_VPC)
        owner = vpc.identity if isinstance(vpc, Found) else subnet.urn
        if isinstance(vpc, Unresolved):
            yield Finding(
                message=f"which VPC {subnet} is in cannot be known yet ({vpc.why}), so it cannot be "
                "compared with that VPC's other subnets. Pass the VPC's own id instead.",
                resource=subnet,
                undecided=True,
            )
        for claim in _subnet_claims(subnet, owner):
            if isinstance(claim, Finding):
                yield claim
            else:
                by_vpc[owner].append(claim)
    for owner, subnets in by_vpc.items():
        yield from _clashes_in_vpc(subnets, blocks.get(owner, []))


@dataclass(frozen=True, slots=True)
class SubnetClaim(Claim):
    """A subnet's block in its VPC."""

    resource: Resource


def _subnet_claims(subnet: Resource, owner: str) -> Iterator[SubnetClaim | Finding]:
    for key in ("cidrBlock", "ipv6CidrBlock"):
        value = subnet.get(key)
        network = parsed(value) if isinstance(value, str) and value else None
        if network is not None:
            yield SubnetClaim(network, str(subnet), owner, subnet)
        elif value is UNKNOWN and not subnet.is_computed(key):
            yield Finding(
                message=f"{key} of {subnet} is not known yet, so it cannot be compared with the VPC's other "
                "subnets. Give the block itself.",
                resource=subnet,
                undecided=True,
            )


def _clashes_in_vpc(subnets: list[SubnetClaim], blocks: list[IPNetwork]) -> Iterator[Finding]:
    free = FreeBlocks(subnet.network for subnet in subnets)
    for wider, narrower in overlaps(subnets):
        if wider.resource is not narrower.resource:
            space = next((block for block in blocks if holds(block, narrower.network)), None)
            yield Finding(
                message=f"{narrower.network} ({narrower.key}) overlaps {wider.network} ({wider.key}). "
                + proposal(narrower.network, free, space),
                resource=narrower.resource,
            )
    for subnet in subnets:
        of_version = [block for block in blocks if block.version == subnet.network.version]
        if of_version and not any(holds(block, subnet.network) for block in of_version):
            yield Finding(
                message=f"{subnet.network} ({subnet.key}) is outside of its VPC's "
                f"{', '.join(sorted(set(map(str, of_version))))}. "
                + proposal(subnet.network, free, of_version[0]),
                resource=subnet.resource,
            )


RULE = StackRule(
    name="subnets-do-not-overlap",
    title="Subnets do not overlap",
    description="Subnets of one VPC do not overlap, and are inside its blocks.",
    level=Level.MANDATORY,
    severity=Severity.HIGH,
    references=(NON_OVERLAP,),
    tags=("network",),
    risk="AWS refuses the subnet in the middle of a deployment.",
    remediation="Move the subnet to the free block that the message proposes.",
    check=_check,
    parameters=OverlapParameters,
    bad="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
            first: {type: aws:ec2:Subnet, properties: {vpcId: "${vpc.id}", cidrBlock: 10.50.0.0/20}}
            second: {type: aws:ec2:Subnet, properties: {vpcId: "${vpc.id}", cidrBlock: 10.50.8.0/21}}
        """,
    good="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
            first: {type: aws:ec2:Subnet, properties: {vpcId: "${vpc.id}", cidrBlock: 10.50.0.0/20}}
            second: {type: aws:ec2:Subnet, properties: {vpcId: "${vpc.id}", cidrBlock: 10.50.16.0/20}}
        """,
)
