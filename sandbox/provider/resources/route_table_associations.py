"""Which table a subnet uses, and which is a VPC's main one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.provider.arguments import arguments, given
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import identifier, matching
from sandbox.provider.resources.ec2 import filters, first
from sandbox.provider.table import Change, ResourceType, text
from sandbox.provider.values import Values


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
