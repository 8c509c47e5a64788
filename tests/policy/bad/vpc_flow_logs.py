"""A VPC whose traffic nobody can look up."""

import pulumi_aws as aws

TAGS = {"Project": "shop", "Environment": "test", "Owner": "net", "CostCenter": "7"}

vpc = aws.ec2.Vpc("shop", cidr_block="10.50.0.0/16", tags=TAGS)
