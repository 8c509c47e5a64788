"""A failover role that may move every address of the account."""

import json

import pulumi_aws as aws

TAGS = {"Project": "shop", "Environment": "test", "Owner": "net", "CostCenter": "7"}

role = aws.iam.Role(
    "failover",
    name="failover",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    ),
    tags=TAGS,
)
aws.iam.RolePolicy(
    "failover",
    role=role.name,
    policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "ec2:AssociateAddress", "Resource": "*"}],
        }
    ),
)
