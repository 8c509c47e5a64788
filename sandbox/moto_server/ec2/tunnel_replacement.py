"""ReplaceVpnTunnel and GetVpnTunnelReplacementStatus: AWS's end of a tunnel is replaced when it is told to.

Nothing is ever pending but what a test or a drill asks for.
"""

from __future__ import annotations

from moto.core.responses import ActionResult
from moto.ec2.responses import EC2Response

from sandbox.moto_server.ec2.tunnel_outage import Maintenance
from sandbox.moto_server.ec2.vpn_modifications import VpnModificationBackend


class TunnelReplacementBackend(VpnModificationBackend):
    """Replacements of tunnels' ends."""

    def replace_tunnel(self, vpn_connection_id: str, outside_address: str, apply_pending: bool) -> None:
        """Replace AWS's end of one tunnel, which applies what is pending if asked to.

        Raises:
            EC2ClientError: there is no such connection or tunnel, or another change is under way.
        """
        connection, tunnel = self.modifiable_tunnel(vpn_connection_id, outside_address)
        connection.interrupt(tunnel)
        if apply_pending and tunnel.maintenance.pending:
            tunnel.maintenance = Maintenance(last_applied=tunnel.telemetry.since)


class TunnelReplacementResponse(EC2Response):
    """The two actions."""

    def replace_vpn_tunnel(self) -> ActionResult:
        """ReplaceVpnTunnel."""
        self.ec2_backend.replace_tunnel(
            self._get_param("VpnConnectionId"),
            self._get_param("VpnTunnelOutsideIpAddress"),
            self._get_bool_param("ApplyPendingMaintenance", False),
        )
        return ActionResult({"Return": True})

    def get_vpn_tunnel_replacement_status(self) -> ActionResult:
        """GetVpnTunnelReplacementStatus."""
        connection, tunnel = self.ec2_backend.described_tunnel(
            self._get_param("VpnConnectionId"), self._get_param("VpnTunnelOutsideIpAddress")
        )
        answer = {
            "VpnConnectionId": connection.id,
            "TransitGatewayId": None,
            "CustomerGatewayId": connection.customer_gateway.id,
            "VpnGatewayId": connection.vpn_gateway_id,
            "VpnTunnelOutsideIpAddress": tunnel.outside_address,
            "MaintenanceDetails": {
                "PendingMaintenance": str(tunnel.maintenance.pending),
                "MaintenanceAutoAppliedAfter": tunnel.maintenance.applied_after,
                "LastMaintenanceApplied": tunnel.maintenance.last_applied,
            },
        }
        return ActionResult(answer)
