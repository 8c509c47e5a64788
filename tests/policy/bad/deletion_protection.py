"""A production VPG that a mistake in the program could delete."""

import pulumi_aws as aws

TAGS = {"Project": "shop", "Environment": "production", "Owner": "net", "CostCenter": "7"}

aws.ec2.VpnGateway("shop", amazon_side_asn="64600", tags=TAGS)
