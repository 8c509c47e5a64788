"""Route tables, their routes, and who uses them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

from sandbox.provider.arguments import arguments, given
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import identifier, ipv4_cidr, ipv6_cidr, matching
from sandbox.provider.resources.ec2 import Ec2Type, filters, first
from sandbox.provider.table import Change, ResourceType, blocks, forcing_new, strings, text
from sandbox.provider.values import Values, parts

_DESTINATIONS = {
    "destinationCidrBlock": "DestinationCidrBlock",
    "destinationIpv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}
_TARGETS = {
    "gatewayId": "GatewayId",
    "natGatewayId": "NatGatewayId",
    "networkInterfaceId": "NetworkInterfaceId",
    "vpcPeeringConnectionId": "VpcPeeringConnectionId",
    "transitGatewayId": "TransitGatewayId",
    "egressOnlyGatewayId": "EgressOnlyInternetGatewayId",
    "vpcEndpointId": "VpcEndpointId",
}
_TARGET_RULES = {
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


def _described_targets(route: Values) -> Values:
    """A route's target under our names. A VPC endpoint is described as a gateway."""
    found = {name: route.get(member, "") for name, member in _TARGETS.items()}
    if found["gatewayId"].startswith("vpce-"):
        found["vpcEndpointId"], found["gatewayId"] = found["gatewayId"], ""
    return found


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
            *(text(name, rule=_TARGET_RULES[name]) for name in _TARGETS),
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
        made = (route for route in parts(found, "Routes") if _is_made(route))
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


def _is_made(route: Values) -> bool:
    """Whether someone made a route: not the VPC's own, nor one that a VPG propagates."""
    return route.get("GatewayId") != "local" and route.get("Origin") != "EnableVgwRoutePropagation"


def _table_route(route: Values) -> Values:
    return {
        "cidrBlock": route.get("DestinationCidrBlock", ""),
        "ipv6CidrBlock": route.get("DestinationIpv6CidrBlock", ""),
        **_described_targets(route),
    }


def _replace_routes(cloud: Cloud, ident: str, old: list[Values], new: list[Values]) -> None:
    before = {_destination_of(route): _route_request(route) for route in old}
    after = {_destination_of(route): _route_request(route) for route in new}
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


def _route_request(route: Values) -> Values:
    return {member: route[name] for name, member in _TARGETS.items() if route.get(name)}


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
            text(name, member, rule=_TARGET_RULES[name], computed=name == "networkInterfaceId")
            for name, member in _TARGETS.items()
        ),
    )
    outputs = ("instanceId", "instanceOwnerId", "origin", "state")

    def problems(self, inputs: Values) -> Iterator[tuple[str, str]]:
        """One destination and one target."""
        for names, what in ((_DESTINATIONS, "destinationCidrBlock"), (_TARGETS, "gatewayId")):
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
                    **_described_targets(route),
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


def _association(table: Values | None, **wanted: Any) -> Values | None:
    """The association of a route table that has all of these members."""
    for one in (table or {}).get("Associations") or ():
        if all(one.get(member) == value for member, value in wanted.items()):
            return one
    return None


class RouteTableAssociation(ResourceType):
    """The route table that a subnet, or a gateway, uses."""

    typename = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    creator = "AssociateRouteTable"
    tagged = False
    properties = (
        text("routeTableId", "RouteTableId", required=True, rule=identifier("rtb")),
        text("subnetId", "SubnetId", force_new=True, rule=identifier("subnet")),
        text(
            "gatewayId",
            "GatewayId",
            force_new=True,
            rule=matching(r"(igw|vgw)-[0-9a-f]+", "the id of a gateway"),
        ),
    )

    def problems(self, inputs: Values) -> Iterator[tuple[str, str]]:
        """One user of the route table."""
        if ("subnetId" in inputs) == ("gatewayId" in inputs):
            yield "subnetId", "must be set, or gatewayId, and not both"

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Associate, unless it is associated."""
        found = self._find(cloud, inputs)
        if found is not None and found["RouteTableId"] == inputs["routeTableId"]:
            return found["RouteTableAssociationId"]
        return cloud.ec2.associate_route_table(**arguments(self.properties, inputs))["AssociationId"]

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The association, found by its subnet or gateway: its id changes when the route table does."""
        found = self._find(cloud, known) or self._find_by_id(cloud, ident)
        if found is None:
            return None
        return {
            "routeTableId": found["RouteTableId"],
            "subnetId": found.get("SubnetId", ""),
            "gatewayId": found.get("GatewayId", ""),
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Change the route table, in one step."""
        found = self._find(cloud, change.new)
        if found is not None and found["RouteTableId"] != change.new["routeTableId"]:
            cloud.ec2.replace_route_table_association(
                AssociationId=found["RouteTableAssociationId"], RouteTableId=change.new["routeTableId"]
            )

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Disassociate."""
        found = self._find(cloud, state)
        if found is not None:
            cloud.ec2.disassociate_route_table(AssociationId=found["RouteTableAssociationId"])

    @staticmethod
    def _find(cloud: Cloud, known: Values) -> Values | None:
        if known.get("subnetId"):
            subnet: list[Values] = [{"Name": "association.subnet-id", "Values": [known["subnetId"]]}]
            table = first(cloud, "describe_route_tables", Filters=subnet)
            return _association(table, SubnetId=known["subnetId"])
        if known.get("gatewayId"):
            gateway: list[Values] = [{"Name": "association.gateway-id", "Values": [known["gatewayId"]]}]
            table = first(cloud, "describe_route_tables", Filters=gateway)
            return _association(table, GatewayId=known["gatewayId"])
        return None

    @staticmethod
    def _find_by_id(cloud: Cloud, ident: str) -> Values | None:
        by_id: list[Values] = [{"Name": "association.route-table-association-id", "Values": [ident]}]
        return _association(
            first(cloud, "describe_route_tables", Filters=by_id), RouteTableAssociationId=ident
        )


class MainRouteTableAssociation(ResourceType):
    """The main route table of a VPC: deleting gives the VPC its first one back."""

    typename = "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation"
    creator = "ReplaceRouteTableAssociation"
    tagged = False
    properties = (
        text("vpcId", required=True, rule=identifier("vpc")),
        text("routeTableId", "RouteTableId", required=True, rule=identifier("rtb")),
    )
    outputs = ("originalRouteTableId",)

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the route table the main one."""
        found = self._main(cloud, inputs["vpcId"])
        return f"{self._use(cloud, inputs['vpcId'], inputs['routeTableId'])}_{found['RouteTableId']}"

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The main route table."""
        if first(cloud, "describe_vpcs", VpcIds=[known.get("vpcId", "")]) is None:
            return None
        return {
            "vpcId": known["vpcId"],
            "routeTableId": self._main(cloud, known["vpcId"])["RouteTableId"],
            "originalRouteTableId": ident.partition("_")[2],
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Make another route table the main one."""
        self._use(cloud, change.new["vpcId"], change.new["routeTableId"])

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Give the VPC its first main route table back."""
        if first(cloud, "describe_vpcs", VpcIds=[state["vpcId"]]) is not None:
            self._use(cloud, state["vpcId"], ident.partition("_")[2])

    @staticmethod
    def _main(cloud: Cloud, vpc: str) -> Values:
        main: Values = {"Name": "association.main", "Values": ["true"]}
        table = first(cloud, "describe_route_tables", Filters=[*filters(vpc_id=vpc), main])
        return _association(table, Main=True) or {}

    def _use(self, cloud: Cloud, vpc: str, table: str) -> str:
        """Make a route table the main one of a VPC; the id of the association."""
        found = self._main(cloud, vpc)
        if found["RouteTableId"] == table:
            return found["RouteTableAssociationId"]
        request = given(AssociationId=found["RouteTableAssociationId"], RouteTableId=table)
        return cloud.ec2.replace_route_table_association(**request)["NewAssociationId"]
