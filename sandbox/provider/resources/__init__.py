"""The table of resource types, one module a service family."""

from __future__ import annotations

from sandbox.provider.resources import routing, vpc, vpn, vpn_connection
from sandbox.provider.table import ResourceType

RESOURCE_TYPES: dict[str, ResourceType] = {
    one.typename: one
    for one in (
        vpc.Vpc(),
        vpc.VpcIpv4CidrBlockAssociation(),
        vpc.Subnet(),
        vpc.InternetGateway(),
        vpc.FlowLog(),
        routing.RouteTable(),
        routing.Route(),
        routing.RouteTableAssociation(),
        routing.MainRouteTableAssociation(),
        vpn.VpnGateway(),
        vpn.VpnGatewayAttachment(),
        vpn.CustomerGateway(),
        vpn.VpnConnectionRoute(),
        vpn.VpnGatewayRoutePropagation(),
        vpn_connection.VpnConnection(),
    )
}
"""Every type that the sandbox knows, by its name."""
