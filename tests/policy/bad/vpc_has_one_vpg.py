"""Two VPGs on one VPC: one names the VPC, the other is attached to it."""

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
aws.ec2.VpnGateway("first", vpc_id=vpc.id, amazon_side_asn="64600", tags=TAGS)
second = aws.ec2.VpnGateway("second", amazon_side_asn="64601", tags=TAGS)
aws.ec2.VpnGatewayAttachment("second", vpc_id=vpc.id, vpn_gateway_id=second.id)
