"""A VPC with a public and a private subnet in each availability zone, and its flow logs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from components.labels import Labels
from components.table_route import through_gateway
from components.vpc import Vpc
from model.arns import Place


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """What a network is made of. Subnets are given by availability zone.

    `nat_gateways` puts a managed NAT gateway into each public subnet and points the zone's private route
    table at it. `encryption_key_arn` is the KMS key of the flow logs' group.
    """

    labels: Labels
    place: Place
    cidr: IPv4Network
    public_subnets: Mapping[str, IPv4Network]
    private_subnets: Mapping[str, IPv4Network]
    flow_log_traffic: str
    flow_log_retention_days: int
    encryption_key_arn: pulumi.Input[str]
    nat_gateways: bool = False


class Network(pulumi.ComponentResource):
    """A VPC with DNS, an internet gateway, and a route table for each private subnet.

    Private subnets have a route table each, so that a route that follows a server can differ by zone. The
    default security group allows nothing (Security Hub EC2.2), and flow logs go to CloudWatch (EC2.6).
    """

    vpc: Vpc

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("aws-vpn:network:Network", name, {"cidr": str(args.cidr)}, opts)
        self._name, self._args = name, args
        self._own = pulumi.ResourceOptions(parent=self)
        self._vpc_id = aws.ec2.Vpc(
            name,
            cidr_block=str(args.cidr),
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=args.labels.tagged(name),
            opts=self._own,
        ).id
        aws.ec2.DefaultSecurityGroup(
            f"{name}-default", vpc_id=self._vpc_id, tags=args.labels.tagged(f"{name}-default"), opts=self._own
        )
        self._public_subnet_ids = self._subnets("public", args.public_subnets)
        private_subnet_ids = self._subnets("private", args.private_subnets)
        public_table, self._internet_access = self._public_routes()
        self._private_tables = {
            zone: self._private_routes(f"private-{zone[-1]}", subnet)
            for zone, subnet in private_subnet_ids.items()
        }
        nat_gateway_ids = dict(self._nat_gateways()) if args.nat_gateways else {}
        self._flow_logs()
        private = {f"private-{zone[-1]}": table for zone, table in self._private_tables.items()}
        self.vpc = Vpc(
            id=self._vpc_id,
            cidrs=(args.cidr,),
            public_subnet_ids=self._public_subnet_ids,
            private_subnet_ids=private_subnet_ids,
            site_tables=private,
            client_tables={"public": public_table, **private},
            private_tables=private,
            internet_access=self._internet_access,
            nat_gateway_ids=nat_gateway_ids,
        )
        self.register_outputs(
            {
                "vpcId": self._vpc_id,
                "cidr": str(args.cidr),
                "publicSubnetIds": self._public_subnet_ids,
                "privateSubnetIds": private_subnet_ids,
                "privateRouteTableIds": {zone: table.id for zone, table in self._private_tables.items()},
            }
        )

    def _subnets(self, tier: str, cidrs: Mapping[str, IPv4Network]) -> dict[str, pulumi.Output[str]]:
        return {
            zone: aws.ec2.Subnet(
                f"{self._name}-{tier}-{zone[-1]}",
                vpc_id=self._vpc_id,
                availability_zone=zone,
                cidr_block=str(cidr),
                map_public_ip_on_launch=False,
                tags=self._args.labels.tagged(f"{tier}-{zone[-1]}", Tier=tier),
                opts=self._own,
            ).id
            for zone, cidr in cidrs.items()
        }

    def _private_routes(self, part: str, subnet_id: pulumi.Output[str]) -> aws.ec2.RouteTable:
        table = aws.ec2.RouteTable(
            f"{self._name}-{part}",
            vpc_id=self._vpc_id,
            tags=self._args.labels.tagged(part),
            opts=self._own,
        )
        aws.ec2.RouteTableAssociation(
            f"{self._name}-{part}", route_table_id=table.id, subnet_id=subnet_id, opts=self._own
        )
        return table

    def _public_routes(self) -> tuple[aws.ec2.RouteTable, list[pulumi.Resource]]:
        """The table, and what must be there before a host in a public subnet has access to the internet."""
        name = f"{self._name}-public"
        gateway = aws.ec2.InternetGateway(
            self._name, vpc_id=self._vpc_id, tags=self._args.labels.tagged(self._name), opts=self._own
        )
        table = aws.ec2.RouteTable(
            name, vpc_id=self._vpc_id, tags=self._args.labels.tagged("public"), opts=self._own
        )
        route = aws.ec2.Route(
            f"{name}-internet",
            route_table_id=table.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway.id,
            opts=self._own,
        )
        associations = [
            aws.ec2.RouteTableAssociation(
                f"{name}-{zone[-1]}", route_table_id=table.id, subnet_id=subnet_id, opts=self._own
            )
            for zone, subnet_id in self._public_subnet_ids.items()
        ]
        return table, [route, *associations]

    def _nat_gateways(self) -> Iterator[tuple[str, pulumi.Output[str]]]:
        for zone, table in self._private_tables.items():
            part = f"nat-{zone[-1]}"
            name = f"{self._name}-{part}"
            address = aws.ec2.Eip(name, domain="vpc", tags=self._args.labels.tagged(part), opts=self._own)
            gateway = aws.ec2.NatGateway(
                name,
                allocation_id=address.id,
                subnet_id=self._public_subnet_ids[zone],
                tags=self._args.labels.tagged(part),
                # the address stays, and no second gateway gets it while the first is there
                opts=pulumi.ResourceOptions(
                    parent=self, depends_on=self._internet_access, delete_before_replace=True
                ),
            )
            through_gateway(f"private-{zone[-1]}", table, gateway, self)
            yield part, gateway.id

    def _flow_logs(self) -> None:
        name, labels = f"{self._name}-flow-logs", self._args.labels
        group = aws.cloudwatch.LogGroup(
            name,
            name=labels.names.path("flow-logs"),
            retention_in_days=self._args.flow_log_retention_days,
            kms_key_id=self._args.encryption_key_arn,
            tags=labels.tagged("flow-logs"),
            opts=self._own,
        )
        role = aws.iam.Role(
            name,
            name=labels.names.of("flow-logs"),
            assume_role_policy=json.dumps(_trusted_by_flow_logs(self._args.place)),
            tags=labels.tagged("flow-logs"),
            opts=self._own,
        )
        aws.iam.RolePolicy(
            name,
            role=role.name,
            policy=pulumi.Output.json_dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": [
                                "logs:CreateLogStream",
                                "logs:DescribeLogStreams",
                                "logs:PutLogEvents",
                            ],
                            "Resource": pulumi.Output.concat(group.arn, ":*"),
                        }
                    ],
                }
            ),
            opts=self._own,
        )
        aws.ec2.FlowLog(
            name,
            vpc_id=self._vpc_id,
            traffic_type=self._args.flow_log_traffic,
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            tags=labels.tagged("flow-logs"),
            opts=self._own,
        )


def _trusted_by_flow_logs(place: Place) -> dict[str, object]:
    """The flow logs of this account and region alone ("IAM role for publishing flow logs")."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": place.account},
                    "ArnLike": {"aws:SourceArn": place.arn("ec2", "vpc-flow-log/*")},
                },
            },
        ],
    }
