"""VPNs as people make them in the console or with boto3, by nothing of this program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

OF_ITS_OWN = "of its own"
"""An address that no other router has."""


@dataclass
class Account:
    """One account's region, seen through boto3."""

    ec2: Any
    cloudwatch: Any
    _routers: Iterator[int] = field(default_factory=partial(count, 1))

    def vpc(self, cidr: str = "10.60.0.0/16", name: str | None = "office", more: Sequence[str] = ()) -> str:
        """A VPC, with further blocks."""
        vpc = self.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
        for block in more:
            self.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock=block)
        self.tag(vpc, name)
        return vpc

    def subnet(self, vpc: str, cidr: str, zone: str = "eu-central-1a", *, public: bool = False) -> str:
        """A subnet with a route table of its own, whose id it is; a public one leads to the internet."""
        made = self.ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone)
        subnet = made["Subnet"]["SubnetId"]
        table = self.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        if public:
            gateway = self._internet_gateway(vpc)
            self.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        return table

    def vpg(self, vpc: str | None, asn: int = 64512, name: str | None = None) -> str:
        """A VPG, attached or not."""
        vpg = self.ec2.create_vpn_gateway(Type="ipsec.1", AmazonSideAsn=asn)["VpnGateway"]["VpnGatewayId"]
        if vpc:
            self.ec2.attach_vpn_gateway(VpnGatewayId=vpg, VpcId=vpc)
        self.tag(vpg, name)
        return vpg

    def gateway(self, ip: str | None = OF_ITS_OWN, asn: int = 65000, **more: Any) -> str:
        """A customer gateway. To a second one of the same address and ASN AWS answers with the first."""
        address = {"IpAddress": f"198.51.100.{next(self._routers)}" if ip == OF_ITS_OWN else ip} if ip else {}
        made = self.ec2.create_customer_gateway(Type="ipsec.1", BgpAsn=asn, **address, **more)
        return made["CustomerGateway"]["CustomerGatewayId"]

    def connection(self, vpg: str, gateway: str, **how: Any) -> str:
        """A connection; `how` is as `Connection` has it."""
        asked = Connection(**how)
        options = {
            "StaticRoutesOnly": asked.routes is not None,
            "TunnelOptions": [dict(one) for one in asked.tunnels],
            **asked.options,
        }
        made = self.ec2.create_vpn_connection(
            Type="ipsec.1", CustomerGatewayId=gateway, VpnGatewayId=vpg, Options=options, **asked.more
        )
        ident = made["VpnConnection"]["VpnConnectionId"]
        for route in asked.routes or ():
            self.ec2.create_vpn_connection_route(VpnConnectionId=ident, DestinationCidrBlock=route)
        self.tag(ident, asked.name)
        return ident

    def propagate(self, vpg: str, *tables: str) -> None:
        """Let route tables learn the VPG's routes."""
        for table in tables:
            self.ec2.enable_vgw_route_propagation(GatewayId=vpg, RouteTableId=table)

    def tag(self, ident: str, name: str | None, **more: str) -> None:
        """A `Name` and other tags, as far as they are given."""
        tags = {**({"Name": name} if name else {}), **more}
        if tags:
            listed = [{"Key": key, "Value": value} for key, value in tags.items()]
            self.ec2.create_tags(Resources=[ident], Tags=listed)

    def alarm(self, connection: str, name: str) -> None:
        """An alarm on a connection that is down."""
        self.cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/VPN",
            MetricName="TunnelState",
            Dimensions=[{"Name": "VpnId", "Value": connection}],
            Statistic="Maximum",
            Period=300,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="LessThanThreshold",
        )

    def described(self) -> dict[str, Any]:
        """Everything that carries traffic, and its tags and alarms, as AWS describes it, without times."""
        lists = {
            "Vpcs": "describe_vpcs",
            "Subnets": "describe_subnets",
            "RouteTables": "describe_route_tables",
            "VpnGateways": "describe_vpn_gateways",
            "CustomerGateways": "describe_customer_gateways",
            "VpnConnections": "describe_vpn_connections",
            "InternetGateways": "describe_internet_gateways",
            "SecurityGroups": "describe_security_groups",
            "NetworkAcls": "describe_network_acls",
        }
        found = {key: getattr(self.ec2, operation)()[key] for key, operation in lists.items()}
        return _plain({**found, "MetricAlarms": self.cloudwatch.describe_alarms()["MetricAlarms"]})

    def _internet_gateway(self, vpc: str) -> str:
        here = [{"Name": "attachment.vpc-id", "Values": [vpc]}]
        found = self.ec2.describe_internet_gateways(Filters=here)["InternetGateways"]
        if found:
            return found[0]["InternetGatewayId"]
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        return gateway


@dataclass(frozen=True)
class Connection:
    """How a connection is made. With `routes` it is static."""

    routes: Sequence[str] | None = ("192.168.160.0/24",)
    tunnels: Sequence[Mapping[str, Any]] = ({}, {})
    name: str | None = "Berlin"
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])


_TIMES = frozenset({"LastStatusChange", "StateUpdatedTimestamp", "StateTransitionedTimestamp"})


def _plain(value: Any) -> Any:
    """A description without when its state was looked at."""
    if isinstance(value, dict):
        mapping: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
        return {key: _plain(inner) for key, inner in mapping.items() if key not in _TIMES}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType]
