"""What the program's types and properties are called in AWS's own schemas, CloudFormation's.

A property is called there what it is called here, whatever the case and with or without a plural s. What that
does not cover is in these tables: other names (with a path where CloudFormation nests deeper), what
CloudFormation asks for beside, and what has no counterpart, each with its reason.
"""

from __future__ import annotations

from typing import Any

_ENCRYPTION = "BucketServerSideEncryptionConfiguration"

TYPES = {
    "aws:autoscaling/group:Group": "AWS::AutoScaling::AutoScalingGroup",
    "aws:cloudwatch/dashboard:Dashboard": "AWS::CloudWatch::Dashboard",
    "aws:cloudwatch/eventRule:EventRule": "AWS::Events::Rule",
    "aws:cloudwatch/logGroup:LogGroup": "AWS::Logs::LogGroup",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": "AWS::Logs::MetricFilter",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "AWS::CloudWatch::Alarm",
    "aws:ec2/customerGateway:CustomerGateway": "AWS::EC2::CustomerGateway",
    "aws:ec2/eip:Eip": "AWS::EC2::EIP",
    "aws:ec2/flowLog:FlowLog": "AWS::EC2::FlowLog",
    "aws:ec2/instance:Instance": "AWS::EC2::Instance",
    "aws:ec2/internetGateway:InternetGateway": "AWS::EC2::InternetGateway",
    "aws:ec2/launchTemplate:LaunchTemplate": "AWS::EC2::LaunchTemplate",
    "aws:ec2/natGateway:NatGateway": "AWS::EC2::NatGateway",
    "aws:ec2/route:Route": "AWS::EC2::Route",
    "aws:ec2/routeTable:RouteTable": "AWS::EC2::RouteTable",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "AWS::EC2::SubnetRouteTableAssociation",
    "aws:ec2/securityGroup:SecurityGroup": "AWS::EC2::SecurityGroup",
    "aws:ec2/subnet:Subnet": "AWS::EC2::Subnet",
    "aws:ec2/vpc:Vpc": "AWS::EC2::VPC",
    "aws:ec2/vpnConnection:VpnConnection": "AWS::EC2::VPNConnection",
    "aws:ec2/vpnConnectionRoute:VpnConnectionRoute": "AWS::EC2::VPNConnectionRoute",
    "aws:ec2/vpnGateway:VpnGateway": "AWS::EC2::VPNGateway",
    "aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation": "AWS::EC2::VPNGatewayRoutePropagation",
    "aws:iam/instanceProfile:InstanceProfile": "AWS::IAM::InstanceProfile",
    "aws:iam/role:Role": "AWS::IAM::Role",
    "aws:iam/rolePolicy:RolePolicy": "AWS::IAM::RolePolicy",
    "aws:kms/key:Key": "AWS::KMS::Key",
    "aws:s3/bucket:Bucket": "AWS::S3::Bucket",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "AWS::S3::Bucket",
    "aws:s3/bucketPolicy:BucketPolicy": "AWS::S3::BucketPolicy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "AWS::S3::Bucket",
    f"aws:s3/bucketServerSideEncryptionConfiguration:{_ENCRYPTION}": "AWS::S3::Bucket",
    "aws:s3/bucketVersioning:BucketVersioning": "AWS::S3::Bucket",
    "aws:secretsmanager/secret:Secret": "AWS::SecretsManager::Secret",
    "aws:sns/topic:Topic": "AWS::SNS::Topic",
    "aws:sns/topicSubscription:TopicSubscription": "AWS::SNS::Subscription",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "AWS::EC2::SecurityGroupEgress",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "AWS::EC2::SecurityGroupIngress",
}

OTHER_NAMES = {
    "Bucket.bucket": "BucketName",
    "BucketOwnershipControls.rule": "OwnershipControls.Rules",
    "BucketPolicy.policy": "PolicyDocument",
    f"{_ENCRYPTION}.rules": "BucketEncryption.ServerSideEncryptionConfiguration",
    f"{_ENCRYPTION}.rules.applyServerSideEncryptionByDefault": "ServerSideEncryptionByDefault",
    "FlowLog.iamRoleArn": "DeliverLogsPermissionArn",
    "FlowLog.vpcId": "ResourceId",
    "Group.launchTemplate.id": "LaunchTemplateId",
    "Group.name": "AutoScalingGroupName",
    "Group.vpcZoneIdentifiers": "VPCZoneIdentifier",
    "Instance.ami": "ImageId",
    "Instance.associatePublicIpAddress": "NetworkInterfaces.AssociatePublicIpAddress",
    "Instance.rootBlockDevice": "BlockDeviceMappings.Ebs",
    "Instance.subnetId": "NetworkInterfaces.SubnetId",
    "Instance.vpcSecurityGroupIds": "NetworkInterfaces.GroupSet",
    "InstanceProfile.name": "InstanceProfileName",
    "Key.deletionWindowInDays": "PendingWindowInDays",
    "Key.policy": "KeyPolicy",
    "LaunchTemplate.name": "LaunchTemplateName",
    "LaunchTemplate.networkInterfaces.securityGroups": "Groups",
    "LogGroup.name": "LogGroupName",
    "LogMetricFilter.metricTransformation.name": "MetricName",
    "LogMetricFilter.metricTransformation.namespace": "MetricNamespace",
    "LogMetricFilter.metricTransformation.value": "MetricValue",
    "LogMetricFilter.name": "FilterName",
    "LogMetricFilter.pattern": "FilterPattern",
    "MetricAlarm.name": "AlarmName",
    "Role.assumeRolePolicy": "AssumeRolePolicyDocument",
    "Role.name": "RoleName",
    "RolePolicy.policy": "PolicyDocument",
    "RolePolicy.role": "RoleName",
    "SecurityGroup.description": "GroupDescription",
    "SecurityGroupEgressRule.cidrIpv4": "CidrIp",
    "SecurityGroupEgressRule.securityGroupId": "GroupId",
    "SecurityGroupIngressRule.cidrIpv4": "CidrIp",
    "SecurityGroupIngressRule.securityGroupId": "GroupId",
    "Topic.name": "TopicName",
    "TopicSubscription.topic": "TopicArn",
}
"""By type and path; a path into a list leads into its one element."""

INSIDE = {"BucketPublicAccessBlock": "PublicAccessBlockConfiguration", "LaunchTemplate": "LaunchTemplateData"}
"""Where a type's properties are together, but for those of another name."""

ALSO: dict[str, dict[str, Any]] = {
    "CustomerGateway": {"IpAddress": "192.0.2.1"},
    "FlowLog": {"ResourceType": "VPC"},
    "Instance": {"NetworkInterfaces.DeviceIndex": "0", "BlockDeviceMappings.DeviceName": "/dev/xvda"},
    "RolePolicy": {"PolicyName": "inline"},
    "VpnGateway": {"Type": "ipsec.1"},
}
"""What CloudFormation asks for and the provider adds; EC2 needs no address of a router with a certificate."""

IN_THE_BUCKET = "said in the bucket itself there"

WITHOUT_COUNTERPART = {
    "BucketObjectv2": "CloudFormation writes no objects",
    "BucketOwnershipControls.bucket": IN_THE_BUCKET,
    "BucketPublicAccessBlock.bucket": IN_THE_BUCKET,
    f"{_ENCRYPTION}.bucket": IN_THE_BUCKET,
    "BucketVersioning.bucket": IN_THE_BUCKET,
    "DefaultSecurityGroup": "CloudFormation cannot adopt a VPC's default group",
    "Bucket.forceDestroy": "the provider's own: empty the bucket before it is deleted",
    "EventTarget": "within its rule there",
    "Group.instanceRefresh": "a stack's update policy there, no property",
    "Instance.rootBlockDevice.tags": "CloudFormation tags disks with the instance's tags",
    "Instance.userDataReplaceOnChange": "the provider's own: when to replace",
    "Topic.policy": "a resource of its own there",
    "InstanceProfile.tags": "CloudFormation cannot tag instance profiles",
    "InternetGateway.vpcId": "a resource of its own there, the attachment",
    "LaunchTemplate.tags": "another form there: tag specifications of the template itself",
    "MetricAlarm.tags": "CloudFormation tags alarms with the stack's tags",
    "Secret.recoveryWindowInDays": "the provider's own: how it deletes",
    "SecurityGroupEgressRule.tags": "CloudFormation cannot tag rules",
    "SecurityGroupIngressRule.tags": "CloudFormation cannot tag rules",
    "VpnGateway.vpcId": "a resource of its own there, the attachment",
}
"""Types and properties that AWS's schemas do not have, and why."""
