"""A VPN connection has static routes or BGP."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

from policy.facts import aws_types as aws
from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.references import vpn_guide
from policy.facts.resource import Found, Resource, Target
from policy.facts.transit_routes import transit_routes
from policy.facts.values import UNKNOWN
from policy.rules.rule import Level, Parameters, StackRule


def _check_routing(graph: Graph, _parameters: Parameters) -> Iterator[Finding]:
    routed, unsure = _routed(graph)
    by_transit = {connection.identity for _, connection in transit_routes(graph)}
    for connection in graph.of(aws.VPN_CONNECTION):
        static = connection.get("staticRoutesOnly")
        has_routes = connection.identity in routed
        transit = _transit_gateway(graph, connection)
        if static is UNKNOWN and not connection.is_computed("staticRoutesOnly"):
            message = (
                f"whether {connection} is static is not known yet; give staticRoutesOnly as a plain value."
            )
            yield Finding(message=message, resource=connection, undecided=True)
        elif static is True and transit is not None:
            if connection.identity not in by_transit:
                yield _without_transit_route(connection, transit)
        elif static is True and not has_routes:
            yield Finding(
                message=f"{connection} is static and has no route, so AWS sends the site nothing; add a "
                "VpnConnectionRoute for each LAN, or use BGP.",
                resource=connection,
                undecided=unsure,
            )
        elif static is not True and has_routes:
            message = (
                f"{connection} uses BGP and has static routes too, which AWS refuses; set staticRoutesOnly: "
                "true."
            )
            yield Finding(message=message, resource=connection)


def _transit_gateway(graph: Graph, connection: Resource) -> Target:
    return graph.target(connection, "transitGatewayId", aws.TRANSIT_GATEWAY)


def _without_transit_route(connection: Resource, transit: Target) -> Finding:
    """Of a transit gateway of another program it cannot be told which routes it has."""
    return Finding(
        message=f"{connection} is static and no route of its transit gateway leads to it; add an "
        "aws.ec2transitgateway.Route to its attachment for each LAN, or use BGP.",
        resource=connection,
        undecided=not isinstance(transit, Resource),
    )


def _routed(graph: Graph) -> tuple[set[str], bool]:
    targets = [
        graph.target(route, "vpnConnectionId", aws.VPN_CONNECTION)
        for route in graph.of(aws.VPN_CONNECTION_ROUTE)
    ]
    known = {target.identity for target in targets if isinstance(target, Found)}
    return known, any(not isinstance(target, Found) for target in targets)


RULE = StackRule(
    name="vpn-routing",
    title="Static routes or BGP",
    description="A VPN connection either learns its routes over BGP or has static routes; never neither.",
    level=Level.MANDATORY,
    severity=Severity.HIGH,
    references=(vpn_guide("Static and dynamic routing", "vpn-static-dynamic.html"),),
    tags=("vpn", "routing"),
    risk="The tunnels are up and no packet finds its way.",
    remediation="Add a VpnConnectionRoute for each LAN of a static connection, and none to a BGP connection.",
    check=_check_routing,
    bad="""
            connection:
              type: aws:ec2:VpnConnection
              properties: {type: ipsec.1, customerGatewayId: cgw-0a1b2c3d, staticRoutesOnly: true}
        """,
    good="""
            connection:
              type: aws:ec2:VpnConnection
              properties: {type: ipsec.1, customerGatewayId: cgw-0a1b2c3d, staticRoutesOnly: true}
            lan:
              type: aws:ec2:VpnConnectionRoute
              properties: {vpnConnectionId: "${connection.id}", destinationCidrBlock: 192.168.240.0/24}
        """,
)
