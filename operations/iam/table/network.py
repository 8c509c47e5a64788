"""A VPC and what it is made of."""

from __future__ import annotations

from collections.abc import Mapping

from operations.iam.table.rights import Rights

NETWORK: Mapping[str, Rights] = {
    "aws:ec2/vpc:Vpc": Rights(
        create=("ec2:CreateVpc vpc:new", "ec2:ModifyVpcAttribute vpc:own"),
        read=(
            "ec2:DescribeVpcs",
            "ec2:DescribeVpcAttribute vpc:own",
            "ec2:DescribeNetworkAcls",
            "ec2:DescribeRouteTables",
            "ec2:DescribeSecurityGroups",
        ),
        delete=("ec2:DeleteVpc vpc:own",),
    ),
    "aws:ec2/subnet:Subnet": Rights(
        create=("ec2:CreateSubnet subnet:new vpc:own",),
        read=("ec2:DescribeSubnets", "ec2:DescribeNetworkInterfaces"),
        delete=("ec2:DeleteSubnet subnet:own",),
    ),
    "aws:ec2/internetGateway:InternetGateway": Rights(
        create=(
            "ec2:CreateInternetGateway internet-gateway:new",
            "ec2:AttachInternetGateway internet-gateway:own vpc:own",
        ),
        read=("ec2:DescribeInternetGateways",),
        delete=(
            "ec2:DetachInternetGateway internet-gateway:own vpc:own",
            "ec2:DeleteInternetGateway internet-gateway:own",
        ),
    ),
    "aws:ec2/routeTable:RouteTable": Rights(
        create=("ec2:CreateRouteTable route-table:new vpc:own",),
        delete=("ec2:DeleteRouteTable route-table:own",),
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Rights(
        create=("ec2:AssociateRouteTable route-table:own subnet:own",),
        delete=("ec2:DisassociateRouteTable route-table:own subnet:own",),
    ),
    "aws:ec2/route:Route": Rights(
        create=("ec2:CreateRoute route-table:own",),
        delete=("ec2:DeleteRoute route-table:own",),
    ),
    "aws:ec2/securityGroup:SecurityGroup": Rights(
        create=("ec2:CreateSecurityGroup security-group:new vpc:own",),
        delete=("ec2:DeleteSecurityGroup security-group:own",),
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Rights(
        create=(
            "ec2:RevokeSecurityGroupEgress security-group:bare",
            "ec2:RevokeSecurityGroupIngress security-group:bare",
        ),
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Rights(
        create=("ec2:AuthorizeSecurityGroupIngress security-group:own security-group-rule:any",),
        read=("ec2:DescribeSecurityGroupRules",),
        update=("ec2:ModifySecurityGroupRules security-group:own security-group-rule:own",),
        delete=("ec2:RevokeSecurityGroupIngress security-group:own",),
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": Rights(
        create=("ec2:AuthorizeSecurityGroupEgress security-group:own security-group-rule:any",),
        delete=("ec2:RevokeSecurityGroupEgress security-group:own",),
    ),
    "aws:ec2/eip:Eip": Rights(
        create=("ec2:AllocateAddress elastic-ip:new",),
        read=("ec2:DescribeAddresses", "ec2:DescribeAddressesAttribute"),
        delete=(
            "ec2:DisassociateAddress elastic-ip:own network-interface:any",
            "ec2:ReleaseAddress elastic-ip:own",
        ),
    ),
    "aws:ec2/natGateway:NatGateway": Rights(
        create=("ec2:CreateNatGateway natgateway:new elastic-ip:own subnet:own",),
        read=("ec2:DescribeNatGateways",),
        delete=("ec2:DeleteNatGateway natgateway:own",),
    ),
    "aws:ec2/flowLog:FlowLog": Rights(
        create=("ec2:CreateFlowLogs vpc-flow-log:new vpc:own",),
        read=("ec2:DescribeFlowLogs",),
        delete=("ec2:DeleteFlowLogs vpc-flow-log:own",),
    ),
}
