"""A VPN host that offers a web server to the world."""

import pulumi_aws as aws

TAGS = {"Project": "shop", "Environment": "test", "Owner": "net", "CostCenter": "7"}

SUBNET = "subnet-0a1b2c3d4e5f60718"
VPC = "vpc-0a1b2c3d4e5f60718"

group = aws.ec2.SecurityGroup("server", description="Nothing comes in", vpc_id=VPC, tags=TAGS)
aws.vpc.SecurityGroupIngressRule(
    "web",
    security_group_id=group.id,
    ip_protocol="tcp",
    from_port=80,
    to_port=80,
    cidr_ipv4="0.0.0.0/0",
    tags=TAGS,
)
server = aws.ec2.Instance(
    "server",
    ami="ami-0a1b2c3d4e5f60718",
    instance_type="t4g.nano",
    subnet_id=SUBNET,
    vpc_security_group_ids=[group.id],
    metadata_options={"http_tokens": "required", "http_put_response_hop_limit": 1},
    root_block_device={"encrypted": True},
    source_dest_check=False,
    tags=TAGS,
)
aws.ec2.Route(
    "clients",
    route_table_id="rtb-0a1b2c3d4e5f60718",
    destination_cidr_block="172.31.250.0/24",
    network_interface_id=server.primary_network_interface_id,
)
