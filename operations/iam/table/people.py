"""What people and pipelines need beside the rights to resources."""

from __future__ import annotations

TAGGED_LATER = "security-group security-group-rule volume"
"""Kinds whose tags the provider sets in a call of its own: adopted, or made beside something else."""

OPERATING: tuple[str, ...] = (
    "acm:DescribeCertificate certificate:any",
    "cloudwatch:GetMetricData",
    "cloudwatch:DescribeAlarms alarm:any",
    "ec2:GetVpnTunnelReplacementStatus vpn-connection:own",
    "ec2:ModifyVpnTunnelOptions vpn-connection:own",
    "ec2:ReplaceVpnTunnel vpn-connection:own",
    "logs:DescribeLogStreams log-group:named",
    "logs:FilterLogEvents log-group:named",
    "ssm:StartSession instance:own",
)
"""What `aws-vpn status` asks beside reading, and what drills and `aws-vpn roll` do."""

PUBLISHING: tuple[str, ...] = (
    "ec2:DescribeAddresses",
    "logs:FilterLogEvents log-group:named",
    "secretsmanager:GetSecretValue Secret:list",
    "secretsmanager:PutSecretValue Secret:named",
)
"""What `aws-vpn access` does: publish unless a newer list is live, find an address, see who came."""

READING_AN_EXISTING_VPC: tuple[str, ...] = ("ec2:DescribeVpcAttribute vpc:existing",)
USING_AN_EXISTING_VPC: tuple[str, ...] = (
    "ec2:AttachVpnGateway vpc:existing",
    "ec2:CreateRoute route-table:within",
    "ec2:CreateSecurityGroup vpc:existing",
    "ec2:DeleteRoute route-table:within",
    "ec2:DetachVpnGateway vpc:existing",
    "ec2:DisableVgwRoutePropagation route-table:within",
    "ec2:EnableVgwRoutePropagation route-table:within",
    "ec2:RunInstances subnet:within",
)
"""What is done with a VPC of somebody else's, its subnets and its route tables, which bear other tags."""

ADOPTING: tuple[str, ...] = (
    "cloudwatch:DescribeAlarms alarm:any",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeCustomerGateways",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "ec2:DescribeVpnConnections",
    "ec2:DescribeVpnGateways",
)
"""What `aws-vpn adopt` asks. Descriptions of connections show their keys, which the stack file needs."""

DEPLOYING_ADOPTED: tuple[str, ...] = (
    "ec2:CreateTags customer-gateway:adopted vpn-connection:adopted vpn-gateway:adopted",
    "ec2:CreateVpnConnection vpn-gateway:adopted",
    "ec2:CreateVpnConnectionRoute vpn-connection:adopted",
    "ec2:DeleteTags customer-gateway:adopted vpn-connection:adopted vpn-gateway:adopted",
    "ec2:DeleteVpnConnectionRoute vpn-connection:adopted",
    "ec2:DisableVgwRoutePropagation vpn-gateway:adopted",
    "ec2:EnableVgwRoutePropagation vpn-gateway:adopted",
    "ec2:ModifyVpnTunnelOptions vpn-connection:adopted",
)
"""What is done with a VPN that was adopted, before it bears the environment's tags. Deleting is not among
it."""

OPERATING_ADOPTED: tuple[str, ...] = (
    "ec2:GetVpnTunnelReplacementStatus vpn-connection:adopted",
    "ec2:ModifyVpnTunnelOptions vpn-connection:adopted",
    "ec2:ReplaceVpnTunnel vpn-connection:adopted",
)
"""The same of those who operate it."""

BEARING_KEYS: tuple[str, ...] = ("secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue")
SHOWING_TUNNEL_KEYS = "ec2:DescribeVpnConnections"
"""Answers with the tunnels' pre-shared keys while these are kept under `Standard` storage."""

PREVIEWING: tuple[str, ...] = ("ec2:DescribeImages",)
"""What the program itself asks for while it runs."""

PREFLIGHT: tuple[str, ...] = (
    "acm:DescribeCertificate certificate:any",
    "cloudtrail:DescribeTrails",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeInstanceTypeOfferings",
    "ec2:DescribeRegions",
    "ec2:DescribeVpcPeeringConnections",
    "ec2:SearchTransitGatewayRoutes transit-gateway-route-table:any",
    "ec2:DescribeTransitGatewayRouteTables",
    "iam:ListRoles",
    "iam:SimulatePrincipalPolicy role:any",
    "servicequotas:GetServiceQuota",
)
"""What `aws-vpn preflight` asks beside."""
