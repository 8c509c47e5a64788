"""A subnet that gives every instance a public address."""

import pulumi_aws as aws

TAGS = {"Project": "shop", "Environment": "test", "Owner": "net", "CostCenter": "7"}

aws.ec2.Subnet(
    "public",
    vpc_id="vpc-0a1b2c3d4e5f60718",
    cidr_block="10.50.0.0/24",
    availability_zone="eu-central-1a",
    map_public_ip_on_launch=True,
    tags=TAGS,
)
aws.ec2.Subnet(
    "private",
    vpc_id="vpc-0a1b2c3d4e5f60718",
    cidr_block="10.50.1.0/24",
    availability_zone="eu-central-1b",
    tags=TAGS,
)
