"""What changes a VPN connection: its tunnels' options and certificates, its ends, what it lets through.

Rules: ModifyVpnTunnelOptions, ModifyVpnTunnelCertificate, ModifyVpnConnection, ModifyVpnConnectionOptions of
EC2. Each takes down the tunnels that it changes, and is refused while another one is under way.
ModifyVpnTunnelOptions also moves a tunnel's key between its storages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses import EC2Response

from sandbox.moto_server.ec2 import stored_keys, tunnel_options
from sandbox.moto_server.ec2.tunnel_options import Tunnel
from sandbox.moto_server.ec2.vpn_connection import VpnConnection
from sandbox.moto_server.ec2.vpn_connections import VpnConnectionBackend, check_cidr


class VpnModificationBackend(VpnConnectionBackend):
    """Changes of connections that are available."""

    def modify_tunnel(
        self,
        vpn_connection_id: str,
        outside_address: str,
        specification: Mapping[str, Any],
        key_storage: str | None,
    ) -> VpnConnection:
        """Change the given options of one tunnel, and where its key is kept; the others stay.

        Raises:
            EC2ClientError: there is no such connection or tunnel, an option is not as AWS allows, or another
                change is under way.
        """
        connection, tunnel = self.modifiable_tunnel(vpn_connection_id, outside_address)
        asked = {**tunnel.asked, **tunnel_options.read_options(specification)}
        tunnel_options.check_together(asked, connection.customer_gateway.ip_address)
        storage = tunnel_options.read_key_storage(key_storage or tunnel.key_storage)
        others = self.inside_cidrs(connection.vpn_gateway_id) - {tunnel.inside_cidr}
        if specification.get("TunnelInsideCidr"):
            tunnel.inside_cidr = tunnel_options.read_inside_cidr(specification["TunnelInsideCidr"], others)
        if specification.get("PreSharedKey"):
            tunnel.preshared_key = tunnel_options.read_key(specification["PreSharedKey"])
        tunnel.asked, tunnel.key_storage = asked, storage
        stored_keys.store(connection)
        connection.interrupt(tunnel)
        return connection

    def renew_tunnel_certificate(self, vpn_connection_id: str, outside_address: str) -> VpnConnection:
        """Give AWS's end of one tunnel a new certificate.

        Raises:
            EC2ClientError: there is no such connection or tunnel, it has no certificate, or another change is
                under way.
        """
        connection, tunnel = self.modifiable_tunnel(vpn_connection_id, outside_address)
        if not connection.customer_gateway.certificate_arn:
            raise EC2ClientError(
                "UnsupportedOperation", f"The VPN connection {vpn_connection_id} uses pre-shared keys."
            )
        connection.interrupt(tunnel)
        return connection

    def modify_connection_options(
        self, vpn_connection_id: str, local_cidr: str | None, remote_cidr: str | None
    ) -> VpnConnection:
        """Change what the two ends may send.

        Raises:
            EC2ClientError: there is no such connection, a value is no CIDR block, or another change is under
                way.
        """
        connection = self._modifiable(vpn_connection_id)
        connection.local_cidr = check_cidr("LocalIpv4NetworkCidr", local_cidr or connection.local_cidr)
        connection.remote_cidr = check_cidr("RemoteIpv4NetworkCidr", remote_cidr or connection.remote_cidr)
        connection.interrupt(*connection.ends)
        return connection

    def move_connection(
        self, vpn_connection_id: str, customer_gateway_id: str | None, vpn_gateway_id: str | None
    ) -> VpnConnection:
        """Lead a connection to another customer gateway or VPG; tunnels and keys stay.

        Raises:
            EC2ClientError: one of them does not exist, or another change is under way.
        """
        connection = self._modifiable(vpn_connection_id)
        if customer_gateway_id:
            connection.customer_gateway_id = self.get_customer_gateway(customer_gateway_id).id
        if vpn_gateway_id:
            connection.vpn_gateway_id = self.get_vpn_gateway(vpn_gateway_id).id
        connection.interrupt(*connection.ends)
        return connection

    def modifiable_tunnel(self, vpn_connection_id: str, outside_address: str) -> tuple[VpnConnection, Tunnel]:
        """A connection that can be changed now, and its tunnel with an outside address.

        Raises:
            EC2ClientError: there is no such connection or tunnel, or a change is under way.
        """
        self._modifiable(vpn_connection_id)
        return self.described_tunnel(vpn_connection_id, outside_address)

    def described_tunnel(self, vpn_connection_id: str, outside_address: str) -> tuple[VpnConnection, Tunnel]:
        """A connection, and its tunnel with an outside address.

        Raises:
            EC2ClientError: there is no such connection or tunnel.
        """
        connection = self.site_to_site(vpn_connection_id)
        try:
            return connection, connection.tunnel(outside_address)
        except ValueError as error:
            raise EC2ClientError("InvalidParameterValue", str(error)) from None

    def _modifiable(self, vpn_connection_id: str) -> VpnConnection:
        connection = self.site_to_site(vpn_connection_id)
        if connection.state != "available":
            raise EC2ClientError(
                "IncorrectState", f"The VPN connection {vpn_connection_id} is {connection.state}."
            )
        return connection


class VpnModificationResponse(EC2Response):
    """The actions that modify VPN connections."""

    def modify_vpn_tunnel_options(self) -> ActionResult:
        """ModifyVpnTunnelOptions."""
        connection = self.ec2_backend.modify_tunnel(
            self._get_param("VpnConnectionId"),
            self._get_param("VpnTunnelOutsideIpAddress"),
            self._get_param("TunnelOptions", {}),
            self._get_param("PreSharedKeyStorage"),
        )
        return ActionResult({"VpnConnection": connection})

    def modify_vpn_tunnel_certificate(self) -> ActionResult:
        """ModifyVpnTunnelCertificate."""
        connection = self.ec2_backend.renew_tunnel_certificate(
            self._get_param("VpnConnectionId"), self._get_param("VpnTunnelOutsideIpAddress")
        )
        return ActionResult({"VpnConnection": connection})

    def modify_vpn_connection_options(self) -> ActionResult:
        """ModifyVpnConnectionOptions."""
        connection = self.ec2_backend.modify_connection_options(
            self._get_param("VpnConnectionId"),
            self._get_param("LocalIpv4NetworkCidr"),
            self._get_param("RemoteIpv4NetworkCidr"),
        )
        return ActionResult({"VpnConnection": connection})

    def modify_vpn_connection(self) -> ActionResult:
        """ModifyVpnConnection."""
        connection = self.ec2_backend.move_connection(
            self._get_param("VpnConnectionId"),
            self._get_param("CustomerGatewayId"),
            self._get_param("VpnGatewayId"),
        )
        return ActionResult({"VpnConnection": connection})
