"""A server in the VPC's default security group."""

import pulumi_aws as aws

TAGS = {"Project": "shop", "Environment": "test", "Owner": "net", "CostCenter": "7"}

vpc = aws.ec2.Vpc("shop", cidr_block="10.50.0.0/16", tags=TAGS)
aws.ec2.FlowLog(
    "shop",
    vpc_id=vpc.id,
    traffic_type="ALL",
    log_destination_type="s3",
    log_destination="arn:aws:s3:::shop-flow-logs",
    tags=TAGS,
)
default = aws.ec2.DefaultSecurityGroup("shop", vpc_id=vpc.id, tags=TAGS)
aws.ec2.Instance(
    "server",
    ami="ami-0a1b2c3d4e5f60718",
    instance_type="t4g.nano",
    subnet_id="subnet-0a1b2c3d4e5f60718",
    vpc_security_group_ids=[default.id],
    metadata_options={"http_tokens": "required", "http_put_response_hop_limit": 1},
    root_block_device={"encrypted": True},
    tags=TAGS,
)
