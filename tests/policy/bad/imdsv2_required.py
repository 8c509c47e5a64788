"""A server that hands its credentials to any request."""

import pulumi_aws as aws

TAGS = {"Project": "shop", "Environment": "test", "Owner": "net", "CostCenter": "7"}

SUBNET = "subnet-0a1b2c3d4e5f60718"
VPC = "vpc-0a1b2c3d4e5f60718"

group = aws.ec2.SecurityGroup("server", description="Nothing comes in", vpc_id=VPC, tags=TAGS)
aws.ec2.Instance(
    "server",
    ami="ami-0a1b2c3d4e5f60718",
    instance_type="t4g.nano",
    subnet_id=SUBNET,
    vpc_security_group_ids=[group.id],
    metadata_options={"http_tokens": "optional", "http_put_response_hop_limit": 1},
    root_block_device={"encrypted": True},
    tags=TAGS,
)
