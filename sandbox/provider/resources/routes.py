"""Routes, each a resource."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

from sandbox.provider.arguments import arguments
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import identifier, ipv4_cidr, ipv6_cidr, matching
from sandbox.provider.resources.ec2 import first
from sandbox.provider.table import Change, ResourceType, forcing_new, text
from sandbox.provider.values import Values

_DESTINATIONS = {
    "destinationCidrBlock": "DestinationCidrBlock",
    "destinationIpv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}

TARGETS = {
    "gatewayId": "GatewayId",
    "natGatewayId": "NatGatewayId",
    "networkInterfaceId": "NetworkInterfaceId",
    "vpcPeeringConnectionId": "VpcPeeringConnectionId",
    "transitGatewayId": "TransitGatewayId",
    "egressOnlyGatewayId": "EgressOnlyInternetGatewayId",
    "vpcEndpointId": "VpcEndpointId",
}

TARGET_RULES = {
    "gatewayId": matching(
        r"((igw|vgw)-[0-9a-f]{8,17}|local)", "the id of an internet gateway or a VPG, or local"
    ),
    "natGatewayId": identifier("nat"),
    "networkInterfaceId": identifier("eni"),
    "vpcPeeringConnectionId": identifier("pcx"),
    "transitGatewayId": identifier("tgw"),
    "egressOnlyGatewayId": identifier("eigw"),
    "vpcEndpointId": identifier("vpce"),
}


def described_targets(route: Values) -> Values:
    """A route's target under our names. A VPC endpoint is described as a gateway."""
    found = {name: route.get(member, "") for name, member in TARGETS.items()}
    if found["gatewayId"].startswith("vpce-"):
        found["vpcEndpointId"], found["gatewayId"] = found["gatewayId"], ""
    return found


def route_request(route: Values) -> Values:
    """A route's target, as EC2 takes it."""
    return {member: route[name] for name, member in TARGETS.items() if route.get(name)}


class Route(ResourceType):
    """A route: its destination is fixed, its target can move."""

    typename = "aws:ec2/route:Route"
    creator = "CreateRoute"
    tagged = False
    properties = (
        *forcing_new(
            text("routeTableId", "RouteTableId", required=True, rule=identifier("rtb")),
            text("destinationCidrBlock", "DestinationCidrBlock", rule=ipv4_cidr()),
            text("destinationIpv6CidrBlock", "DestinationIpv6CidrBlock", rule=ipv6_cidr),
            text("destinationPrefixListId", "DestinationPrefixListId", rule=identifier("pl")),
        ),
        *(
            text(name, member, rule=TARGET_RULES[name], computed=name == "networkInterfaceId")
            for name, member in TARGETS.items()
        ),
    )
    outputs = ("instanceId", "instanceOwnerId", "origin", "state")

    def problems(self, inputs: Values) -> Iterator[tuple[str, str]]:
        """One destination and one target."""
        for names, what in ((_DESTINATIONS, "destinationCidrBlock"), (TARGETS, "gatewayId")):
            if sum(name in inputs for name in names) != 1:
                yield what, f"must be the only one of {', '.join(names)} that is set, and one must be"

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the route."""
        cloud.ec2.create_route(**arguments(self.properties, inputs))
        destination = next(inputs[name] for name in _DESTINATIONS if inputs.get(name))
        return f"r-{inputs['routeTableId']}{zlib.crc32(destination.encode())}"

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The route, found by its destination. A route that is no longer someone's own is gone."""
        table = first(cloud, "describe_route_tables", RouteTableIds=[known.get("routeTableId", "")])
        for route in (table or {}).get("Routes") or ():
            here = all(
                (route.get(member) or "") == (known.get(name) or "") for name, member in _DESTINATIONS.items()
            )
            if here and route.get("Origin") != "EnableVgwRoutePropagation":
                return {
                    **described_targets(route),
                    "instanceId": route.get("InstanceId", ""),
                    "instanceOwnerId": route.get("InstanceOwnerId", ""),
                    "origin": route.get("Origin", ""),
                    "state": route.get("State", ""),
                }
        return None

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Point the route elsewhere, in one step: traffic never lacks it."""
        cloud.ec2.replace_route(**arguments(self.properties, change.new))

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the route."""
        destination: Any = {member: state[name] for name, member in _DESTINATIONS.items() if state.get(name)}
        cloud.ec2.delete_route(RouteTableId=state["routeTableId"], **destination)
