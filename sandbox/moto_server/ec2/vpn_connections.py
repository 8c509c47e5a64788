"""VPN connections with their options, tunnels, telemetry and configuration document.

Rules: CreateVpnConnection, ModifyVpnTunnelOptions, ModifyVpnConnection and ModifyVpnConnectionOptions of EC2.
A connection is `available` at once. Keys in Secrets Manager are in neither description nor document; with a
certificate there are none unless asked for. ModifyVpnTunnelOptions moves a tunnel's key; the secret, once
made, stays as long as the connection ("Pre-shared key storage modes" of the Site-to-Site VPN user guide).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any, cast

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidVpnConnectionIdError
from moto.ec2.models import EC2Backend
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.models.vpn_connections import VPNConnection as MotoVpnConnection
from moto.ec2.responses import EC2Response
from moto.ec2.utils import add_tag_specification, random_vpn_connection_id
from moto.secretsmanager.models import SecretsManagerBackend, secretsmanager_backends

from sandbox.moto_server.ec2 import customer_gateway_configuration as configuration
from sandbox.moto_server.ec2 import tunnel_options
from sandbox.moto_server.ec2.customer_gateways import CustomerGateway
from sandbox.moto_server.ec2.public_addresses import TUNNELS, unused_address
from sandbox.moto_server.ec2.tunnel_options import Tunnel

TUNNEL_COUNT = 2


@dataclass(frozen=True)
class Request:
    """What CreateVpnConnection asks for."""

    type: str
    customer_gateway_id: str
    vpn_gateway_id: str
    options: Mapping[str, Any]
    key_storage: str
    tags: Mapping[str, str]


class VpnConnection(TaggedEC2Resource):
    """A VPN connection of a VPG, beside moto's own of transit gateways, which knows no options."""

    def __init__(self, ec2_backend: Any, request: Request, tunnels: tuple[Tunnel, ...]) -> None:
        self.ec2_backend = ec2_backend
        self.id = random_vpn_connection_id()
        self.type = request.type
        self.category = "VPN"
        self.state = "available"
        self.customer_gateway_id = request.customer_gateway_id
        self.vpn_gateway_id = request.vpn_gateway_id
        self.transit_gateway_id = None
        self.is_static = bool(request.options.get("StaticRoutesOnly", False))
        self.local_cidr: str = request.options.get("LocalIpv4NetworkCidr") or "0.0.0.0/0"
        self.remote_cidr: str = request.options.get("RemoteIpv4NetworkCidr") or "0.0.0.0/0"
        self.ends = tunnels
        self.pre_shared_key_arn: str | None = None
        self.static_destinations: list[str] = []
        self.add_tags(dict(request.tags))

    @property
    def vpn_connection_id(self) -> str:
        """The id, by the name that EC2 gives it."""
        return self.id

    @property
    def options(self) -> dict[str, Any]:
        """The options as DescribeVpnConnections tells them."""
        return {
            "EnableAcceleration": False,
            "StaticRoutesOnly": self.is_static,
            "LocalIpv4NetworkCidr": self.local_cidr,
            "RemoteIpv4NetworkCidr": self.remote_cidr,
            "OutsideIpAddressType": "PublicIpv4",
            "TunnelInsideIpVersion": "ipv4",
            "TunnelOptions": [tunnel.described() for tunnel in self.ends],
        }

    @property
    def customer_gateway(self) -> CustomerGateway:
        """The customer gateway, deleted or not."""
        return self.ec2_backend.customer_gateways[self.customer_gateway_id]

    @property
    def routes(self) -> list[dict[str, str]]:
        """The static routes."""
        return [
            {"DestinationCidrBlock": destination, "Source": "Static", "State": "available"}
            for destination in self.static_destinations
        ]

    @property
    def vgw_telemetry(self) -> list[dict[str, Any]]:
        """The tunnels' status."""
        return [self._telemetry_of(tunnel) for tunnel in self.ends]

    @property
    def customer_gateway_configuration(self) -> str:
        """The configuration document."""
        gateway = self.customer_gateway
        vpn_gateway = self.ec2_backend.vpn_gateways[self.vpn_gateway_id]
        document = configuration.Document(
            vpn_connection_id=self.id,
            customer_gateway=configuration.Router(
                gateway.id, gateway.ip_address or "", None if self.is_static else gateway.device.asn
            ),
            vpn_gateway_id=vpn_gateway.id,
            amazon_side_asn=None if self.is_static else int(vpn_gateway.amazon_side_asn),
            tunnels=self.ends,
            keys=tuple(tunnel.shown_key for tunnel in self.ends),
        )
        return configuration.render(document)

    def tunnel(self, outside_address: str) -> Tunnel:
        """The tunnel with an outside address.

        Raises:
            ValueError: neither tunnel has it.
        """
        for tunnel in self.ends:
            if tunnel.outside_address == outside_address:
                return tunnel
        addresses = " or ".join(tunnel.outside_address for tunnel in self.ends)
        raise ValueError(f"outsideIp = {outside_address}; should be {addresses}")

    def _telemetry_of(self, tunnel: Tunnel) -> dict[str, Any]:
        up = tunnel.telemetry.status == "UP"
        return {
            "AcceptedRouteCount": len(self.static_destinations) if up else 0,
            "LastStatusChange": tunnel.telemetry.since,
            "OutsideIpAddress": tunnel.outside_address,
            "Status": tunnel.telemetry.status,
            "StatusMessage": "" if up else "IPSEC IS DOWN",
            "CertificateArn": self.customer_gateway.certificate_arn,
        }


class VpnConnectionBackend(EC2Backend):
    """VPN connections of VPGs, made and modified as asked; those of transit gateways are left to moto."""

    def create_site_to_site(self, request: Request) -> VpnConnection:
        """A VPN connection between a customer gateway and a VPG.

        Raises:
            EC2ClientError: a gateway does not exist, or an option is not as AWS allows.
        """
        gateway = self.get_customer_gateway(request.customer_gateway_id)
        self.get_vpn_gateway(request.vpn_gateway_id)
        tunnel_options.read_key_storage(request.key_storage)
        for side in ("LocalIpv4NetworkCidr", "RemoteIpv4NetworkCidr"):
            _check_cidr(side, request.options.get(side) or "0.0.0.0/0")
        tunnels = self._tunnels(request, gateway)
        connection = cast("VpnConnection", VpnConnection(self, request, tunnels))
        self.vpn_connections[connection.id] = connection  # pyright: ignore[reportArgumentType]
        self._store_keys(connection)
        return connection

    def delete_vpn_connection(self, vpn_connection_id: str) -> MotoVpnConnection:
        """Delete a VPN connection, and the secret with its keys. It shows as `deleted` from then on.

        Raises:
            InvalidVpnConnectionIdError: there is none.
        """
        deleted = super().delete_vpn_connection(vpn_connection_id)
        if isinstance(deleted, VpnConnection) and deleted.pre_shared_key_arn:
            self._secrets.delete_secret(deleted.pre_shared_key_arn, None, force_delete_without_recovery=True)
            deleted.pre_shared_key_arn = None
        return deleted

    def site_to_site(self, vpn_connection_id: str) -> VpnConnection:
        """The VPN connection of an id that is not deleted.

        Raises:
            InvalidVpnConnectionIdError: there is none.
        """
        connection = self.vpn_connections.get(vpn_connection_id)
        if not isinstance(connection, VpnConnection) or connection.state == "deleted":
            raise InvalidVpnConnectionIdError(vpn_connection_id)
        return connection

    def modify_tunnel(
        self,
        vpn_connection_id: str,
        outside_address: str,
        specification: Mapping[str, Any],
        key_storage: str | None,
    ) -> VpnConnection:
        """Change the given options of one tunnel, and where its key is kept; the others stay.

        Raises:
            EC2ClientError: there is no such connection or tunnel, or an option is not as AWS allows.
        """
        connection = self.site_to_site(vpn_connection_id)
        try:
            tunnel = connection.tunnel(outside_address)
        except ValueError as error:
            raise EC2ClientError("InvalidParameterValue", str(error)) from None
        asked = {**tunnel.asked, **tunnel_options.read_options(specification)}
        tunnel_options.check_together(asked, connection.customer_gateway.ip_address)
        storage = tunnel_options.read_key_storage(key_storage or tunnel.key_storage)
        others = self._inside_cidrs(connection.vpn_gateway_id) - {tunnel.inside_cidr}
        if specification.get("TunnelInsideCidr"):
            tunnel.inside_cidr = tunnel_options.read_inside_cidr(specification["TunnelInsideCidr"], others)
        if specification.get("PreSharedKey"):
            tunnel.preshared_key = tunnel_options.read_key(specification["PreSharedKey"])
        tunnel.asked, tunnel.key_storage = asked, storage
        self._store_keys(connection)
        return connection

    def modify_connection_options(
        self, vpn_connection_id: str, local_cidr: str | None, remote_cidr: str | None
    ) -> VpnConnection:
        """Change what the two ends may send.

        Raises:
            EC2ClientError: there is no such connection, or a value is no CIDR block.
        """
        connection = self.site_to_site(vpn_connection_id)
        connection.local_cidr = _check_cidr("LocalIpv4NetworkCidr", local_cidr or connection.local_cidr)
        connection.remote_cidr = _check_cidr("RemoteIpv4NetworkCidr", remote_cidr or connection.remote_cidr)
        return connection

    def move_connection(
        self, vpn_connection_id: str, customer_gateway_id: str | None, vpn_gateway_id: str | None
    ) -> VpnConnection:
        """Lead a connection to another customer gateway or VPG; tunnels and keys stay.

        Raises:
            EC2ClientError: one of them does not exist.
        """
        connection = self.site_to_site(vpn_connection_id)
        if customer_gateway_id:
            connection.customer_gateway_id = self.get_customer_gateway(customer_gateway_id).id
        if vpn_gateway_id:
            connection.vpn_gateway_id = self.get_vpn_gateway(vpn_gateway_id).id
        return connection

    @property
    def _secrets(self) -> SecretsManagerBackend:
        return secretsmanager_backends[self.account_id][self.region_name]

    def _tunnels(self, request: Request, gateway: Any) -> tuple[Tunnel, ...]:
        specifications: list[Mapping[str, Any]] = list(request.options.get("TunnelOptions") or [])
        if len(specifications) > TUNNEL_COUNT:
            raise tunnel_options.refused("TunnelOptions", len(specifications), "must be at most two")
        specifications += [{}] * (TUNNEL_COUNT - len(specifications))
        inside = self._inside_cidrs(request.vpn_gateway_id)
        outside = {tunnel.outside_address for tunnel in self._all_tunnels()}
        tunnels: list[Tunnel] = []
        for specification in specifications:
            tunnel = _tunnel(specification, gateway, inside, unused_address(TUNNELS, outside))
            tunnel.key_storage = request.key_storage
            tunnels.append(tunnel)
            inside.add(tunnel.inside_cidr)
            outside.add(tunnel.outside_address)
        return tuple(tunnels)

    def _all_tunnels(self) -> list[Tunnel]:
        return [
            tunnel
            for connection in self.vpn_connections.values()
            if isinstance(connection, VpnConnection)
            for tunnel in connection.ends
        ]

    def _inside_cidrs(self, vpn_gateway_id: str | None) -> set[IPv4Network]:
        return {
            tunnel.inside_cidr
            for connection in self.vpn_connections.values()
            if isinstance(connection, VpnConnection)
            and connection.vpn_gateway_id == vpn_gateway_id
            and connection.state != "deleted"
            for tunnel in connection.ends
        }

    def _store_keys(self, connection: VpnConnection) -> None:
        stored = [tunnel for tunnel in connection.ends if tunnel.key_storage == "SecretsManager"]
        keys = json.dumps({tunnel.outside_address: tunnel.preshared_key for tunnel in stored})
        if not (stored or connection.pre_shared_key_arn):
            return
        if connection.pre_shared_key_arn:
            self._secrets.put_secret_value(connection.pre_shared_key_arn, keys, "", "", ["AWSCURRENT"])
            return
        secret = self._secrets.create_secret(
            name=f"s2svpn!{connection.id}",
            secret_string=keys,
            secret_binary=None,
            description=f"Pre-shared keys of {connection.id}",
            tags=[{"Key": "aws:secretsmanager:owningService", "Value": "s2svpn"}],
            kms_key_id=None,
            client_request_token=None,
            replica_regions=[],
            force_overwrite=False,
        )
        connection.pre_shared_key_arn = json.loads(secret)["ARN"]


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


def _check_cidr(name: str, text: str) -> str:
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
        return _result(self.ec2_backend.create_site_to_site(request))

    def modify_vpn_tunnel_options(self) -> ActionResult:
        """ModifyVpnTunnelOptions."""
        connection = self.ec2_backend.modify_tunnel(
            self._get_param("VpnConnectionId"),
            self._get_param("VpnTunnelOutsideIpAddress"),
            self._get_param("TunnelOptions", {}),
            self._get_param("PreSharedKeyStorage"),
        )
        return _result(connection)

    def modify_vpn_connection_options(self) -> ActionResult:
        """ModifyVpnConnectionOptions."""
        connection = self.ec2_backend.modify_connection_options(
            self._get_param("VpnConnectionId"),
            self._get_param("LocalIpv4NetworkCidr"),
            self._get_param("RemoteIpv4NetworkCidr"),
        )
        return _result(connection)

    def modify_vpn_connection(self) -> ActionResult:
        """ModifyVpnConnection."""
        connection = self.ec2_backend.move_connection(
            self._get_param("VpnConnectionId"),
            self._get_param("CustomerGatewayId"),
            self._get_param("VpnGatewayId"),
        )
        return _result(connection)


def _result(connection: VpnConnection) -> ActionResult:
    return ActionResult({"VpnConnection": connection})
