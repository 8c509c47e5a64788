"""A database port that two rules together open to a good part of the internet."""

import pulumi_aws as aws

TAGS = {"Project": "shop", "Environment": "test", "Owner": "net", "CostCenter": "7"}

group = aws.ec2.SecurityGroup("database", description="Customers", vpc_id="vpc-0a1b2c3d4e5f60718", tags=TAGS)
for name, cidr in (("east", "12.0.0.0/8"), ("west", "13.0.0.0/8")):
    aws.vpc.SecurityGroupIngressRule(
        name,
        security_group_id=group.id,
        ip_protocol="tcp",
        from_port=5432,
        to_port=5432,
        cidr_ipv4=cidr,
        tags=TAGS,
    )
