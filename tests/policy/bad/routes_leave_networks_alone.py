"""A route that is written into its table, and takes a part of the VPC away."""

import pulumi_aws as aws

tags = {"Project": "shop", "Environment": "test", "Owner": "web", "CostCenter": "7"}
shop = aws.ec2.Vpc("shop", cidr_block="10.91.0.0/16", tags=tags)
aws.ec2.FlowLog(
    "shop",
    vpc_id=shop.id,
    traffic_type="ALL",
    log_destination_type="s3",
    log_destination="arn:aws:s3:::flow-logs",
    tags=tags,
)
door = aws.ec2.InternetGateway("door", vpc_id=shop.id, tags=tags)
aws.ec2.RouteTable(
    "shop",
    vpc_id=shop.id,
    routes=[
        {"cidr_block": "0.0.0.0/0", "gateway_id": door.id},
        {"cidr_block": "10.91.7.0/24", "network_interface_id": "eni-0a1b2c3d4e5f60718"},
    ],
    tags=tags,
)
