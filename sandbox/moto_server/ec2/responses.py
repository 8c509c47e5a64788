"""The EC2 responses of the sandbox: moto's, with every correction."""

from __future__ import annotations

from sandbox.moto_server.ec2.customer_gateways import CustomerGatewayResponse
from sandbox.moto_server.ec2.dependency_checks import DependencyResponse
from sandbox.moto_server.ec2.elastic_ips import AddressResponse
from sandbox.moto_server.ec2.instances import InstanceResponse
from sandbox.moto_server.ec2.launch_templates import LaunchTemplateResponse
from sandbox.moto_server.ec2.maintenance_options import MaintenanceResponse
from sandbox.moto_server.ec2.monitoring import MonitoringResponse
from sandbox.moto_server.ec2.route_propagation import RoutePropagationResponse
from sandbox.moto_server.ec2.tunnel_replacement import TunnelReplacementResponse
from sandbox.moto_server.ec2.vpn_connection_routes import VpnConnectionRouteResponse
from sandbox.moto_server.ec2.vpn_connections import VpnConnectionResponse
from sandbox.moto_server.ec2.vpn_modifications import VpnModificationResponse


class SandboxEC2Response(  # pyright: ignore[reportIncompatibleMethodOverride]
    AddressResponse,
    CustomerGatewayResponse,
    DependencyResponse,
    InstanceResponse,
    LaunchTemplateResponse,
    MaintenanceResponse,
    MonitoringResponse,
    RoutePropagationResponse,
    TunnelReplacementResponse,
    VpnConnectionRouteResponse,
    VpnConnectionResponse,
    VpnModificationResponse,
):
    """The actions of EC2's API."""
