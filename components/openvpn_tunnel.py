"""An OpenVPN tunnel: main and standby servers behind one Elastic IP, and the secrets that they read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.elastic_address import elastic_address
from components.floating_ip import FloatingIp, FloatingIpArgs
from components.host_archives import HostArchives
from components.host_security_group import (
    ANYWHERE,
    HostSecurityGroup,
    HostSecurityGroupArgs,
    Ingress,
    from_vpc,
)
from components.labels import Labels
from components.log_alarm import LogAlarmArgs, log_alarm
from components.pair_metrics import PairMetrics, PairMetricsArgs
from components.server_pair import ServerPair, ServerPairArgs
from components.vpc import RouteTable
from hosts.failover_monitor import MonitorHost
from hosts.openvpn_server import ServerHost, content
from hosts.openvpn_server.firewall import FLOOD_PREFIX
from hosts.openvpn_server.units import FETCH_IDENTIFIER

TYPE = "aws-vpn:openvpn:OpenVpnTunnel"


@dataclass(frozen=True, kw_only=True)
class LogAlarm:
    """An alarm on a line in the servers' log: more than `threshold` of them in each of `periods` periods.

    The pattern is one of words (CloudWatch Logs, "Filter pattern syntax"), the first of which is the program
    that wrote the line. OpenVPN logs what strangers say of themselves; a term alone would match that, too.
    """

    part: str
    pattern: str
    description: str
    threshold: int = 0
    period_seconds: int = 300
    periods: int = 1


LOG_ALARMS = (
    LogAlarm(
        part="fetch",
        pattern=f'[program="{FETCH_IDENTIFIER}:", failed="{FETCH_IDENTIFIER}:", ...]',
        description="a server cannot get its keys or the revocation list, and may let in who was revoked",
        threshold=4,
        periods=2,
    ),
    LogAlarm(
        part="flood",
        pattern=f'[program="kernel:", flood="{FLOOD_PREFIX.strip()}", ...]',
        description="strangers send many first packets or connections, which the servers refuse",
    ),
)

SECRET_RECOVERY_DAYS = 7
"""The shortest time that Secrets Manager keeps a deleted secret, other than none (DeleteSecret).

An environment that is not protected keeps none: its name would be taken for that long, and it could not be
deployed again. One that is protected refuses to delete them: the time is for what happens beside Pulumi. The
keys themselves are safe with their authority, which can publish them any time.
"""


@dataclass(frozen=True, kw_only=True)
class OpenVpnTunnelArgs:
    """`host` is the servers' configuration; `subnet_ids` are main's and standby's public subnets.

    The VPC's hosts reach clients and offices through `route_tables` (by part, `private-a`). `protected`
    refuses to delete the secrets, and keeps them for a while if they are deleted all the same.
    """

    labels: Labels
    host: ServerHost
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
    protected: bool


class OpenVpnTunnel(pulumi.ComponentResource):
    """Clients and offices reach the permitted networks of the VPC through whichever server is active.

    The program makes the secrets empty: keys come from `access publish` and are never in Pulumi's state.
    """

    public_ip: pulumi.Output[str]
    alarm_arns: Sequence[pulumi.Output[str]]

    def __init__(
        self, name: str, args: OpenVpnTunnelArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        claims = {
            "clientPool": str(args.host.client_pool),
            "officeLans": [str(lan) for lan in args.host.office_networks],
        }
        super().__init__(TYPE, name, claims, opts)
        self._name, self._args = name, args
        self._own = pulumi.ResourceOptions(parent=self)
        secrets = {kind: self._secret(kind) for kind in ("server", "crl", "probe")}
        self._address = elastic_address(name, args.labels, self, TYPE)
        servers = self._servers(secrets)
        floating = FloatingIp(
            name,
            FloatingIpArgs(
                labels=args.labels,
                vpc_id=args.vpc_id,
                address=self._address,
                servers=servers,
                monitor=args.monitor,
                archives=args.archives,
                image_release=args.image_release,
                route_tables=args.route_tables,
                destinations=(args.host.client_pool, *args.host.office_networks),
                monitor_subnet_ids=args.monitor_subnet_ids,
                probe={
                    "kind": "openvpn",
                    "protocol": args.host.protocol,
                    "port": args.host.port,
                    "keySecret": args.labels.names.openvpn_secret(args.host.tunnel, "probe"),
                },
                probe_secret_arn=secrets["probe"].arn,
                timing=args.timing,
                alert_topic_arn=args.alert_topic_arn,
                log_retention_days=args.log_retention_days,
                encryption_key_arn=args.encryption_key_arn,
            ),
            self._own,
        )
        metrics = PairMetrics(
            name,
            PairMetricsArgs(labels=args.labels, kind="openvpn", alert_topic_arn=args.alert_topic_arn),
            self._own,
        )
        self.alarm_arns = [
            servers.alarm_arn,
            *floating.alarm_arns,
            *metrics.alarm_arns,
            *(self._log_alarm(alarm, servers) for alarm in LOG_ALARMS),
        ]
        self.public_ip = self._address.public_ip
        self.register_outputs({**claims, "publicIp": self.public_ip})

    def _secret(self, kind: str) -> aws.secretsmanager.Secret:
        name = f"{self._name}-{kind}"
        return aws.secretsmanager.Secret(
            name,
            name=self._args.labels.names.openvpn_secret(self._args.host.tunnel, kind),
            description=f"OpenVPN tunnel {self._args.host.tunnel}: {kind}, written by access publish",
            recovery_window_in_days=SECRET_RECOVERY_DAYS if self._args.protected else 0,
            tags=self._args.labels.tagged(name),
            opts=pulumi.ResourceOptions(parent=self, protect=self._args.protected),
        )

    def _servers(self, secrets: Mapping[str, aws.secretsmanager.Secret]) -> ServerPair:
        name, args = self._name, self._args
        return ServerPair(
            name,
            ServerPairArgs(
                labels=args.labels,
                subnet_ids=args.subnet_ids,
                security_group_id=self._security_group().id,
                instance_type=args.instance_type,
                image_release=args.image_release,
                content=content(args.host),
                archives=args.archives,
                address=self._address,
                region=args.host.region,
                alert_topic_arn=args.alert_topic_arn,
                log_group=args.host.log_group,
                log_retention_days=args.log_retention_days,
                encryption_key_arn=args.encryption_key_arn,
                statements=[
                    {
                        "Effect": "Allow",
                        "Action": ["secretsmanager:GetSecretValue"],
                        "Resource": [secret.arn for secret in secrets.values()],
                    }
                ],
            ),
            self._own,
        )

    def _log_alarm(self, alarm: LogAlarm, servers: ServerPair) -> pulumi.Output[str]:
        args = self._args
        return log_alarm(
            f"{self._name}-{alarm.part}",
            LogAlarmArgs(
                labels=args.labels,
                log_group=args.host.log_group,
                pattern=alarm.pattern,
                description=f"OpenVPN tunnel {args.host.tunnel}: {alarm.description}",
                threshold=alarm.threshold,
                period_seconds=alarm.period_seconds,
                periods=alarm.periods,
                alert_topic_arn=args.alert_topic_arn,
            ),
            self,
            after=servers,
        )

    def _security_group(self) -> HostSecurityGroup:
        host = self._args.host
        return HostSecurityGroup(
            self._name,
            HostSecurityGroupArgs(
                labels=self._args.labels,
                vpc_id=self._args.vpc_id,
                description=f"OpenVPN tunnel {host.tunnel}: the VPN port, and what the VPC sends to clients",
                ingress=(
                    Ingress(
                        part="vpn",
                        description="OpenVPN from anywhere",
                        cidr=ANYWHERE,
                        protocol=host.protocol,
                        port=host.port,
                    ),
                    *from_vpc(
                        host.vpc_cidrs, "The VPC towards clients and offices, and the probes of the monitor"
                    ),
                ),
            ),
            self._own,
        )
