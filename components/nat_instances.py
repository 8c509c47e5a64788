"""NAT instances: the private subnets' way to the internet, with the VPN servers' failover."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.elastic_address import elastic_address
from components.floating_ip import FloatingIp, FloatingIpArgs
from components.host_archives import HostArchives
from components.host_security_group import HostSecurityGroup, HostSecurityGroupArgs, from_vpc
from components.labels import Labels
from components.pair_metrics import PairMetrics, PairMetricsArgs
from components.server_pair import ServerPair, ServerPairArgs
from components.table_route import INTERNET
from components.vpc import RouteTable
from hosts.failover_monitor import MonitorHost
from hosts.nat import NatHost, content

TYPE = "aws-vpn:nat:NatInstances"


@dataclass(frozen=True, kw_only=True)
class NatInstancesArgs:
    """`subnet_ids` are main's and standby's public subnets; `route_tables` are by part (`private-a`)."""

    labels: Labels
    host: NatHost
    monitor: MonitorHost
    archives: HostArchives
    instance_type: str
    image_release: str | None
    log_retention_days: int
    encryption_key_arn: pulumi.Input[str]
    vpc_id: pulumi.Input[str]
    subnet_ids: tuple[pulumi.Input[str], pulumi.Input[str]]
    monitor_subnet_ids: Sequence[pulumi.Input[str]]
    route_tables: Mapping[str, RouteTable]
    timing: Mapping[str, Any]
    alert_topic_arn: pulumi.Input[str]


class NatInstances(pulumi.ComponentResource):
    """Main and standby NAT; the default route of every private route table follows the active one."""

    public_ip: pulumi.Output[str]
    alarm_arns: Sequence[pulumi.Output[str]]

    def __init__(self, name: str, args: NatInstancesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(TYPE, name, None, opts)
        self._name, self._args = name, args
        self._own = pulumi.ResourceOptions(parent=self)
        address = elastic_address(name, args.labels, self, TYPE)
        servers = ServerPair(
            name,
            ServerPairArgs(
                labels=args.labels,
                subnet_ids=args.subnet_ids,
                security_group_id=self._security_group().id,
                instance_type=args.instance_type,
                image_release=args.image_release,
                content=content(args.host),
                archives=args.archives,
                address=address,
                region=args.host.region,
                alert_topic_arn=args.alert_topic_arn,
                log_group=args.host.log_group,
                log_retention_days=args.log_retention_days,
                encryption_key_arn=args.encryption_key_arn,
                statements=(),
            ),
            self._own,
        )
        floating = FloatingIp(
            name,
            FloatingIpArgs(
                labels=args.labels,
                vpc_id=args.vpc_id,
                address=address,
                servers=servers,
                monitor=args.monitor,
                archives=args.archives,
                image_release=args.image_release,
                route_tables=args.route_tables,
                destinations=(INTERNET,),
                monitor_subnet_ids=args.monitor_subnet_ids,
                probe={"kind": "nat", "port": args.host.probe_port},
                probe_secret_arn=None,
                timing=args.timing,
                alert_topic_arn=args.alert_topic_arn,
                log_retention_days=args.log_retention_days,
                encryption_key_arn=args.encryption_key_arn,
            ),
            self._own,
        )
        metrics = PairMetrics(
            name,
            PairMetricsArgs(labels=args.labels, kind="nat", alert_topic_arn=args.alert_topic_arn),
            self._own,
        )
        self.alarm_arns = [servers.alarm_arn, *floating.alarm_arns, *metrics.alarm_arns]
        self.public_ip = address.public_ip
        self.register_outputs({"publicIp": self.public_ip})

    def _security_group(self) -> HostSecurityGroup:
        return HostSecurityGroup(
            self._name,
            HostSecurityGroupArgs(
                labels=self._args.labels,
                vpc_id=self._args.vpc_id,
                description="NAT: what the VPC sends to the internet",
                ingress=from_vpc(
                    self._args.host.vpc_cidrs, "The private subnets, and the probes of the monitor"
                ),
            ),
            self._own,
        )
