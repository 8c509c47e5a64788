"""Static routes beside VPCs and LANs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from pulumi_policy import Severity

from model.addresses import Claim, IPNetwork, overlaps
from policy.facts import aws_types as aws
from policy.facts.claims import Taken, parsed, taken_by_sites, taken_by_vpcs, without_repetitions
from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.resource import Found, Resource
from policy.facts.routes import StaticRoute, static_routes, unreadable_tables, vpc_of_table
from policy.facts.values import UNKNOWN
from policy.facts.vpg_attachments import attachments
from policy.rules.no_overlapping_cidrs.shared import NON_OVERLAP, OverlapParameters, capped
from policy.rules.rule import Level, StackRule


@dataclass(frozen=True, slots=True)
class RouteClaim(Claim):
    """A route's destination, or a range that routes of the same VPC must leave alone."""

    resource: Resource | None
    kind: str = "route"


def _check(graph: Graph, parameters: OverlapParameters) -> Iterator[Finding]:
    said = (*taken_by_vpcs(graph), *taken_by_sites(graph))
    claims = without_repetitions(claim for claim in said if isinstance(claim, Taken))
    yield from capped(_route_clashes(graph, claims), parameters.most_reported)


def _route_clashes(graph: Graph, claims: list[Taken]) -> Iterator[Finding]:
    """Static routes into the VPC's own blocks, or into LANs behind its VPG, take traffic away from them."""
    by_vpc: dict[str, list[RouteClaim]] = defaultdict(list)
    for said in _routes(graph):
        if isinstance(said, Finding):
            yield said
        else:
            by_vpc[said.owner].append(said)
    behind_vpg = _vpcs_behind_vpg(graph)
    for claim in claims:
        owner = (
            claim.owner
            if claim.kind == "vpc"
            else behind_vpg.get(claim.resource.urn if claim.resource else "")
        )
        if owner in by_vpc:
            by_vpc[owner].append(RouteClaim(claim.network, str(claim), owner, claim.resource, claim.kind))
    for together in by_vpc.values():
        for wider, narrower in overlaps(
            sorted(together, key=lambda claim: (claim.kind == "route", claim.key))
        ):
            if narrower.kind == "route" and wider.kind != "route":
                yield Finding(
                    message=f"the route to {narrower.network} ({narrower.key}) takes traffic away from "
                    f"{wider.key}. Route to a network outside of it, or send this through the VPG.",
                    resource=narrower.resource,
                )


def _routes(graph: Graph) -> Iterator[RouteClaim | Finding]:
    seen: set[tuple[str, IPNetwork]] = set()
    for route in static_routes(graph):
        vpc = vpc_of_table(graph, route.table)
        if not isinstance(vpc, Found) or _leads_to_vpg(graph, route):
            continue
        for key, value in route.destinations(graph):
            network = parsed(value) if isinstance(value, str) else None
            if network is not None and (vpc.identity, network) not in seen:
                seen.add((vpc.identity, network))
                yield RouteClaim(network, str(route.stated_by), vpc.identity, route.stated_by)
            elif value is UNKNOWN and not route.leads_to_host:
                yield _unreadable_route(route.stated_by, f"{key} of {route.stated_by} is not known yet")
    for table in unreadable_tables(graph):
        yield _unreadable_route(table, f"the routes of {table} are not known yet")


def _unreadable_route(stated_by: Resource, what: str) -> Finding:
    return Finding(
        message=f"{what}, so it cannot be compared with the VPC and the LANs. Give the block itself.",
        resource=stated_by,
        undecided=True,
    )


def _leads_to_vpg(graph: Graph, route: StaticRoute) -> bool:
    gateway = route.target(graph, "gatewayId", aws.VPG)
    if isinstance(gateway, Resource):
        return True
    value = route.get("gatewayId")
    return isinstance(value, str) and value.startswith(("vgw-", "local"))


def _vpcs_behind_vpg(graph: Graph) -> dict[str, str]:
    """The VPC that a VPN connection's static route is for, by the route's URN."""
    vpcs = {
        attachment.gateway.identity: attachment.vpc.identity
        for attachment in attachments(graph)
        if isinstance(attachment.gateway, Found) and isinstance(attachment.vpc, Found)
    }
    found: dict[str, str] = {}
    for route in graph.of(aws.VPN_CONNECTION_ROUTE):
        connection = graph.target(route, "vpnConnectionId", aws.VPN_CONNECTION)
        gateway = (
            graph.target(connection, "vpnGatewayId", aws.VPG) if isinstance(connection, Resource) else None
        )
        if isinstance(gateway, Found) and gateway.identity in vpcs:
            found[route.urn] = vpcs[gateway.identity]
    return found


RULE = StackRule(
    name="routes-leave-networks-alone",
    title="Routes leave networks alone",
    description="Static routes lead to networks outside of the VPC's own blocks and of the LANs behind its "
    "VPG.",
    level=Level.MANDATORY,
    severity=Severity.CRITICAL,
    references=(NON_OVERLAP,),
    tags=("network", "routing"),
    risk="Traffic for a part of the VPC or of a site silently goes to a host that drops it.",
    remediation="Route to a network outside of it, or send the traffic through the VPG.",
    check=_check,
    parameters=OverlapParameters,
    bad="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
            table: {type: aws:ec2:RouteTable, properties: {vpcId: "${vpc.id}"}}
            route:
              type: aws:ec2:Route
              properties:
                routeTableId: "${table.id}"
                destinationCidrBlock: 10.50.128.0/24
                networkInterfaceId: eni-0a1b2c3d
        """,
    good="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
            table: {type: aws:ec2:RouteTable, properties: {vpcId: "${vpc.id}"}}
            route:
              type: aws:ec2:Route
              properties:
                routeTableId: "${table.id}"
                destinationCidrBlock: 172.31.250.0/24
                networkInterfaceId: eni-0a1b2c3d
        """,
)
