"""A VPG, customer gateways and VPN connections."""

from __future__ import annotations

from collections.abc import Mapping

from operations.iam.table.rights import Rights

VPN: Mapping[str, Rights] = {
    "aws:ec2/vpnGateway:VpnGateway": Rights(
        create=(
            "ec2:CreateVpnGateway vpn-gateway:new",
            "ec2:AttachVpnGateway vpn-gateway:own vpc:own",
        ),
        read=("ec2:DescribeVpnGateways",),
        delete=("ec2:DetachVpnGateway vpn-gateway:own vpc:own", "ec2:DeleteVpnGateway vpn-gateway:own"),
    ),
    "aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation": Rights(
        create=("ec2:EnableVgwRoutePropagation route-table:own vpn-gateway:own",),
        delete=("ec2:DisableVgwRoutePropagation route-table:own vpn-gateway:own",),
    ),
    "aws:ec2/customerGateway:CustomerGateway": Rights(
        create=("ec2:CreateCustomerGateway customer-gateway:new",),
        read=("ec2:DescribeCustomerGateways",),
        delete=("ec2:DeleteCustomerGateway customer-gateway:own",),
    ),
    "aws:ec2/vpnConnection:VpnConnection": Rights(
        create=(
            "ec2:CreateVpnConnection vpn-connection:new customer-gateway:own vpn-gateway:own",
            "logs:CreateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:DescribeResourcePolicies",
            "logs:GetLogDelivery",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
            "logs:UpdateLogDelivery",
        ),
        read=("ec2:DescribeVpnConnections",),
        update=(
            "ec2:ModifyVpnConnection vpn-connection:own",
            "ec2:ModifyVpnTunnelOptions vpn-connection:own",
        ),
        delete=("ec2:DeleteVpnConnection vpn-connection:own",),
    ),
    "aws:ec2/vpnConnectionRoute:VpnConnectionRoute": Rights(
        create=("ec2:CreateVpnConnectionRoute vpn-connection:own",),
        delete=("ec2:DeleteVpnConnectionRoute vpn-connection:own",),
    ),
}
