"""The EC2 responses of the sandbox: moto's, with every correction."""

from __future__ import annotations

from sandbox.cloud.ec2.addresses import AddressResponse
from sandbox.cloud.ec2.customer_gateways import CustomerGatewayResponse
from sandbox.cloud.ec2.dependency_checks import DependencyResponse
from sandbox.cloud.ec2.instances import InstanceResponse
from sandbox.cloud.ec2.launch_templates import LaunchTemplateResponse
from sandbox.cloud.ec2.maintenance_options import MaintenanceResponse
from sandbox.cloud.ec2.monitoring import MonitoringResponse
from sandbox.cloud.ec2.route_propagation import RoutePropagationResponse
from sandbox.cloud.ec2.vpn_connection_routes import VpnConnectionRouteResponse
from sandbox.cloud.ec2.vpn_connections import VpnConnectionResponse


class SandboxEC2Response(  # pyright: ignore[reportIncompatibleMethodOverride]
    AddressResponse,
    CustomerGatewayResponse,
    DependencyResponse,
    InstanceResponse,
    LaunchTemplateResponse,
    MaintenanceResponse,
    MonitoringResponse,
    RoutePropagationResponse,
    VpnConnectionRouteResponse,
    VpnConnectionResponse,
):
    """The actions of EC2's API."""
