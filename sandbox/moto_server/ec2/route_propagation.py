"""Routes that a VPG propagates into route tables.

Rules: EnableVgwRoutePropagation, DisableVgwRoutePropagation and DescribeRouteTables in the EC2 API reference.
What routers announce over BGP is not known here, so the routes are those of connections with static routes. A
table's own route to the same block goes before a propagated one ("Route tables and VPN route priority").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import GatewayNotAttachedError
from moto.ec2.models.route_tables import Route, RouteTable
from moto.ec2.models.vpn_gateway import VPCGatewayAttachment
from moto.ec2.responses import EC2Response

from sandbox.moto_server.ec2.vpn_connection import VpnConnection
from sandbox.moto_server.ec2.vpn_gateways import VpnGatewayBackend


@dataclass(frozen=True)
class PropagatedRoute:
    """A route that came from a VPG. It cannot be replaced or deleted as one of the table's own can."""

    destination_cidr_block: str
    gateway_id: str
    origin: str = "EnableVgwRoutePropagation"
    state: str = "active"


class PropagatingRouteTable(RouteTable):
    """A route table that shows the routes of its propagating VPGs."""

    def __init__(self, table: RouteTable) -> None:
        super().__init__(table.ec2_backend, table.id, table.vpc_id)
        self.main_association_id = table.main_association_id
        self._routes = {route.id: route for route in table.routes}
        for route in table.routes:
            route.route_table = self
        self.propagating: list[str] = []

    @property
    def propagating_vgws(self) -> list[dict[str, str]]:
        """The VPGs whose routes it takes."""
        return [{"GatewayId": gateway_id} for gateway_id in self.propagating]

    @property
    def routes(self) -> list[Any]:
        """Its own routes, then the propagated ones."""
        own: list[Route] = list(self._routes.values())
        taken = {route.destination_cidr_block for route in own}
        return [*own, *(route for route in self._propagated() if route.destination_cidr_block not in taken)]

    def _propagated(self) -> Iterator[PropagatedRoute]:
        seen: set[str] = set()
        for connection in self.ec2_backend.vpn_connections.values():
            if not isinstance(connection, VpnConnection) or connection.is_deleted:
                continue
            gateway_id = connection.vpn_gateway_id
            if gateway_id not in self.propagating:
                continue
            for destination in connection.static_destinations:
                if destination not in seen:
                    seen.add(destination)
                    yield PropagatedRoute(destination, gateway_id)


class RoutePropagationBackend(VpnGatewayBackend):
    """Propagation, which ends when the VPG is detached."""

    def create_route_table(
        self, vpc_id: str, tags: list[dict[str, str]] | None = None, main: bool = False
    ) -> RouteTable:
        """A route table that can take propagated routes."""
        plain = super().create_route_table(vpc_id, tags, main)
        table = cast("PropagatingRouteTable", PropagatingRouteTable(plain))
        self.route_tables[table.id] = table
        return table

    def enable_vgw_route_propagation(self, route_table_id: str, gateway_id: str) -> None:
        """Take a VPG's routes; again is no error.

        Raises:
            EC2ClientError: there is no such table or VPG, or the VPG is not attached to the table's VPC.
        """
        table = self._propagating_table(route_table_id)
        gateway = self.get_vpn_gateway(gateway_id)
        if self.vpc_of(gateway) != table.vpc_id:
            raise GatewayNotAttachedError(gateway_id, table.vpc_id)
        if gateway_id not in table.propagating:
            table.propagating.append(gateway_id)

    def disable_vgw_route_propagation(self, route_table_id: str, gateway_id: str) -> None:
        """Take a VPG's routes no longer.

        Raises:
            EC2ClientError: there is no such table.
        """
        table = self._propagating_table(route_table_id)
        if gateway_id in table.propagating:
            table.propagating.remove(gateway_id)

    def detach_vpn_gateway(self, vpn_gateway_id: str, vpc_id: str) -> VPCGatewayAttachment:
        """Detach a VPG, and with it its routes.

        Raises:
            EC2ClientError: it is not attached there.
        """
        detached = super().detach_vpn_gateway(vpn_gateway_id, vpc_id)
        for table in self.route_tables.values():
            if table.vpc_id == vpc_id:
                self.disable_vgw_route_propagation(table.id, vpn_gateway_id)
        return detached

    def _propagating_table(self, route_table_id: str) -> PropagatingRouteTable:
        table = self.get_route_table(route_table_id)
        assert isinstance(table, PropagatingRouteTable)
        return table


class RoutePropagationResponse(EC2Response):
    """The two actions."""

    def enable_vgw_route_propagation(self) -> ActionResult:
        """EnableVgwRoutePropagation."""
        self.ec2_backend.enable_vgw_route_propagation(
            self._get_param("RouteTableId"), self._get_param("GatewayId")
        )
        return EmptyResult()

    def disable_vgw_route_propagation(self) -> ActionResult:
        """DisableVgwRoutePropagation."""
        self.ec2_backend.disable_vgw_route_propagation(
            self._get_param("RouteTableId"), self._get_param("GatewayId")
        )
        return EmptyResult()
