"""A failover role that another policy lets run commands on every host."""

import json

import pulumi_aws as aws

TAGS = {"Project": "shop", "Environment": "test", "Owner": "net", "CostCenter": "7"}
ADDRESS = "arn:aws:ec2:eu-central-1:123456789012:elastic-ip/eipalloc-0a1b2c3d"


def document(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


trust = {"Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
role = aws.iam.Role("failover", name="failover", assume_role_policy=document(**trust), tags=TAGS)
aws.iam.RolePolicy("moves", role=role.id, policy=document(Action="ec2:AssociateAddress", Resource=ADDRESS))
aws.iam.RolePolicy("more", role=role.id, policy=document(Action="ssm:SendCommand", Resource="*"))
