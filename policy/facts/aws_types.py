"""Type tokens of the pulumi-aws resources that rules look at."""

from __future__ import annotations

from typing import Final

VPC: Final = "aws:ec2/vpc:Vpc"
DEFAULT_VPC: Final = "aws:ec2/defaultVpc:DefaultVpc"
VPC_IPV4_BLOCK: Final = "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation"
VPC_IPV6_BLOCK: Final = "aws:ec2/vpcIpv6CidrBlockAssociation:VpcIpv6CidrBlockAssociation"
SUBNET: Final = "aws:ec2/subnet:Subnet"
INTERNET_GATEWAY: Final = "aws:ec2/internetGateway:InternetGateway"
ROUTE_TABLE: Final = "aws:ec2/routeTable:RouteTable"
DEFAULT_ROUTE_TABLE: Final = "aws:ec2/defaultRouteTable:DefaultRouteTable"
ROUTE_TABLE_ASSOCIATION: Final = "aws:ec2/routeTableAssociation:RouteTableAssociation"
MAIN_ROUTE_TABLE_ASSOCIATION: Final = "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation"
ROUTE: Final = "aws:ec2/route:Route"
FLOW_LOG: Final = "aws:ec2/flowLog:FlowLog"
PREFIX_LIST: Final = "aws:ec2/managedPrefixList:ManagedPrefixList"
PREFIX_LIST_ENTRY: Final = "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry"

VPG: Final = "aws:ec2/vpnGateway:VpnGateway"
VPG_ATTACHMENT: Final = "aws:ec2/vpnGatewayAttachment:VpnGatewayAttachment"
VPG_PROPAGATION: Final = "aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation"
CUSTOMER_GATEWAY: Final = "aws:ec2/customerGateway:CustomerGateway"
VPN_CONNECTION: Final = "aws:ec2/vpnConnection:VpnConnection"
VPN_CONNECTION_ROUTE: Final = "aws:ec2/vpnConnectionRoute:VpnConnectionRoute"
TRANSIT_GATEWAY: Final = "aws:ec2transitgateway/transitGateway:TransitGateway"
TRANSIT_GATEWAY_ROUTE: Final = "aws:ec2transitgateway/route:Route"
CLIENT_VPN: Final = "aws:ec2clientvpn/endpoint:Endpoint"

INSTANCE: Final = "aws:ec2/instance:Instance"
LAUNCH_TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
AUTO_SCALING_GROUP: Final = "aws:autoscaling/group:Group"
NETWORK_INTERFACE: Final = "aws:ec2/networkInterface:NetworkInterface"
INTERFACE_ATTACHMENT: Final = "aws:ec2/networkInterfaceAttachment:NetworkInterfaceAttachment"
INTERFACE_GROUP_ATTACHMENT: Final = (
    "aws:ec2/networkInterfaceSecurityGroupAttachment:NetworkInterfaceSecurityGroupAttachment"
)
LAUNCH_CONFIGURATION: Final = "aws:ec2/launchConfiguration:LaunchConfiguration"
SPOT_INSTANCE: Final = "aws:ec2/spotInstanceRequest:SpotInstanceRequest"
ELASTIC_IP: Final = "aws:ec2/eip:Eip"
NAT_GATEWAY: Final = "aws:ec2/natGateway:NatGateway"

SECURITY_GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
DEFAULT_SECURITY_GROUP: Final = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
SECURITY_GROUP_RULE: Final = "aws:ec2/securityGroupRule:SecurityGroupRule"
SECURITY_GROUP_EGRESS_RULE: Final = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
SECURITY_GROUP_INGRESS_RULE: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"

IAM_ROLE: Final = "aws:iam/role:Role"
IAM_ROLE_POLICY: Final = "aws:iam/rolePolicy:RolePolicy"
IAM_POLICY: Final = "aws:iam/policy:Policy"
IAM_ROLE_POLICY_ATTACHMENT: Final = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"

LOG_GROUP: Final = "aws:cloudwatch/logGroup:LogGroup"
METRIC_ALARM: Final = "aws:cloudwatch/metricAlarm:MetricAlarm"
SNS_TOPIC: Final = "aws:sns/topic:Topic"
SECRET: Final = "aws:secretsmanager/secret:Secret"  # noqa: S105
PARAMETER: Final = "aws:ssm/parameter:Parameter"
