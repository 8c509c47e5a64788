"""Routes to a pair's server follow its address."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

from policy.facts import aws_types as aws
from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.pairs import FLOATING_IP, Pair, pairs
from policy.facts.resource import Found, Resource, Target
from policy.facts.routes import TABLES
from policy.facts.values import UNKNOWN
from policy.rules.ha_across_azs.shared import REDUNDANT, PairParameters
from policy.rules.rule import Level, StackRule


def _check(graph: Graph, parameters: PairParameters) -> Iterator[Finding]:
    for pair in pairs(graph, parameters.pair_tag):
        yield from _stray_routes(graph, pair)


def _stray_routes(graph: Graph, pair: Pair) -> Iterator[Finding]:
    """Routes to a server of a component's pair are the component's own, in tables that its monitor knows."""
    if pair.stated_by.type != FLOATING_IP:
        return
    own = {resource.urn for resource in graph.descendants(pair.stated_by.urn)}
    moved = graph.targets(pair.stated_by, "routeTableIds", *TABLES)
    for route in graph.of(aws.ROUTE):
        table = graph.target(route, "routeTableId", *TABLES)
        if _leads_to(graph, route, pair) and not (route.urn in own and _may_be_one_of(table, moved)):
            yield Finding(
                message=f"{route} leads to a server of {pair.name} and does not follow when the other one "
                "takes over; give its destination and its route table to the component.",
                resource=route,
            )


def _leads_to(graph: Graph, route: Resource, pair: Pair) -> bool:
    interface = route.get("networkInterfaceId")
    servers = [server for server in pair.servers if isinstance(server, Resource)]
    if interface is UNKNOWN:
        return graph.target(route, "networkInterfaceId", aws.INSTANCE) in servers
    return interface is not None and interface in [
        server.get("primaryNetworkInterfaceId") for server in servers
    ]


def _may_be_one_of(target: Target, others: list[Target]) -> bool:
    found = {other.identity for other in others if isinstance(other, Found)}
    return not isinstance(target, Found) or target.identity in found or len(found) < len(others)


RULE = StackRule(
    name="routes-follow-pair",
    title="Routes follow the pair",
    description="Routes to a server of a pair are the component's own, in route tables that its monitor "
    "changes.",
    level=Level.MANDATORY,
    severity=Severity.CRITICAL,
    references=(REDUNDANT,),
    tags=("availability", "failover", "routing"),
    risk="After a failover the address has moved and the route still leads to the dead server.",
    remediation="Give the route's destination and its route table to the component.",
    check=_check,
    parameters=PairParameters,
    bad="""
            main: {type: aws:ec2:Instance, properties: {ami: ami-0a1b2c3d}}
            standby: {type: aws:ec2:Instance, properties: {ami: ami-0a1b2c3d}}
            floating:
              type: aws-vpn:failover:FloatingIp
              properties:
                mainInstanceId: "${main.id}"
                standbyInstanceId: "${standby.id}"
                routeTableIds: ["${table.id}"]
            table: {type: aws:ec2:RouteTable, properties: {vpcId: vpc-0a1b2c3d}}
            clients:
              type: aws:ec2:Route
              properties:
                routeTableId: "${table.id}"
                destinationCidrBlock: 172.31.250.0/24
                networkInterfaceId: "${main.primaryNetworkInterfaceId}"
        """,
    good="""
            main: {type: aws:ec2:Instance, properties: {ami: ami-0a1b2c3d}}
            standby: {type: aws:ec2:Instance, properties: {ami: ami-0a1b2c3d}}
            floating:
              type: aws-vpn:failover:FloatingIp
              properties:
                mainInstanceId: "${main.id}"
                standbyInstanceId: "${standby.id}"
                routeTableIds: ["${table.id}"]
            table: {type: aws:ec2:RouteTable, properties: {vpcId: vpc-0a1b2c3d}}
            clients:
              type: aws:ec2:Route
              properties:
                routeTableId: "${table.id}"
                destinationCidrBlock: 172.31.250.0/24
                networkInterfaceId: "${main.primaryNetworkInterfaceId}"
              options: {parent: floating}
        """,
)
