"""A way out for a laboratory, with everything written into as few resources as AWS allows."""

import pulumi_aws as aws

labels = {"Project": "lab", "Environment": "test", "Owner": "it", "CostCenter": "9"}

lab = aws.ec2.Vpc("lab", cidr_block="10.90.0.0/16", tags=labels)
trail = aws.cloudwatch.LogGroup("trail", name="/lab/flow", retention_in_days=14, tags=labels)
aws.ec2.FlowLog(
    "trail",
    vpc_id=lab.id,
    traffic_type="ALL",
    log_destination=trail.arn,
    iam_role_arn="arn:aws:iam::123456789012:role/flow-logs",
    tags=labels,
)
door = aws.ec2.InternetGateway("door", vpc_id=lab.id, tags=labels)
rooms = [
    aws.ec2.Subnet(name, vpc_id=lab.id, cidr_block=block, availability_zone=zone, tags=labels)
    for name, block, zone in (
        ("edge", "10.90.0.0/24", "eu-central-1a"),
        ("bench", "10.90.1.0/24", "eu-central-1b"),
    )
]
guard = aws.ec2.SecurityGroup(
    "guard",
    description="What leaves the lab",
    vpc_id=lab.id,
    ingress=[{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": [lab.cidr_block]}],
    tags=labels,
)
port = aws.ec2.NetworkInterface(
    "port", subnet_id=rooms[0].id, security_groups=[guard.id], source_dest_check=False, tags=labels
)
aws.ec2.Instance(
    "router",
    ami="ami-0a1b2c3d4e5f60718",
    instance_type="t4g.nano",
    primary_network_interface={"network_interface_id": port.id},
    metadata_options={"http_tokens": "required", "http_put_response_hop_limit": 1},
    root_block_device={"encrypted": True},
    tags=labels,
)
outside = aws.ec2.RouteTable(
    "outside", vpc_id=lab.id, routes=[{"cidr_block": "0.0.0.0/0", "gateway_id": door.id}], tags=labels
)
inside = aws.ec2.RouteTable(
    "inside",
    vpc_id=lab.id,
    routes=[{"cidr_block": "0.0.0.0/0", "network_interface_id": port.id}],
    tags=labels,
)
aws.ec2.RouteTableAssociation("edge", subnet_id=rooms[0].id, route_table_id=outside.id)
aws.ec2.MainRouteTableAssociation("inside", vpc_id=lab.id, route_table_id=inside.id)
