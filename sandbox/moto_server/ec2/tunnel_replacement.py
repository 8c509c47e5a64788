"""GetVpnTunnelReplacementStatus: no endpoint of a tunnel is ever about to be replaced here."""

from __future__ import annotations

from moto.core.responses import ActionResult
from moto.ec2.responses import EC2Response


class TunnelReplacementResponse(EC2Response):
    """The action."""

    def get_vpn_tunnel_replacement_status(self) -> ActionResult:
        """GetVpnTunnelReplacementStatus."""
        connection = self.ec2_backend.site_to_site(self._get_param("VpnConnectionId"))
        answer = {
            "VpnConnectionId": connection.id,
            "TransitGatewayId": None,
            "CustomerGatewayId": connection.customer_gateway.id,
            "VpnGatewayId": connection.vpn_gateway_id,
            "VpnTunnelOutsideIpAddress": self._get_param("VpnTunnelOutsideIpAddress"),
            "MaintenanceDetails": {"PendingMaintenance": "False"},
        }
        return ActionResult(answer)
