"""A VPC as somebody made it by hand, with EC2's own calls alone, and all that EC2 says of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ZONES = ("eu-central-1a", "eu-central-1b")
CIDR, SECONDARY = "10.60.0.0/16", "100.66.0.0/16"


@dataclass
class ExistingVpc:
    """Public and private subnets in two zones, one of them in the secondary block, and a database's subnet.

    The private ones share a route table; the database's has none of its own, and so the main one.
    """

    ec2: Any
    id: str = ""
    subnets: dict[str, str] = field(default_factory=dict[str, str])
    tables: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        self.id = self.ec2.create_vpc(CidrBlock=CIDR)["Vpc"]["VpcId"]
        self.ec2.associate_vpc_cidr_block(VpcId=self.id, CidrBlock=SECONDARY)
        for name, zone, cidr in (
            ("public-a", ZONES[0], "10.60.0.0/24"),
            ("public-b", ZONES[1], "10.60.1.0/24"),
            ("app-a", ZONES[0], "10.60.10.0/24"),
            ("app-b", ZONES[1], "100.66.10.0/24"),
            ("database", ZONES[0], "10.60.20.0/24"),
        ):
            self.subnets[name] = self._subnet(name, zone, cidr)
        self._tag(self.subnets["app-a"], Tier="private")
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.id)
        self._table("out", "public-a", "public-b")
        self._table("app", "app-a", "app-b")
        self.ec2.create_route(
            RouteTableId=self.tables["out"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway
        )

    def described(self) -> dict[str, Any]:
        """All that EC2 says of the VPC and what is in it; VPGs that are deleted are listed for a while."""
        here = [{"Name": "vpc-id", "Values": [self.id]}]
        attached = [{"Name": "attachment.vpc-id", "Values": [self.id]}]
        found = {
            "vpc": self.ec2.describe_vpcs(VpcIds=[self.id])["Vpcs"],
            "subnets": self.ec2.describe_subnets(Filters=here)["Subnets"],
            "tables": self.ec2.describe_route_tables(Filters=here)["RouteTables"],
            "gateways": self.ec2.describe_internet_gateways(Filters=attached)["InternetGateways"],
            "vpgs": self.ec2.describe_vpn_gateways(
                Filters=[*attached, {"Name": "state", "Values": ["pending", "available"]}]
            )["VpnGateways"],
            "groups": self.ec2.describe_security_groups(Filters=here)["SecurityGroups"],
            "lists": self.ec2.describe_network_acls(Filters=here)["NetworkAcls"],
            "interfaces": self.ec2.describe_network_interfaces(Filters=here)["NetworkInterfaces"],
            "logs": self.ec2.describe_flow_logs(Filters=[{"Name": "resource-id", "Values": [self.id]}])[
                "FlowLogs"
            ],
        }
        for attribute in ("enableDnsSupport", "enableDnsHostnames"):
            answer = self.ec2.describe_vpc_attribute(VpcId=self.id, Attribute=attribute)
            found[attribute] = {key: value for key, value in answer.items() if key != "ResponseMetadata"}
        return found

    def _subnet(self, name: str, zone: str, cidr: str) -> str:
        made = self.ec2.create_subnet(VpcId=self.id, AvailabilityZone=zone, CidrBlock=cidr)
        self._tag(made["Subnet"]["SubnetId"], Name=name)
        return made["Subnet"]["SubnetId"]

    def _table(self, name: str, *subnets: str) -> None:
        table = self.ec2.create_route_table(VpcId=self.id)["RouteTable"]["RouteTableId"]
        self.tables[name] = table
        for subnet in subnets:
            self.ec2.associate_route_table(RouteTableId=table, SubnetId=self.subnets[subnet])

    def _tag(self, id_: str, **tags: str) -> None:
        self.ec2.create_tags(Resources=[id_], Tags=[{"Key": key, "Value": tags[key]} for key in tags])
