"""What an account's answers say of addresses: VPCs, subnets, peerings, transit gateway and VPN routes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from model.address_file import Range
from model.names import PROJECT
from operations.status.asking import Clients

ENDED = frozenset({"deleted", "deleting", "rejected", "failed", "expired"})
"""States in which a peering or a VPN connection leads nowhere."""

HELD = frozenset({"associated", "associating"})
"""States in which a block belongs to its VPC or subnet ("VpcCidrBlockState")."""

Question = Callable[[Clients], Iterator[Range]]


def vpcs(clients: Clients) -> Iterator[Range]:
    """Every block of every VPC."""
    for vpc in _pages(clients, "describe_vpcs", "Vpcs"):
        account = vpc.get("OwnerId", "")
        for cidr in _blocks(vpc, vpc.get("CidrBlock")):
            yield _range(cidr, "vpc", f"account {account}: {vpc['VpcId']}", vpc)


def subnets(clients: Clients) -> Iterator[Range]:
    """The blocks of subnets, which may be shared from accounts that are not scanned."""
    for subnet in _pages(clients, "describe_subnets", "Subnets"):
        owner = f"account {subnet.get('OwnerId', '')}: {subnet['VpcId']} {subnet['SubnetId']}"
        for cidr in _blocks(subnet, subnet.get("CidrBlock")):
            yield _range(cidr, "subnet", owner, subnet)


def peerings(clients: Clients) -> Iterator[Range]:
    """Both sides' blocks of VPC peerings that are not over."""
    key = "VpcPeeringConnections"
    for peering in _pages(clients, "describe_vpc_peering_connections", key):
        if peering.get("Status", {}).get("Code") in ENDED:
            continue
        for side in (peering.get("RequesterVpcInfo", {}), peering.get("AccepterVpcInfo", {})):
            blocks = {block["CidrBlock"] for block in side.get("CidrBlockSet", ())}
            blocks |= {block["Ipv6CidrBlock"] for block in side.get("Ipv6CidrBlockSet", ())}
            blocks |= {side["CidrBlock"]} if side.get("CidrBlock") else set()
            for cidr in sorted(blocks):
                yield _range(
                    cidr, "peering", f"account {side.get('OwnerId', '')}: {side.get('VpcId')}", peering
                )


def vpn_routes(clients: Clients) -> Iterator[Range]:
    """Where static routes of VPN connections lead."""
    answer: dict[str, Any] = clients.of("ec2").describe_vpn_connections()
    for connection in answer["VpnConnections"]:
        if connection.get("State") in ENDED:
            continue
        for route in connection.get("Routes", ()):
            cidr = route.get("DestinationCidrBlock", "")
            if route.get("State") not in ENDED and _leads_somewhere(cidr):
                yield _range(cidr, "VPN route", connection["VpnConnectionId"], connection)


def route_tables(clients: Clients) -> tuple[str, ...]:
    """The ids of the transit gateways' route tables."""
    tables = _pages(clients, "describe_transit_gateway_route_tables", "TransitGatewayRouteTables")
    return tuple(table["TransitGatewayRouteTableId"] for table in tables if table.get("State") not in ENDED)


def transit_routes(table: str) -> Question:
    """Asks where the active routes of a table lead; a blackhole's destination is nobody's."""

    def question(clients: Clients) -> Iterator[Range]:
        active = {"Name": "state", "Values": ["active"]}
        for route in _pages(
            clients,
            "search_transit_gateway_routes",
            "Routes",
            TransitGatewayRouteTableId=table,
            Filters=[active],
        ):
            cidr = route.get("DestinationCidrBlock", "")
            ends = [f"{end.get('ResourceType')} {end.get('ResourceId')}" for end in _attachments(route)]
            if _leads_somewhere(cidr):
                yield _range(cidr, "transit route", f"{table}: {', '.join(ends)}", {})

    return question


QUESTIONS: dict[str, Question] = {
    "VPCs": vpcs,
    "subnets": subnets,
    "peerings": peerings,
    "VPN routes": vpn_routes,
}
"""What is asked in one call each; transit gateway routes need their tables first."""


def _attachments(route: dict[str, Any]) -> list[dict[str, Any]]:
    return route.get("TransitGatewayAttachments") or []


def _pages(clients: Clients, operation: str, key: str, **arguments: Any) -> Iterator[dict[str, Any]]:
    for page in clients.of("ec2").get_paginator(operation).paginate(**arguments):
        yield from page.get(key) or ()


def _blocks(holder: dict[str, Any], first: str | None) -> list[str]:
    """All blocks that a VPC or subnet holds, its first one too where no association tells it."""
    blocks = {first} if first else set[str]()
    for association, state, key in (
        ("CidrBlockAssociationSet", "CidrBlockState", "CidrBlock"),
        ("Ipv6CidrBlockAssociationSet", "Ipv6CidrBlockState", "Ipv6CidrBlock"),
    ):
        for block in holder.get(association) or ():
            if block.get(state, {}).get("State", "associated") in HELD and block.get(key):
                blocks.add(block[key])
    return sorted(blocks)


def _leads_somewhere(cidr: str) -> bool:
    """Whether a route is to a network; the default route is to all, and takes none."""
    return bool(cidr) and not cidr.endswith("/0")


def _range(cidr: str, kind: str, owner: str, tagged: dict[str, Any]) -> Range:
    tags = {tag["Key"]: tag.get("Value", "") for tag in tagged.get("Tags") or ()}
    own = tags.get("Project") == PROJECT
    stack = tags.get("Environment", "") if own else ""
    return Range(cidr=cidr, kind=kind, owner=owner, name=tags.get("Name", ""), stack=stack)
