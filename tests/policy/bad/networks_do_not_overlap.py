"""A VPC in the range of another one of the same program."""

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
peer = aws.ec2.Vpc("peer", cidr_block="10.50.128.0/17", tags=TAGS)
aws.ec2.FlowLog(
    "peer",
    vpc_id=peer.id,
    traffic_type="ALL",
    log_destination_type="s3",
    log_destination="arn:aws:s3:::shop-flow-logs",
    tags=TAGS,
)
