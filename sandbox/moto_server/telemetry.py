"""Whether a VPN connection's tunnels are up, as a test or a drill wants it."""

from __future__ import annotations

from moto.ec2.models import EC2Backend, ec2_backends

from sandbox.moto_server.ec2.vpn_connections import VpnConnection

STATUSES = ("UP", "DOWN")


def set_tunnel_status(vpn_connection_id: str, outside_ip: str, status: str) -> None:
    """Set what VgwTelemetry says of the tunnel with this outside address.

    Raises:
        ValueError: the status is neither UP nor DOWN, or there is no such connection or tunnel.
    """
    if status not in STATUSES:
        raise ValueError(f"status = {status}; should be one of {', '.join(STATUSES)}")
    for _, _, backend in ec2_backends.iter_backends():
        assert isinstance(backend, EC2Backend)
        connection = backend.vpn_connections.get(vpn_connection_id)
        if isinstance(connection, VpnConnection) and connection.state != "deleted":
            connection.tunnel(outside_ip).telemetry.change_to(status)
            return
    raise ValueError(f"vpnConnectionId = {vpn_connection_id}; should be the id of a VPN connection")
