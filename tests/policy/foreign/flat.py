"""Two plants on one VPC, in one flat file: one over BGP, one over static routes."""

import json
from typing import Any

import pulumi
import pulumi_aws as aws

tags = {"Project": "plants", "Environment": "live", "Owner": "ot", "CostCenter": "42"}

main = aws.ec2.Vpc("main", cidr_block="10.80.0.0/16", tags=tags)
extra = aws.ec2.VpcIpv4CidrBlockAssociation("extra", vpc_id=main.id, cidr_block="100.80.0.0/16")
flow_group = aws.cloudwatch.LogGroup("flow", name="/plants/flow", retention_in_days=30, tags=tags)
flow_role = aws.iam.Role(
    "flow",
    name="plants-flow",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    ),
    tags=tags,
)
aws.ec2.FlowLog(
    "flow",
    vpc_id=main.id,
    traffic_type="REJECT",
    log_destination_type="cloud-watch-logs",
    log_destination=flow_group.arn,
    iam_role_arn=flow_role.arn,
    tags=tags,
)
aws.ec2.DefaultSecurityGroup("closed", vpc_id=main.id, tags=tags)

vpg = aws.ec2.VpnGateway(
    "vpg", amazon_side_asn="64700", tags=tags, opts=pulumi.ResourceOptions(protect=False)
)
attached = aws.ec2.VpnGatewayAttachment("vpg", vpc_id=main.id, vpn_gateway_id=vpg.id)

for number, zone in enumerate(("eu-central-1a", "eu-central-1c")):
    subnet = aws.ec2.Subnet(
        f"machines-{number}",
        vpc_id=main.id,
        cidr_block=f"10.80.{16 * number}.0/20",
        availability_zone=zone,
        tags=tags,
    )
    table = aws.ec2.RouteTable(f"machines-{number}", vpc_id=main.id, tags=tags)
    aws.ec2.RouteTableAssociation(f"machines-{number}", subnet_id=subnet.id, route_table_id=table.id)
    aws.ec2.VpnGatewayRoutePropagation(
        f"machines-{number}", vpn_gateway_id=attached.vpn_gateway_id, route_table_id=table.id
    )

logs = aws.cloudwatch.LogGroup("tunnels", name="/plants/tunnels", retention_in_days=30, tags=tags)
log_options = {"cloudwatch_log_options": {"log_enabled": True, "log_group_arn": logs.arn}}
crypto: dict[str, Any] = {
    f"tunnel{tunnel}_{option}": value
    for tunnel in (1, 2)
    for option, value in {
        "ike_versions": ["ikev2"],
        "phase1_encryption_algorithms": ["AES256"],
        "phase2_encryption_algorithms": ["AES256"],
        "phase1_integrity_algorithms": ["SHA2-512"],
        "phase2_integrity_algorithms": ["SHA2-512"],
        "phase1_dh_group_numbers": [14],
        "phase2_dh_group_numbers": [14],
        "dpd_timeout_action": "restart",
        "log_options": log_options,
    }.items()
}
plants = {"graz": ("198.51.100.70", None), "linz": ("198.51.100.71", "65070")}
for number, (plant, (address, asn)) in enumerate(plants.items()):
    router = aws.ec2.CustomerGateway(plant, type="ipsec.1", ip_address=address, bgp_asn=asn, tags=tags)
    connection = aws.ec2.VpnConnection(
        plant,
        type="ipsec.1",
        vpn_gateway_id=attached.vpn_gateway_id,
        customer_gateway_id=router.id,
        static_routes_only=asn is None,
        tunnel1_inside_cidr=f"169.254.80.{8 * number}/30",
        tunnel2_inside_cidr=f"169.254.80.{8 * number + 4}/30",
        tags=tags,
        **crypto,
    )
    if asn is None:
        aws.ec2.VpnConnectionRoute(
            plant, vpn_connection_id=connection.id, destination_cidr_block="192.168.180.0/24"
        )
    aws.cloudwatch.MetricAlarm(
        plant,
        namespace="AWS/VPN",
        metric_name="TunnelState",
        dimensions={"VpnId": connection.id},
        statistic="Minimum",
        comparison_operator="LessThanThreshold",
        threshold=1,
        period=300,
        evaluation_periods=1,
        tags=tags,
    )
