"""Instances, the groups that keep one running, and the roles they have."""

from __future__ import annotations

from collections.abc import Mapping

from operations.iam.table.rights import Rights

HOSTS: Mapping[str, Rights] = {
    "aws:ec2/instance:Instance": Rights(
        create=(
            (
                "ec2:RunInstances instance:new image:any network-interface:any security-group:own subnet:own"
                " volume:any"
            ),
            "ec2:ModifyInstanceAttribute instance:own",
        ),
        read=(
            "ec2:DescribeIamInstanceProfileAssociations",
            "ec2:DescribeInstanceAttribute instance:own",
            "ec2:DescribeInstanceCreditSpecifications",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeInstances",
            "ec2:DescribeTags",
            "ec2:DescribeVolumes",
        ),
        update=(
            "ec2:StartInstances instance:own",
            "ec2:StopInstances instance:own",
        ),
        delete=("ec2:TerminateInstances instance:own",),
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": Rights(
        create=("ec2:CreateLaunchTemplate launch-template:new",),
        read=("ec2:DescribeLaunchTemplates", "ec2:DescribeLaunchTemplateVersions"),
        update=("ec2:CreateLaunchTemplateVersion launch-template:own",),
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
        ),
        update=(
            "autoscaling:CancelInstanceRefresh autoScalingGroup:named",
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
            "iam:ListRolePolicies role:named",
        ),
        update=("iam:UntagRole role:named",),
        delete=("iam:DeleteRole role:named", "iam:ListInstanceProfilesForRole role:named"),
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
}
