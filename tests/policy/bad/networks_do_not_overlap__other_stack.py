"""A VPC with the range that a stack file of this project gives production."""

import pulumi_aws as aws

TAGS = {"Project": "shop", "Environment": "test", "Owner": "net", "CostCenter": "7"}

vpc = aws.ec2.Vpc("shop", cidr_block="10.30.0.0/16", tags=TAGS)
aws.ec2.FlowLog(
    "shop",
    vpc_id=vpc.id,
    traffic_type="ALL",
    log_destination_type="s3",
    log_destination="arn:aws:s3:::shop-flow-logs",
    tags=TAGS,
)
