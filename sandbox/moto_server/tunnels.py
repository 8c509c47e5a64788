"""What a test or a drill wants of VPN tunnels: up or down, slow to change, due for maintenance."""

from __future__ import annotations

from moto.ec2.models import EC2Backend, ec2_backends

from sandbox.moto_server.ec2.tunnel_options import Tunnel
from sandbox.moto_server.ec2.tunnel_outage import DELAYS, Maintenance
from sandbox.moto_server.ec2.vpn_connection import VpnConnection

STATUSES = ("UP", "DOWN")


def set_tunnel_status(
    vpn_connection_id: str, outside_ip: str, status: str, learned_routes: int | None = None
) -> None:
    """Set what VgwTelemetry says of the tunnel with this outside address.

    Raises:
        ValueError: the status is neither UP nor DOWN, or there is no such connection or tunnel.
    """
    if status not in STATUSES:
        raise ValueError(f"status = {status}; should be one of {', '.join(STATUSES)}")
    telemetry = _tunnel(vpn_connection_id, outside_ip).telemetry
    telemetry.change_to(status)
    if learned_routes is not None:
        telemetry.learned_routes = learned_routes


def set_delays(modifying: float, returning: float | None) -> None:
    """Set how long every change takes from now on, in seconds.

    Raises:
        ValueError: one is negative.
    """
    if modifying < 0 or (returning is not None and returning < 0):
        raise ValueError(f"modifying = {modifying}, returning = {returning}; should be 0 or more")
    DELAYS.modifying, DELAYS.returning = modifying, returning


def set_pending_maintenance(vpn_connection_id: str, outside_ip: str) -> None:
    """Let AWS want to replace the end of the tunnel with this outside address.

    Raises:
        ValueError: there is no such connection or tunnel.
    """
    tunnel = _tunnel(vpn_connection_id, outside_ip)
    tunnel.maintenance = Maintenance(pending=True, last_applied=tunnel.maintenance.last_applied)


def _tunnel(vpn_connection_id: str, outside_ip: str) -> Tunnel:
    for _, _, backend in ec2_backends.iter_backends():
        assert isinstance(backend, EC2Backend)
        connection = backend.vpn_connections.get(vpn_connection_id)
        if isinstance(connection, VpnConnection) and not connection.is_deleted:
            return connection.tunnel(outside_ip)
    raise ValueError(f"vpnConnectionId = {vpn_connection_id}; should be the id of a VPN connection")
