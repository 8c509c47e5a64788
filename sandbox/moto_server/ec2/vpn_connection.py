"""One VPN connection of a VPG: its options, tunnels, telemetry and configuration document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.utils import random_vpn_connection_id

from sandbox.moto_server.ec2 import customer_gateway_configuration as configuration
from sandbox.moto_server.ec2.customer_gateways import CustomerGateway
from sandbox.moto_server.ec2.tunnel_options import Tunnel
from sandbox.moto_server.ec2.tunnel_outage import Modification


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
        self.is_deleted = False
        self.modification = Modification()
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
    def state(self) -> str:
        """`available` but for a while after a change, and `deleted` for good."""
        return "deleted" if self.is_deleted else "modifying" if self.modification.under_way else "available"

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

    def interrupt(self, *tunnels: Tunnel) -> None:
        """Take tunnels down for a change, which keeps the connection `modifying`."""
        returns = self.modification.begin()
        for tunnel in tunnels:
            tunnel.telemetry.interrupt(returns)

    def _telemetry_of(self, tunnel: Tunnel) -> dict[str, Any]:
        up = tunnel.telemetry.status == "UP"
        routes = len(self.static_destinations) if self.is_static else tunnel.telemetry.learned_routes
        return {
            "AcceptedRouteCount": routes if up else 0,
            "LastStatusChange": tunnel.telemetry.since,
            "OutsideIpAddress": tunnel.outside_address,
            "Status": tunnel.telemetry.status,
            "StatusMessage": "" if up else "IPSEC IS DOWN",
            "CertificateArn": self.customer_gateway.certificate_arn,
        }
