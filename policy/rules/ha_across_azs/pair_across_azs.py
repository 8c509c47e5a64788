"""Main and standby are in two availability zones."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.pairs import Pair, is_zone_id, lone_servers, pairs, zone_of
from policy.rules.ha_across_azs.shared import REDUNDANT, PairParameters, named
from policy.rules.rule import Level, StackRule


def _check(graph: Graph, parameters: PairParameters) -> Iterator[Finding]:
    for pair in pairs(graph, parameters.pair_tag):
        yield from _pair_zones(graph, pair)
    for server in lone_servers(graph, parameters.pair_tag):
        yield Finding(
            message=f"{server} forwards behind an Elastic IP, routes lead to it, and nothing can stand in "
            f"for it; make it one of two, with the tag {parameters.pair_tag}, that a monitor watches.",
            resource=server,
        )


def _pair_zones(graph: Graph, pair: Pair) -> Iterator[Finding]:
    if len(pair.servers) != 2 or None in pair.servers:
        yield Finding(
            message=f"{pair.name} has {len([s for s in pair.servers if s])} server, which nothing can stand "
            "in for; it needs a main and a standby."
            if len(pair.servers) < 2 or None in pair.servers
            else f"{pair.name} has {len(pair.servers)} servers; a pair is a main and a standby.",
            resource=pair.stated_by,
        )
        return
    zones = [zone_of(graph, server) for server in pair.servers]
    if None in zones:
        unknown = [named(server) for server, zone in zip(pair.servers, zones, strict=True) if zone is None]
        yield Finding(
            message=f"the availability zone of {' and '.join(unknown)} of {pair.name} cannot be known yet; "
            "put each server into a subnet of this stack that sets availabilityZone.",
            resource=pair.stated_by,
            undecided=True,
        )
    elif is_zone_id(zones[0]) != is_zone_id(zones[1]):
        yield Finding(
            message=f"the servers of {pair.name} are in {zones[0]} and {zones[1]}, of which one is a name "
            "and the other an id, so they may be one zone; give both as names.",
            resource=pair.stated_by,
            undecided=True,
        )
    elif zones[0] == zones[1]:
        yield Finding(
            message=f"both servers of {pair.name} are in {zones[0]}; put main and standby into two zones.",
            resource=pair.stated_by,
        )


RULE = StackRule(
    name="pair-across-azs",
    title="Pairs across zones",
    description="Main and standby behind a floating IP are in two availability zones.",
    level=Level.MANDATORY,
    severity=Severity.CRITICAL,
    references=(REDUNDANT,),
    tags=("availability", "failover"),
    risk="The zone that takes the main server down takes its standby along.",
    remediation="Put main and standby into subnets of two zones.",
    check=_check,
    parameters=PairParameters,
    bad="""
            a: {type: aws:ec2:Subnet, properties: {vpcId: vpc-0a1b2c3d, availabilityZone: eu-central-1a}}
            b: {type: aws:ec2:Subnet, properties: {vpcId: vpc-0a1b2c3d, availabilityZone: eu-central-1b}}
            main:
              type: aws:ec2:Instance
              properties: {subnetId: "${a.id}", sourceDestCheck: false, tags: {FailoverPair: nat}}
            standby:
              type: aws:ec2:Instance
              properties: {subnetId: "${a.id}", sourceDestCheck: false, tags: {FailoverPair: nat}}
            monitor:
              type: aws:autoscaling:Group
              properties:
                vpcZoneIdentifiers: ["${a.id}", "${b.id}"]
                minSize: 1
                tags: [{key: FailoverPair, value: nat}]
        """,
    good="""
            a: {type: aws:ec2:Subnet, properties: {vpcId: vpc-0a1b2c3d, availabilityZone: eu-central-1a}}
            b: {type: aws:ec2:Subnet, properties: {vpcId: vpc-0a1b2c3d, availabilityZone: eu-central-1b}}
            main:
              type: aws:ec2:Instance
              properties: {subnetId: "${a.id}", sourceDestCheck: false, tags: {FailoverPair: nat}}
            standby:
              type: aws:ec2:Instance
              properties: {subnetId: "${b.id}", sourceDestCheck: false, tags: {FailoverPair: nat}}
            monitor:
              type: aws:autoscaling:Group
              properties:
                vpcZoneIdentifiers: ["${a.id}", "${b.id}"]
                minSize: 1
                tags: [{key: FailoverPair, value: nat}]
        """,
)
