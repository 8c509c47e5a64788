"""Private route tables learn the VPG's routes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pulumi_policy import Severity

from policy.facts import aws_types as aws
from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.main_tables import associations_are_known, main_table, subnets_on_main_table, used_tables
from policy.facts.references import vpn_guide
from policy.facts.resource import Found, Resource, Target, Unresolved
from policy.facts.routes import TABLES, MainTable, static_routes, table_named, vpc_of_table
from policy.facts.vpg_attachments import attachments
from policy.rules.rule import Level, Parameters, StackRule


def _check(graph: Graph, _parameters: Parameters) -> Iterator[Finding]:
    """Private route tables learn the VPG's routes. Private are those that no internet gateway is in."""
    gateways = _connected_gateways(graph)
    if not gateways:
        return
    learned, unsure = _learned(graph)
    public = _public_tables(graph)
    used = used_tables(graph)
    for table in graph.of(*TABLES):
        vpc = vpc_of_table(graph, table)
        if table.identity in public or not isinstance(vpc, Found) or table.identity not in used:
            continue
        for gateway in gateways.get(vpc.identity, []):
            if (table.identity, gateway.identity) not in learned:
                yield Finding(
                    message=f"{table} does not learn the routes of {gateway}, so its subnets cannot answer "
                    "the sites; add a VpnGatewayRoutePropagation.",
                    resource=table,
                    undecided=unsure,
                )
    yield from _main_tables(graph, gateways, learned | {(table, "") for table in public}, unsure=unsure)


def _main_tables(
    graph: Graph, gateways: dict[str, list[Found]], learned: set[tuple[str, str]], *, unsure: bool
) -> Iterator[Finding]:
    """Subnets that use a main route table for which the program has no resource."""
    for vpc, subnets in subnets_on_main_table(graph):
        table = main_table(graph, vpc)
        if isinstance(table, Resource):
            continue
        identity = table.identity if isinstance(table, Found | MainTable) else ""
        for gateway in gateways.get(vpc.identity, []):
            if not {(identity, gateway.identity), (identity, "")} & learned:
                yield Finding(
                    message=f"{_names(subnets)} of {vpc} have no route table of their own, and its main one "
                    f"does not learn the routes of {gateway}; give them one that does.",
                    resource=subnets[0],
                    undecided=unsure or not isinstance(table, MainTable) or not associations_are_known(graph),
                )


def _names(subnets: list[Resource]) -> str:
    return ", ".join(str(subnet) for subnet in subnets)


def _connected_gateways(graph: Graph) -> dict[str, list[Found]]:
    """The VPGs that have VPN connections, by the VPC they are on."""
    targets = [
        graph.target(connection, "vpnGatewayId", aws.VPG) for connection in graph.of(aws.VPN_CONNECTION)
    ]
    used = {target.identity for target in targets if isinstance(target, Found)}
    found: dict[str, dict[str, Found]] = defaultdict(dict)
    for attachment in attachments(graph):
        gateway, vpc = attachment.gateway, attachment.vpc
        if isinstance(gateway, Found) and isinstance(vpc, Found) and gateway.identity in used:
            found[vpc.identity][gateway.identity] = gateway
    return {vpc: list(gateways.values()) for vpc, gateways in found.items()}


def _learned(graph: Graph) -> tuple[set[tuple[str, str]], bool]:
    """Route tables with the VPG they learn from, and whether some propagations cannot be followed yet."""
    learned: set[tuple[str, str]] = set()
    unsure = False
    for propagation in graph.of(aws.VPG_PROPAGATION):
        table = table_named(graph, propagation, "routeTableId")
        gateway = graph.target(propagation, "vpnGatewayId", aws.VPG)
        if isinstance(table, Found | MainTable) and isinstance(gateway, Found):
            learned.add((table.identity, gateway.identity))
        unsure = unsure or isinstance(table, Unresolved) or isinstance(gateway, Unresolved)
    for table in graph.of(*TABLES):
        for gateway in graph.targets(table, "propagatingVgws", aws.VPG):
            if isinstance(gateway, Found):
                learned.add((table.identity, gateway.identity))
    return learned, unsure


def _public_tables(graph: Graph) -> set[str]:
    public: set[str] = set()
    for route in static_routes(graph):
        is_out = _is_internet(route.target(graph, "gatewayId", aws.INTERNET_GATEWAY))
        if isinstance(route.table, Found | MainTable) and is_out:
            public.add(route.table.identity)
    return public


def _is_internet(target: Target) -> bool:
    if isinstance(target, Resource):
        return target.type == aws.INTERNET_GATEWAY
    return isinstance(target, Found) and target.id.startswith("igw-")


RULE = StackRule(
    name="vpg-routes-propagated",
    title="VPG routes propagated",
    description="Private route tables learn the routes of their VPC's VPG.",
    level=Level.MANDATORY,
    severity=Severity.HIGH,
    references=(vpn_guide("Enable route propagation", "SetUpVPNConnections.html"),),
    tags=("vpn", "routing"),
    risk="Packets from the sites arrive and the answers are lost.",
    remediation="Add a VpnGatewayRoutePropagation for the table.",
    check=_check,
    bad="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
            vpg: {type: aws:ec2:VpnGateway, properties: {vpcId: "${vpc.id}"}}
            connection:
              type: aws:ec2:VpnConnection
              properties: {type: ipsec.1, customerGatewayId: cgw-0a1b2c3d, vpnGatewayId: "${vpg.id}"}
            table: {type: aws:ec2:RouteTable, properties: {vpcId: "${vpc.id}"}}
            private: {type: aws:ec2:Subnet, properties: {vpcId: "${vpc.id}", cidrBlock: 10.50.0.0/24}}
            used:
              type: aws:ec2:RouteTableAssociation
              properties: {routeTableId: "${table.id}", subnetId: "${private.id}"}
        """,
    good="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
            vpg: {type: aws:ec2:VpnGateway, properties: {vpcId: "${vpc.id}"}}
            connection:
              type: aws:ec2:VpnConnection
              properties: {type: ipsec.1, customerGatewayId: cgw-0a1b2c3d, vpnGatewayId: "${vpg.id}"}
            table: {type: aws:ec2:RouteTable, properties: {vpcId: "${vpc.id}"}}
            private: {type: aws:ec2:Subnet, properties: {vpcId: "${vpc.id}", cidrBlock: 10.50.0.0/24}}
            used:
              type: aws:ec2:RouteTableAssociation
              properties: {routeTableId: "${table.id}", subnetId: "${private.id}"}
            learned:
              type: aws:ec2:VpnGatewayRoutePropagation
              properties: {routeTableId: "${table.id}", vpnGatewayId: "${vpg.id}"}
        """,
)
