"""Main and standby of a failover pair in one availability zone."""

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
group = aws.ec2.SecurityGroup("servers", description="Nothing comes in", vpc_id=vpc.id, tags=TAGS)
subnets = {
    zone: aws.ec2.Subnet(
        f"public-{zone}",
        vpc_id=vpc.id,
        cidr_block=f"10.50.{i}.0/24",
        availability_zone=f"eu-central-1{zone}",
        tags=TAGS,
    )
    for i, zone in enumerate("ab")
}
for role in ("main", "standby"):
    aws.ec2.Instance(
        role,
        ami="ami-0a1b2c3d4e5f60718",
        instance_type="t4g.nano",
        subnet_id=subnets["a"].id,
        vpc_security_group_ids=[group.id],
        source_dest_check=False,
        metadata_options={"http_tokens": "required", "http_put_response_hop_limit": 1},
        root_block_device={"encrypted": True},
        tags={**TAGS, "FailoverPair": "staff"},
    )
template = aws.ec2.LaunchTemplate(
    "monitor",
    image_id="ami-0a1b2c3d4e5f60718",
    instance_type="t4g.nano",
    vpc_security_group_ids=[group.id],
    metadata_options={"http_tokens": "required", "http_put_response_hop_limit": 1},
    block_device_mappings=[{"device_name": "/dev/xvda", "ebs": {"encrypted": "true"}}],
    tags=TAGS,
)
aws.autoscaling.Group(
    "monitor",
    min_size=1,
    max_size=1,
    vpc_zone_identifiers=[subnets["a"].id, subnets["b"].id],
    launch_template={"id": template.id, "version": "1"},
    tags=[
        {"key": key, "value": value, "propagate_at_launch": True}
        for key, value in {**TAGS, "FailoverPair": "staff"}.items()
    ],
)
