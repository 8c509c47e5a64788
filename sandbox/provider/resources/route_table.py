"""Route tables, with routes of their own or without."""

from __future__ import annotations

from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import identifier, ipv4_cidr, ipv6_cidr
from sandbox.provider.resources.ec2 import Ec2Type
from sandbox.provider.resources.routes import TARGET_RULES, TARGETS, described_targets, route_request
from sandbox.provider.table import Change, blocks, strings, text
from sandbox.provider.values import Values, parts


class RouteTable(Ec2Type):
    """A route table. Routes given with it are all that it may have; without, they are left to `Route`."""

    typename = "aws:ec2/routeTable:RouteTable"
    creator = "CreateRouteTable"
    tag_type = "route-table"
    described = ("describe_route_tables", "RouteTableIds")
    properties = (
        text("vpcId", "VpcId", required=True, force_new=True, rule=identifier("vpc")),
        strings("propagatingVgws", computed=True, rule=identifier("vgw")),
        blocks(
            "routes",
            text("cidrBlock", rule=ipv4_cidr()),
            text("ipv6CidrBlock", rule=ipv6_cidr),
            *(text(name, rule=TARGET_RULES[name]) for name in TARGETS),
            computed=True,
        ),
    )
    outputs = ("arn", "ownerId")

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the route table."""
        return cloud.ec2.create_route_table(**self.request(inputs))["RouteTable"]["RouteTableId"]

    def settle(self, cloud: Cloud, ident: str, inputs: Values) -> None:
        """Make the routes and turn the propagation on that it lacks."""
        found = self.read(cloud, ident, inputs) or {}
        names = frozenset(name for name in ("routes", "propagatingVgws") if inputs.get(name))
        self.update(cloud, ident, Change(found, inputs, names))

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The route table with the routes that someone made."""
        found = self.describe(cloud, ident)
        if found is None:
            return None
        owner = found.get("OwnerId") or cloud.account
        made = (route for route in parts(found, "Routes") if is_made(route))
        return {
            **self.tags_of(found),
            "arn": cloud.arn("ec2", f"route-table/{ident}", owner=owner),
            "ownerId": owner,
            "vpcId": found["VpcId"],
            "propagatingVgws": [one["GatewayId"] for one in parts(found, "PropagatingVgws")],
            "routes": [_table_route(route) for route in made],
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Make the routes and the propagation as asked for."""
        if "routes" in change.names:
            _replace_routes(cloud, ident, change.old.get("routes") or [], change.new.get("routes") or [])
        if "propagatingVgws" in change.names:
            old, new = (
                set(change.old.get("propagatingVgws") or ()),
                set(change.new.get("propagatingVgws") or ()),
            )
            for gateway in sorted(old - new):
                cloud.ec2.disable_vgw_route_propagation(RouteTableId=ident, GatewayId=gateway)
            for gateway in sorted(new - old):
                cloud.ec2.enable_vgw_route_propagation(RouteTableId=ident, GatewayId=gateway)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the route table."""
        cloud.ec2.delete_route_table(RouteTableId=ident)


def is_made(route: Values) -> bool:
    """Whether someone made a route: not the VPC's own, nor one that a VPG propagates."""
    return route.get("GatewayId") != "local" and route.get("Origin") != "EnableVgwRoutePropagation"


def _table_route(route: Values) -> Values:
    return {
        "cidrBlock": route.get("DestinationCidrBlock", ""),
        "ipv6CidrBlock": route.get("DestinationIpv6CidrBlock", ""),
        **described_targets(route),
    }


def _replace_routes(cloud: Cloud, ident: str, old: list[Values], new: list[Values]) -> None:
    before = {_destination_of(route): route_request(route) for route in old}
    after = {_destination_of(route): route_request(route) for route in new}
    for destination in before.keys() - after.keys():
        cloud.ec2.delete_route(RouteTableId=ident, **dict([destination]))
    for destination, target in after.items():
        if destination not in before:
            cloud.ec2.create_route(RouteTableId=ident, **dict([destination]), **target)
        elif before[destination] != target:
            cloud.ec2.replace_route(RouteTableId=ident, **dict([destination]), **target)


def _destination_of(route: Values) -> tuple[str, str]:
    if route.get("cidrBlock"):
        return "DestinationCidrBlock", route["cidrBlock"]
    return "DestinationIpv6CidrBlock", route.get("ipv6CidrBlock", "")
