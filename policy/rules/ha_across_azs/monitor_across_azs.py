"""The monitor of a pair survives the zone of either server."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.pairs import Pair, pairs, zone_of
from policy.rules.ha_across_azs.shared import REDUNDANT, PairParameters, listed
from policy.rules.rule import Level, StackRule


def _check(graph: Graph, parameters: PairParameters) -> Iterator[Finding]:
    for pair in pairs(graph, parameters.pair_tag):
        yield from _monitor_zones(graph, pair)


def _monitor_zones(graph: Graph, pair: Pair) -> Iterator[Finding]:
    if not pair.monitor_subnets:
        yield Finding(
            message=f"nothing watches {pair.name}: give it a monitor in an Auto Scaling group.",
            resource=pair.stated_by,
        )
        return
    for group in pair.monitors:
        if any(group.get(key) == 0 for key in ("minSize", "maxSize", "desiredCapacity")):
            yield Finding(
                message=f"{group}, the monitor of {pair.name}, may have no instance; let minSize be 1.",
                resource=group,
            )
    monitor = [zone_of(graph, subnet) for subnet in pair.monitor_subnets]
    known = {zone for zone in monitor if zone}
    servers = {zone for zone in (zone_of(graph, server) for server in pair.servers) if zone}
    if len(known) > 1 or known - servers:
        return
    if None in monitor:
        yield Finding(
            message=f"where the monitor of {pair.name} runs cannot be known yet; use subnets of this stack "
            "that set availabilityZone.",
            resource=pair.stated_by,
            undecided=True,
        )
    elif known:
        yield Finding(
            message=f"the monitor of {pair.name} runs in {listed(known)} alone, together with one of the "
            "servers it watches; let its group use subnets of two zones, or of a third.",
            resource=pair.stated_by,
        )


RULE = StackRule(
    name="monitor-across-azs",
    title="Monitors across zones",
    description="A pair has a monitor, which runs although the zone of one of its servers is lost.",
    level=Level.MANDATORY,
    severity=Severity.CRITICAL,
    references=(REDUNDANT,),
    tags=("availability", "failover"),
    risk="The address stays with a dead server, because what would move it died with it.",
    remediation="Let the monitor's Auto Scaling group use subnets of two zones, or of a third one.",
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
              properties: {subnetId: "${b.id}", sourceDestCheck: false, tags: {FailoverPair: nat}}
            monitor:
              type: aws:autoscaling:Group
              properties:
                vpcZoneIdentifiers: ["${a.id}"]
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
