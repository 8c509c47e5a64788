"""What each type of resource needs of AWS, by what is done with it: one table behind all policies.

A right is an action, then the kinds of resources that it is asked about, as "Actions, resources, and
condition keys for AWS services" names both, each with how far it goes:

- `:new` a resource that is being made, with this environment's tags on it
- `:own` one that bears this environment's tags
- `:bare` one without an environment, such as a VPC's default security group before it gets its tags
- `:named` one that is named by this environment's names, and needs no tags
- `:list` an OpenVPN tunnel's revocation list
- `:any` one that nobody can tell beforehand: a volume at launch, a machine image

An action without kinds knows none (`Describe...`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Rights:
    """The rights to make, see, change and delete resources of a type."""

    create: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    update: tuple[str, ...] = ()
    delete: tuple[str, ...] = ()


TYPES: Mapping[str, Rights] = {
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
        create=("ec2:CreateSubnet subnet:new vpc:own", "ec2:ModifySubnetAttribute subnet:own"),
        read=("ec2:DescribeSubnets", "ec2:DescribeAvailabilityZones", "ec2:DescribeNetworkInterfaces"),
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
        update=("ec2:ReplaceRouteTableAssociation route-table:own subnet:own",),
        delete=("ec2:DisassociateRouteTable route-table:own subnet:own",),
    ),
    "aws:ec2/route:Route": Rights(
        create=("ec2:CreateRoute route-table:own",),
        update=("ec2:ReplaceRoute route-table:own",),
        delete=("ec2:DeleteRoute route-table:own",),
    ),
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
        create=(
            "ec2:AllocateAddress elastic-ip:new",
            "ec2:AssociateAddress elastic-ip:own instance:own network-interface:any",
        ),
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
    "aws:ec2/instance:Instance": Rights(
        create=(
            "ec2:RunInstances instance:new image:any network-interface:any security-group:own subnet:own"
            " volume:any",
            "ec2:ModifyInstanceAttribute instance:own",
        ),
        read=(
            "ec2:DescribeIamInstanceProfileAssociations",
            "ec2:DescribeImages",
            "ec2:DescribeInstanceAttribute instance:own",
            "ec2:DescribeInstanceCreditSpecifications",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeInstances",
            "ec2:DescribeTags",
            "ec2:DescribeVolumes",
        ),
        update=(
            "ec2:AssociateIamInstanceProfile instance:own",
            "ec2:DisassociateIamInstanceProfile instance:own",
            "ec2:ModifyInstanceMetadataOptions instance:own",
            "ec2:StartInstances instance:own",
            "ec2:StopInstances instance:own",
        ),
        delete=("ec2:TerminateInstances instance:own",),
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": Rights(
        create=("ec2:CreateLaunchTemplate launch-template:new",),
        read=("ec2:DescribeLaunchTemplates", "ec2:DescribeLaunchTemplateVersions"),
        update=(
            "ec2:CreateLaunchTemplateVersion launch-template:own",
            "ec2:ModifyLaunchTemplate launch-template:own",
        ),
        delete=("ec2:DeleteLaunchTemplate launch-template:own",),
    ),
    "aws:autoscaling/group:Group": Rights(
        create=(
            "autoscaling:CreateAutoScalingGroup autoScalingGroup:named",
            "autoscaling:CreateOrUpdateTags autoScalingGroup:named",
            "ec2:RunInstances launch-template:own",
        ),
        read=(
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribeInstanceRefreshes",
            "autoscaling:DescribeScalingActivities",
            "autoscaling:DescribeWarmPool",
        ),
        update=(
            "autoscaling:DeleteTags autoScalingGroup:named",
            "autoscaling:StartInstanceRefresh autoScalingGroup:named",
            "autoscaling:UpdateAutoScalingGroup autoScalingGroup:named",
        ),
        delete=("autoscaling:DeleteAutoScalingGroup autoScalingGroup:named",),
    ),
    "aws:iam/role:Role": Rights(
        create=("iam:CreateRole role:named", "iam:TagRole role:named"),
        read=(
            "iam:GetRole role:named",
            "iam:ListAttachedRolePolicies role:named",
            "iam:ListInstanceProfilesForRole role:named",
            "iam:ListRolePolicies role:named",
        ),
        update=(
            "iam:UntagRole role:named",
            "iam:UpdateAssumeRolePolicy role:named",
            "iam:UpdateRole role:named",
        ),
        delete=("iam:DeleteRole role:named",),
    ),
    "aws:iam/rolePolicy:RolePolicy": Rights(
        create=("iam:PutRolePolicy role:named",),
        read=("iam:GetRolePolicy role:named",),
        delete=("iam:DeleteRolePolicy role:named",),
    ),
    "aws:iam/instanceProfile:InstanceProfile": Rights(
        create=(
            "iam:CreateInstanceProfile instance-profile:named",
            "iam:TagInstanceProfile instance-profile:named",
            "iam:AddRoleToInstanceProfile instance-profile:named",
        ),
        read=("iam:GetInstanceProfile instance-profile:named",),
        update=("iam:UntagInstanceProfile instance-profile:named",),
        delete=(
            "iam:RemoveRoleFromInstanceProfile instance-profile:named",
            "iam:DeleteInstanceProfile instance-profile:named",
        ),
    ),
    "aws:cloudwatch/logGroup:LogGroup": Rights(
        create=(
            "logs:AssociateKmsKey log-group:named",
            "logs:CreateLogGroup log-group:named",
            "logs:PutRetentionPolicy log-group:named",
            "logs:TagResource log-group:named",
        ),
        read=("logs:DescribeLogGroups", "logs:ListTagsForResource log-group:named"),
        update=("logs:DeleteRetentionPolicy log-group:named", "logs:UntagResource log-group:named"),
        delete=("logs:DeleteLogGroup log-group:named",),
    ),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": Rights(
        create=("logs:PutMetricFilter log-group:named",),
        read=("logs:DescribeMetricFilters log-group:named",),
        delete=("logs:DeleteMetricFilter log-group:named",),
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Rights(
        create=("cloudwatch:PutMetricAlarm alarm:named", "cloudwatch:TagResource alarm:named"),
        read=("cloudwatch:DescribeAlarms alarm:named", "cloudwatch:ListTagsForResource alarm:named"),
        update=("cloudwatch:UntagResource alarm:named",),
        delete=("cloudwatch:DeleteAlarms alarm:named",),
    ),
    "aws:sns/topic:Topic": Rights(
        create=(
            "sns:CreateTopic topic:named",
            "sns:SetTopicAttributes topic:named",
            "sns:TagResource topic:named",
        ),
        read=("sns:GetTopicAttributes topic:named", "sns:ListTagsForResource topic:named"),
        update=("sns:UntagResource topic:named",),
        delete=("sns:DeleteTopic topic:named",),
    ),
    "aws:sns/topicSubscription:TopicSubscription": Rights(
        create=("sns:Subscribe topic:named",),
        read=("sns:GetSubscriptionAttributes",),
        update=("sns:SetSubscriptionAttributes",),
        delete=("sns:Unsubscribe",),
    ),
    "aws:kms/key:Key": Rights(
        create=(
            "kms:CreateKey :new",
            "kms:EnableKeyRotation key:own",
            "kms:PutKeyPolicy key:own",
            "kms:TagResource key:own",
        ),
        read=(
            "kms:DescribeKey key:own",
            "kms:GetKeyPolicy key:own",
            "kms:GetKeyRotationStatus key:own",
            "kms:ListResourceTags key:own",
        ),
        update=("kms:UntagResource key:own", "kms:UpdateKeyDescription key:own"),
        delete=("kms:ScheduleKeyDeletion key:own",),
    ),
    "aws:secretsmanager/secret:Secret": Rights(
        create=("secretsmanager:CreateSecret Secret:named", "secretsmanager:TagResource Secret:named"),
        read=("secretsmanager:DescribeSecret Secret:named", "secretsmanager:GetResourcePolicy Secret:named"),
        update=("secretsmanager:UntagResource Secret:named", "secretsmanager:UpdateSecret Secret:named"),
        delete=("secretsmanager:DeleteSecret Secret:named",),
    ),
    "aws:s3/bucket:Bucket": Rights(
        create=("s3:CreateBucket bucket:named", "s3:PutBucketTagging bucket:named"),
        read=(
            "s3:GetAccelerateConfiguration bucket:named",
            "s3:GetBucketAcl bucket:named",
            "s3:GetBucketCORS bucket:named",
            "s3:GetBucketLogging bucket:named",
            "s3:GetBucketObjectLockConfiguration bucket:named",
            "s3:GetBucketRequestPayment bucket:named",
            "s3:GetBucketTagging bucket:named",
            "s3:GetBucketWebsite bucket:named",
            "s3:GetLifecycleConfiguration bucket:named",
            "s3:GetReplicationConfiguration bucket:named",
            "s3:ListBucket bucket:named",
        ),
        delete=(
            "s3:DeleteBucket bucket:named",
            "s3:DeleteObject object:named",
            "s3:DeleteObjectVersion object:named",
            "s3:ListBucketVersions bucket:named",
        ),
    ),
    "aws:s3/bucketPolicy:BucketPolicy": Rights(
        create=("s3:PutBucketPolicy bucket:named",),
        read=("s3:GetBucketPolicy bucket:named",),
        delete=("s3:DeleteBucketPolicy bucket:named",),
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": Rights(
        create=("s3:PutBucketPublicAccessBlock bucket:named",),
        read=("s3:GetBucketPublicAccessBlock bucket:named",),
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": Rights(
        create=("s3:PutBucketOwnershipControls bucket:named",),
        read=("s3:GetBucketOwnershipControls bucket:named",),
    ),
    "aws:s3/bucketVersioning:BucketVersioning": Rights(
        create=("s3:PutBucketVersioning bucket:named",),
        read=("s3:GetBucketVersioning bucket:named",),
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": Rights(
        create=("s3:PutEncryptionConfiguration bucket:named",),
        read=("s3:GetEncryptionConfiguration bucket:named",),
    ),
    "aws:s3/bucketObjectv2:BucketObjectv2": Rights(
        create=("s3:PutObject object:named", "s3:PutObjectTagging object:named"),
        read=("s3:GetObject object:named", "s3:GetObjectTagging object:named"),
        delete=(
            "s3:DeleteObject object:named",
            "s3:DeleteObjectVersion object:named",
            "s3:ListBucketVersions bucket:named",
        ),
    ),
}

TAGGED_LATER = "security-group security-group-rule volume"
"""Kinds whose tags the provider sets in a call of its own: adopted, or made beside something else."""

OPERATING: tuple[str, ...] = (
    "autoscaling:StartInstanceRefresh autoScalingGroup:named",
    "cloudwatch:GetMetricData",
    "cloudwatch:SetAlarmState alarm:named",
    "ec2:GetVpnTunnelReplacementStatus vpn-connection:own",
    "ec2:ModifyVpnTunnelOptions vpn-connection:own",
    "ec2:RebootInstances instance:own",
    "ec2:ReplaceVpnTunnel vpn-connection:own",
    "ec2:StartInstances instance:own",
    "ec2:StopInstances instance:own",
    "logs:FilterLogEvents log-group:named",
    "ssm:StartSession instance:own",
)
"""What drills, rolls and a look around do beside reading."""

PUBLISHING: tuple[str, ...] = (
    "ec2:DescribeAddresses",
    "logs:FilterLogEvents log-group:named",
    "secretsmanager:GetSecretValue Secret:list",
    "secretsmanager:PutSecretValue Secret:named",
)
"""What `aws-vpn access` does: publish unless a newer list is live, find an address, see who came."""

BEARING_KEYS: tuple[str, ...] = ("secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue")
SHOWING_TUNNEL_KEYS = "ec2:DescribeVpnConnections"
"""Answers with the tunnels' pre-shared keys while these are kept under `Standard` storage."""

PREFLIGHT: tuple[str, ...] = (
    "acm:DescribeCertificate certificate:any",
    "cloudtrail:DescribeTrails",
    "ec2:DescribeInstanceTypeOfferings",
    "ec2:DescribeRegions",
    "ec2:DescribeVpcPeeringConnections",
    "ec2:SearchTransitGatewayRoutes transit-gateway-route-table:any",
    "ec2:DescribeTransitGatewayRouteTables",
    "iam:ListRoles",
    "servicequotas:GetServiceQuota",
)
"""What `aws-vpn preflight` asks beside."""
