"""SSH open to the whole internet."""

import pulumi_aws as aws

TAGS = {"Project": "shop", "Environment": "test", "Owner": "net", "CostCenter": "7"}

group = aws.ec2.SecurityGroup(
    "bastion", description="Administrators", vpc_id="vpc-0a1b2c3d4e5f60718", tags=TAGS
)
aws.vpc.SecurityGroupIngressRule(
    "ssh",
    security_group_id=group.id,
    ip_protocol="tcp",
    from_port=22,
    to_port=22,
    cidr_ipv4="0.0.0.0/0",
    tags=TAGS,
)
