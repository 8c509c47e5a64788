"""What a stack says of VPCs and subnets that it did not make: their blocks and their zones."""

from __future__ import annotations

from collections.abc import Iterator

from policy.facts.graph import Graph
from policy.facts.resource import External, Resource

EXISTING_NETWORK = "aws-vpn:network:ExistingNetwork"
"""The component that says so: `vpcId`, its `cidrs`, and `subnetZones` by the subnets' ids."""


def existing_networks(graph: Graph) -> Iterator[tuple[External, Resource]]:
    """Each VPC that the stack found, and the component that tells of it."""
    for component in graph.of(EXISTING_NETWORK):
        vpc = component.get("vpcId")
        if isinstance(vpc, str):
            yield External(vpc), component


def zone_of_existing(graph: Graph, subnet: External) -> str | None:
    """The availability zone of a subnet that the stack found; None when nobody says."""
    for component in graph.of(EXISTING_NETWORK):
        zone = component.mapping("subnetZones").get(subnet.id)
        if isinstance(zone, str):
            return zone
    return None
