"""Static routes of transit gateways, and the VPN connections that they lead to."""

from __future__ import annotations

from collections.abc import Iterator

from policy.facts import aws_types as aws
from policy.facts.graph import Graph
from policy.facts.resource import External, Resource

ATTACHMENT = "transitGatewayAttachmentId"


def transit_routes(graph: Graph) -> Iterator[tuple[Resource, Resource]]:
    """Every route of a transit gateway into a VPN connection of the program, with that connection."""
    for route in graph.of(aws.TRANSIT_GATEWAY_ROUTE):
        target = graph.target(route, ATTACHMENT, aws.VPN_CONNECTION)
        if isinstance(target, External):
            target = graph.holding(ATTACHMENT, target.id, aws.VPN_CONNECTION)
        if isinstance(target, Resource):
            yield route, target
