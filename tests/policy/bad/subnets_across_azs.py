"""Both subnets in one availability zone."""

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
for i, zone in enumerate(("eu-central-1a", "eu-central-1a")):
    aws.ec2.Subnet(
        f"private-{i}", vpc_id=vpc.id, cidr_block=f"10.50.{i}.0/24", availability_zone=zone, tags=TAGS
    )
