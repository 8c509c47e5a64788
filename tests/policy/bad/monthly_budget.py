"""Thirty NAT gateways, which cost more in a month than a stack may that names no budget."""

import pulumi_aws as aws

TAGS = {"Project": "shop", "Environment": "test", "Owner": "net", "CostCenter": "7"}

for number in range(30):
    aws.ec2.NatGateway(
        f"out-{number}",
        subnet_id="subnet-0a1b2c3d4e5f60718",
        allocation_id=f"eipalloc-0a1b2c3d4e5f607{number:02}",
        tags=TAGS,
    )
