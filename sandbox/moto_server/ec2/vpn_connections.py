"""VPN connections made and deleted as asked.

Rules: CreateVpnConnection of EC2. A connection is `available` at once. Keys in Secrets Manager are in neither
description nor document; with a certificate there are none unless asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any, cast

from moto.core.responses import ActionResult
from moto.ec2.exceptions import InvalidVpnConnectionIdError
from moto.ec2.models import EC2Backend
from moto.ec2.models.vpn_connections import VPNConnection as MotoVpnConnection
from moto.ec2.responses import EC2Response
from moto.ec2.utils import add_tag_specification

from sandbox.moto_server.ec2 import stored_keys, tunnel_options
from sandbox.moto_server.ec2.public_addresses import TUNNELS, unused_address
from sandbox.moto_server.ec2.tunnel_options import Tunnel
from sandbox.moto_server.ec2.vpn_connection import Request, VpnConnection

TUNNEL_COUNT = 2


class VpnConnectionBackend(EC2Backend):
    """VPN connections of VPGs; those of transit gateways are left to moto."""

    def create_site_to_site(self, request: Request) -> VpnConnection:
        """A VPN connection between a customer gateway and a VPG.

        Raises:
            EC2ClientError: a gateway does not exist, or an option is not as AWS allows.
        """
        gateway = self.get_customer_gateway(request.customer_gateway_id)
        self.get_vpn_gateway(request.vpn_gateway_id)
        tunnel_options.read_key_storage(request.key_storage)
        for side in ("LocalIpv4NetworkCidr", "RemoteIpv4NetworkCidr"):
            check_cidr(side, request.options.get(side) or "0.0.0.0/0")
        tunnels = self._tunnels(request, gateway)
        connection = cast("VpnConnection", VpnConnection(self, request, tunnels))
        self.vpn_connections[connection.id] = connection  # pyright: ignore[reportArgumentType]
        stored_keys.store(connection)
        return connection

    def delete_vpn_connection(self, vpn_connection_id: str) -> MotoVpnConnection:
        """Delete a VPN connection, and the secret with its keys. It shows as `deleted` from then on.

        Raises:
            InvalidVpnConnectionIdError: there is none.
        """
        connection = self.vpn_connections.get(vpn_connection_id)
        if not isinstance(connection, VpnConnection):
            return super().delete_vpn_connection(vpn_connection_id)
        connection.is_deleted = True
        stored_keys.delete(connection)
        return cast("MotoVpnConnection", connection)

    def site_to_site(self, vpn_connection_id: str) -> VpnConnection:
        """The VPN connection of an id that is not deleted.

        Raises:
            InvalidVpnConnectionIdError: there is none.
        """
        connection = self.vpn_connections.get(vpn_connection_id)
        if not isinstance(connection, VpnConnection) or connection.state == "deleted":
            raise InvalidVpnConnectionIdError(vpn_connection_id)
        return connection

    def inside_cidrs(self, vpn_gateway_id: str | None) -> set[IPv4Network]:
        """The inside CIDRs that connections of a VPG take."""
        return {
            tunnel.inside_cidr
            for connection in self.vpn_connections.values()
            if isinstance(connection, VpnConnection)
            and connection.vpn_gateway_id == vpn_gateway_id
            and connection.state != "deleted"
            for tunnel in connection.ends
        }

    def _tunnels(self, request: Request, gateway: Any) -> tuple[Tunnel, ...]:
        specifications: list[Mapping[str, Any]] = list(request.options.get("TunnelOptions") or [])
        if len(specifications) > TUNNEL_COUNT:
            raise tunnel_options.refused("TunnelOptions", len(specifications), "must be at most two")
        specifications += [{}] * (TUNNEL_COUNT - len(specifications))
        inside = self.inside_cidrs(request.vpn_gateway_id)
        tunnels: list[Tunnel] = []
        for specification, outside in zip(specifications, self._outside_addresses(), strict=True):
            tunnel = _tunnel(specification, gateway, inside, outside)
            tunnel.key_storage = request.key_storage
            tunnels.append(tunnel)
            inside.add(tunnel.inside_cidr)
        return tuple(tunnels)

    def _outside_addresses(self) -> list[str]:
        """Two that are free, the lower one first.

        AWS says nothing of their order. The official provider numbers tunnels by address at first, and by the
        order in AWS's document once their keys are REDACTED: here both are the same.
        """
        taken = {tunnel.outside_address for tunnel in self._all_tunnels()}
        first = unused_address(TUNNELS, taken)
        return sorted((first, unused_address(TUNNELS, {*taken, first})))

    def _all_tunnels(self) -> list[Tunnel]:
        return [
            tunnel
            for connection in self.vpn_connections.values()
            if isinstance(connection, VpnConnection)
            for tunnel in connection.ends
        ]


def _tunnel(
    specification: Mapping[str, Any], gateway: Any, taken: set[IPv4Network], outside_address: str
) -> Tunnel:
    asked = tunnel_options.read_options(specification)
    tunnel_options.check_together(asked, gateway.ip_address)
    inside = specification.get("TunnelInsideCidr")
    key = specification.get("PreSharedKey")
    if key:
        preshared_key = tunnel_options.read_key(key)
    else:
        preshared_key = None if gateway.certificate_arn else tunnel_options.generated_key()
    return Tunnel(
        outside_address=outside_address,
        inside_cidr=(
            tunnel_options.read_inside_cidr(inside, taken)
            if inside
            else tunnel_options.free_inside_cidr(taken)
        ),
        preshared_key=preshared_key,
        asked=asked,
    )


def check_cidr(name: str, text: str) -> str:
    """A CIDR block of a request.

    Raises:
        EC2ClientError: InvalidParameterValue, it is none.
    """
    try:
        return str(IPv4Network(text))
    except ValueError:
        raise tunnel_options.refused(name, text, "must be a CIDR block") from None


class VpnConnectionResponse(EC2Response):
    """The actions that make, show and modify VPN connections."""

    def create_vpn_connection(self) -> ActionResult:
        """CreateVpnConnection."""
        vpn_gateway_id = self._get_param("VpnGatewayId")
        if vpn_gateway_id is None or self._get_param("TransitGatewayId"):
            return super().create_vpn_connection()
        request = Request(
            type=self._get_param("Type"),
            customer_gateway_id=self._get_param("CustomerGatewayId"),
            vpn_gateway_id=vpn_gateway_id,
            options=self._get_param("Options", {}),
            key_storage=self._get_param("PreSharedKeyStorage", "Standard"),
            tags=add_tag_specification(self._get_param("TagSpecifications", [])),
        )
        return ActionResult({"VpnConnection": self.ec2_backend.create_site_to_site(request)})
