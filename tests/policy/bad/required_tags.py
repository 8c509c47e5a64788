"""A VPG that belongs to nobody."""

import pulumi_aws as aws

aws.ec2.VpnGateway("shop", amazon_side_asn="64600", tags={"Project": "shop", "Environment": "test"})
