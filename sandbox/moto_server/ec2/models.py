"""The EC2 backend of the sandbox: moto's, with every correction."""

from __future__ import annotations

from moto.ec2.models import ec2_backends

from sandbox.moto_server.ec2.customer_gateways import CustomerGatewayBackend
from sandbox.moto_server.ec2.dependency_checks import DependencyBackend
from sandbox.moto_server.ec2.images import ImageBackend
from sandbox.moto_server.ec2.instances import InstanceBackend
from sandbox.moto_server.ec2.launch_templates import LaunchTemplateBackend
from sandbox.moto_server.ec2.maintenance_options import MaintenanceBackend
from sandbox.moto_server.ec2.route_propagation import RoutePropagationBackend
from sandbox.moto_server.ec2.routes import RouteBackend
from sandbox.moto_server.ec2.vpn_connection_routes import VpnConnectionRouteBackend


class SandboxEC2Backend(
    CustomerGatewayBackend,
    DependencyBackend,
    ImageBackend,
    InstanceBackend,
    LaunchTemplateBackend,
    MaintenanceBackend,
    RouteBackend,
    RoutePropagationBackend,
    VpnConnectionRouteBackend,
):
    """One region's EC2. The module's name and place lead moto to `urls` beside it."""


def install() -> None:
    """Let every service of this process see the corrected EC2; to be called before any has been used."""
    ec2_backends.backend = SandboxEC2Backend
