"""The static routes of a VPN connection: CreateVpnConnectionRoute and DeleteVpnConnectionRoute."""

from __future__ import annotations

from ipaddress import IPv4Network

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses import EC2Response

from sandbox.moto_server.ec2.tunnel_options import refused
from sandbox.moto_server.ec2.tunnel_replacement import TunnelReplacementBackend


class VpnConnectionRouteBackend(TunnelReplacementBackend):
    """Static routes; one that is there may be created again, as in AWS."""

    def create_vpn_connection_route(self, vpn_connection_id: str, destination: str) -> None:
        """Route a block to the customer gateway.

        Raises:
            EC2ClientError: there is no such connection, it uses BGP, or this is no CIDR block.
        """
        connection = self.site_to_site(vpn_connection_id)
        if not connection.is_static:
            raise EC2ClientError(
                "UnsupportedOperation",
                f"The VPN connection {vpn_connection_id} does not use static routes.",
            )
        try:
            cidr = str(IPv4Network(destination))
        except ValueError:
            raise refused("DestinationCidrBlock", destination, "must be a CIDR block") from None
        if cidr not in connection.static_destinations:
            connection.static_destinations.append(cidr)

    def delete_vpn_connection_route(self, vpn_connection_id: str, destination: str) -> None:
        """Stop routing a block to the customer gateway.

        Raises:
            EC2ClientError: there is no such connection or route.
        """
        connection = self.site_to_site(vpn_connection_id)
        if destination not in connection.static_destinations:
            raise EC2ClientError(
                "InvalidRoute.NotFound", f"The VPN connection {vpn_connection_id} has no route {destination}."
            )
        connection.static_destinations.remove(destination)


class VpnConnectionRouteResponse(EC2Response):
    """The two actions."""

    def create_vpn_connection_route(self) -> ActionResult:
        """CreateVpnConnectionRoute."""
        self.ec2_backend.create_vpn_connection_route(
            self._get_param("VpnConnectionId"), self._get_param("DestinationCidrBlock")
        )
        return EmptyResult()

    def delete_vpn_connection_route(self) -> ActionResult:
        """DeleteVpnConnectionRoute."""
        self.ec2_backend.delete_vpn_connection_route(
            self._get_param("VpnConnectionId"), self._get_param("DestinationCidrBlock")
        )
        return EmptyResult()
