"""An Elastic IP, and the routes that go with it, on the healthy one of two servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

import pulumi
import pulumi_aws as aws

from components.failover_monitor import FailoverMonitor, FailoverMonitorArgs
from components.host_archives import HostArchives
from components.labels import Labels
from components.pair_metrics import SEND_STATEMENT
from components.server_pair import ServerPair
from components.table_route import through_servers
from components.vpc import RouteTable
from hosts.failover_monitor import MonitorHost
from model.names import METRIC_NAMESPACE


@dataclass(frozen=True, kw_only=True)
class FloatingIpArgs:
    """`destinations` are routed to the active server in each of `route_tables` (by part, `private-a`).

    `probe` and `timing` are those parts of the monitor's configuration (`hosts.failover_monitor`).
    `probe_secret_arn` is the secret that the probe needs, if any.
    """

    labels: Labels
    vpc_id: pulumi.Input[str]
    address: aws.ec2.Eip
    servers: ServerPair
    monitor: MonitorHost
    archives: HostArchives
    image_release: str | None
    route_tables: Mapping[str, RouteTable]
    destinations: Sequence[IPv4Network]
    monitor_subnet_ids: Sequence[pulumi.Input[str]]
    probe: Mapping[str, Any]
    probe_secret_arn: pulumi.Input[str] | None
    timing: Mapping[str, Any]
    alert_topic_arn: pulumi.Input[str]
    log_retention_days: int
    encryption_key_arn: pulumi.Input[str]


class FloatingIp(pulumi.ComponentResource):
    """The address and the routes that go with it belong to the monitor, which gives them to main first.

    The program says nothing of who holds the address, and names main for the routes only when it creates
    them: an update after a failover must not move the traffic back.
    """

    public_ip: pulumi.Output[str]
    alarm_arns: Sequence[pulumi.Output[str]]

    def __init__(self, name: str, args: FloatingIpArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        followers = {
            "mainInstanceId": args.servers.main.id,
            "standbyInstanceId": args.servers.standby.id,
            "routeTableIds": [table.id for table in args.route_tables.values()],
            "monitorSubnetIds": list(args.monitor_subnet_ids),
        }
        super().__init__("aws-vpn:failover:FloatingIp", name, followers, opts)
        self._name, self._args = name, args
        self._address = args.address
        self.public_ip = self._address.public_ip
        routes = [
            through_servers(part, table, destination, args.servers.main, name, self)
            for part, table in args.route_tables.items()
            for destination in args.destinations
        ]
        self.alarm_arns = self._monitor(routes).alarm_arns
        self.register_outputs({**followers, "publicIp": self.public_ip})

    def _monitor(self, routes: list[aws.ec2.Route]) -> FailoverMonitor:
        """The monitor, which ends before its routes: it makes those again that are gone."""
        name, args = f"{self._name}-monitor", self._args
        configuration = args.archives.put(
            f"{self._name}-configuration",
            args.labels,
            self,
            args.monitor.configuration,
            content=pulumi.Output.json_dumps(self._configuration(), separators=(",", ":")),
            content_type="application/json",
        )
        return FailoverMonitor(
            name,
            FailoverMonitorArgs(
                labels=args.labels,
                vpc_id=args.vpc_id,
                subnet_ids=args.monitor_subnet_ids,
                host=args.monitor,
                archives=args.archives,
                image_release=args.image_release,
                log_retention_days=args.log_retention_days,
                encryption_key_arn=args.encryption_key_arn,
                statements=self._permissions(configuration),
                metric_namespace=METRIC_NAMESPACE,
                alert_topic_arn=args.alert_topic_arn,
            ),
            pulumi.ResourceOptions(parent=self, depends_on=routes),
        )

    def _configuration(self) -> dict[str, Any]:
        args = self._args
        return {
            "name": self._name,
            "environment": args.labels.names.stack,
            "region": args.monitor.region,
            "allocationId": self._address.allocation_id,
            "main": _member(args.servers.main),
            "standby": _member(args.servers.standby),
            "routes": [
                {"routeTableId": table.id, "destination": str(destination)}
                for table in args.route_tables.values()
                for destination in args.destinations
            ],
            "probe": dict(args.probe),
            "timing": dict(args.timing),
            "topicArn": args.alert_topic_arn,
            "metricNamespace": METRIC_NAMESPACE,
        }

    def _permissions(self, configuration: aws.s3.BucketObjectv2) -> list[dict[str, Any]]:
        """Moving this address between these servers, these route tables' routes, and nothing else.

        Describe calls know no resources; `CreateTags` is left out on purpose, since it would defeat
        conditions on tags ("Actions, resources, and condition keys for Amazon EC2").
        """
        args = self._args
        servers = (args.servers.main, args.servers.standby)
        region = {"StringEquals": {"ec2:Region": args.monitor.region}}
        statements = [
            _allow(
                ["ec2:AssociateAddress"],
                [
                    self._address.arn,
                    *(server.arn for server in servers),
                    *(_interface_arn(server) for server in servers),
                ],
            ),
            _allow(
                [
                    "ec2:DescribeAddresses",
                    "ec2:DescribeInstances",
                    "ec2:DescribeNetworkInterfaces",
                    "ec2:DescribeRouteTables",
                ],
                "*",
                region,
            ),
            SEND_STATEMENT,
            args.archives.read_statement(configuration),
            _allow(["sns:Publish"], args.alert_topic_arn),
            _allow(
                ["kms:Decrypt", "kms:GenerateDataKey"],
                args.encryption_key_arn,
                {"StringEquals": {"kms:ViaService": f"sns.{args.monitor.region}.amazonaws.com"}},
            ),
        ]
        if args.destinations:
            # IAM knows tables, and no destinations: one that somebody has deleted is made again.
            tables = [table.arn for table in args.route_tables.values()]
            statements.append(_allow(["ec2:CreateRoute", "ec2:ReplaceRoute"], tables))
        if args.probe_secret_arn is not None:
            statements.append(_allow(["secretsmanager:GetSecretValue"], args.probe_secret_arn))
        return statements


def _member(server: aws.ec2.Instance) -> dict[str, pulumi.Output[str]]:
    return {"instanceId": server.id, "networkInterfaceId": server.primary_network_interface_id}


def _allow(actions: list[str], resource: Any, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return statement if condition is None else {**statement, "Condition": condition}


def _interface_arn(server: aws.ec2.Instance) -> pulumi.Output[str]:
    """The server's network interface; its ARN differs from the instance's in the last part alone."""
    return pulumi.Output.all(server.arn, server.primary_network_interface_id).apply(
        lambda parts: f"{parts[0].rsplit(':', 1)[0]}:network-interface/{parts[1]}"
    )
