"""Which components an environment gets, and how they connect."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import pulumi
import pulumi_aws as aws

from components.alert_topic import AlertTopic, AlertTopicArgs
from components.dashboard import Dashboard, DashboardArgs
from components.encryption_key import EncryptionKey, EncryptionKeyArgs
from components.existing_network import ExistingNetwork, ExistingNetworkArgs
from components.hardware_vpn import HardwareVpn, HardwareVpnArgs
from components.health_alerts import HealthAlerts, HealthAlertsArgs
from components.host_archives import HostArchives, HostArchivesArgs
from components.labels import Labels
from components.nat_instances import NatInstances, NatInstancesArgs
from components.network import Network, NetworkArgs
from components.openvpn_tunnel import OpenVpnTunnel, OpenVpnTunnelArgs
from components.vpc import Vpc
from model.arns import Place
from model.dashboard_body import Kind, Shown, ShownSite
from model.names import EnvironmentNames
from model.tunnel_changes import ONE_AT_A_TIME, TunnelChanges
from stacks.existing.checks import Usable, usable
from stacks.existing.reading import VpcReader, read_vpc
from stacks.hosts import failover_monitor, nat_instance, openvpn_server
from stacks.quotas import name_problems
from stacks.sections.failover import FailoverSettings
from stacks.sections.hardware_vpn import HardwareVpnSettings
from stacks.sections.openvpn import OpenVpnSettings
from stacks.settings import Settings
from stacks.sites import adopted_vpg, site_args, site_export
from stacks.stack_file import SettingsError, stack_file_name
from stacks.verdict import after_verdict


class Environment:
    """A VPC, made or found by `reader`, and the VPNs and NAT that the settings ask for.

    Raises:
        SettingsError: AWS has no names for it, or the VPC cannot carry it; nothing is registered.
    """

    def __init__(
        self,
        stack: str,
        settings: Settings,
        changes: TunnelChanges = ONE_AT_A_TIME,
        reader: VpcReader = read_vpc,
    ) -> None:
        self._changes, self._reader = changes, reader
        problems = [*name_problems(stack, settings)]
        if problems:
            raise SettingsError(stack_file_name(stack), problems)
        self._labels = Labels(names=EnvironmentNames(stack), tags=settings.tags)
        self._place = Place(settings.region, settings.account or aws.get_caller_identity().account_id)
        self._existing = self._read_existing(settings)
        self._settings = settings = self._existing.settings if self._existing else settings
        self._judged = after_verdict(stack, settings)
        self._key = EncryptionKey(
            "encryption",
            EncryptionKeyArgs(labels=self._labels, place=self._place, protected=settings.deletion_protection),
            self._judged,
        )
        self._vpc = self._existing_network(self._existing) if self._existing else self._new_network()
        self._alerts = AlertTopic(
            "alerts",
            AlertTopicArgs(
                labels=self._labels,
                place=self._place,
                encryption_key_arn=self._key.arn,
                emails=settings.alerts.emails,
            ),
            self._judged,
        )
        self._hardware_vpn = settings.hardware_vpn and self._build_hardware_vpn(settings.hardware_vpn)
        self._tunnels = {tunnel.name: self._build_tunnel(tunnel) for tunnel in settings.open_vpn}
        self._nat = self._build_nat_instances() if settings.nat.mode == "instances" else None
        if settings.monitoring.dashboard:
            Dashboard("dashboard", DashboardArgs(labels=self._labels, shown=self._shown()), self._judged)

    def exports(self) -> dict[str, Any]:
        """What a user needs next, by the name of the stack's output."""
        exports: dict[str, Any] = {
            "network": {
                "vpcId": self._vpc.id,
                "cidr": str(self._settings.network.cidr),
                "publicSubnetIds": dict(self._vpc.public_subnet_ids),
                "privateSubnetIds": dict(self._vpc.private_subnet_ids),
            },
            "alertTopicArn": self._alerts.arn,
        }
        if self._settings.hardware_vpn and self._hardware_vpn:
            vpn, sites = self._settings.hardware_vpn, self._hardware_vpn.sites
            exports["hardwareVpn"] = {
                "region": self._settings.region,
                "vpcCidrs": [str(cidr) for cidr in self._vpc.cidrs],
                "vpgId": self._hardware_vpn.vpg_id,
                "amazonSideAsn": vpn.amazon_side_asn,
                "sites": {
                    site.name: {
                        "console": pulumi.Output.concat(
                            self._place.vpn_console(), sites[site.name].vpn_connection_id
                        ),
                        **site_export(site, sites[site.name]),
                    }
                    for site in vpn.sites
                },
            }
            exports["configurations"] = pulumi.Output.secret(
                {name: site.configuration for name, site in sites.items()}
            )
        if self._tunnels:
            exports["openVpn"] = {
                name: {"publicIp": tunnel.public_ip} for name, tunnel in self._tunnels.items()
            }
        if self._nat:
            exports["nat"] = {"publicIp": self._nat.public_ip}
        return exports

    def _read_existing(self, settings: Settings) -> Usable | None:
        network, stack = settings.network, self._labels.names.stack
        if network.existing is None:
            return None
        source = stack_file_name(stack)
        found = self._reader(source, network, network.existing, self._labels)
        return usable(source, settings, found, self._place.account)

    def _existing_network(self, existing: Usable) -> Vpc:
        choice = existing.choice
        ids = {tier: {zone: subnet.id for zone, subnet in by.items()} for tier, by in choice.subnets.items()}
        return ExistingNetwork(
            "network",
            ExistingNetworkArgs(
                place=self._place,
                vpc_id=existing.vpc_id,
                cidrs=self._settings.network.cidrs,
                public_subnets=ids["public"],
                private_subnets=ids["private"],
                site_tables=[table.id for table in choice.site_tables],
                client_tables=[table.id for table in choice.client_tables],
                private_tables=[table.id for table in choice.private_tables],
            ),
            self._judged,
        ).vpc

    def _new_network(self) -> Vpc:
        network = self._settings.network
        return Network(
            "network",
            NetworkArgs(
                labels=self._labels,
                place=self._place,
                cidr=network.cidr,
                public_subnets=network.blocks_of("public"),
                private_subnets=network.blocks_of("private"),
                flow_log_traffic=network.flow_logs.traffic,
                flow_log_retention_days=network.flow_logs.retention_days,
                encryption_key_arn=self._key.arn,
                nat_gateways=self._settings.nat.mode == "gateways",
            ),
            self._judged,
        ).vpc

    def _build_hardware_vpn(self, vpn: HardwareVpnSettings) -> HardwareVpn:
        HealthAlerts(
            "health",
            HealthAlertsArgs(labels=self._labels, alert_topic_arn=self._alerts.arn),
            self._judged,
        )
        return HardwareVpn(
            "hardware-vpn",
            HardwareVpnArgs(
                labels=self._labels,
                vpc_id=self._vpc.id,
                route_tables=self._vpc.site_tables,
                amazon_side_asn=vpn.amazon_side_asn,
                preshared_key_storage=vpn.preshared_key_storage,
                sites=tuple(site_args(vpn, site) for site in vpn.sites),
                tunnel_log_format=vpn.tunnel_logs.output_format,
                tunnel_log_retention_days=vpn.tunnel_logs.retention_days,
                encryption_key_arn=self._key.arn,
                alert_topic_arn=self._alerts.arn,
                tunnel_down_minutes=self._settings.alerts.tunnel_down_minutes,
                protected=self._settings.deletion_protection,
                adopted=vpn.adopted and adopted_vpg(vpn.adopted),
                changes=self._changes,
            ),
            self._judged,
        )

    @cached_property
    def _archives(self) -> HostArchives:
        """Made for the first host that asks; an environment without hosts has none."""
        return HostArchives(
            "host-archives", HostArchivesArgs(labels=self._labels, account=self._place.account), self._judged
        )

    def _build_tunnel(self, tunnel: OpenVpnSettings) -> OpenVpnTunnel:
        name, stack = f"openvpn-{tunnel.name}", self._labels.names.stack
        return OpenVpnTunnel(
            name,
            OpenVpnTunnelArgs(
                labels=self._labels,
                host=openvpn_server(stack, self._settings, tunnel),
                monitor=failover_monitor(stack, self._settings, name),
                archives=self._archives,
                instance_type=tunnel.instance_type,
                image_release=self._settings.host_image,
                log_retention_days=tunnel.log_retention_days,
                encryption_key_arn=self._key.arn,
                vpc_id=self._vpc.id,
                subnet_ids=self._server_subnets(tunnel.failover),
                monitor_subnet_ids=self._monitor_subnets(tunnel.failover),
                route_tables=self._vpc.client_tables,
                timing=tunnel.failover.timing(),
                alert_topic_arn=self._alerts.arn,
                protected=self._settings.deletion_protection,
            ),
            self._after_internet_access(),
        )

    def _build_nat_instances(self) -> NatInstances:
        nat, stack = self._settings.nat, self._labels.names.stack
        return NatInstances(
            "nat",
            NatInstancesArgs(
                labels=self._labels,
                host=nat_instance(stack, self._settings),
                monitor=failover_monitor(stack, self._settings, "nat"),
                archives=self._archives,
                instance_type=nat.instance_type,
                image_release=self._settings.host_image,
                log_retention_days=nat.log_retention_days,
                encryption_key_arn=self._key.arn,
                vpc_id=self._vpc.id,
                subnet_ids=self._server_subnets(nat.failover),
                monitor_subnet_ids=self._monitor_subnets(nat.failover),
                route_tables=self._vpc.private_tables,
                timing=nat.failover.timing(),
                alert_topic_arn=self._alerts.arn,
            ),
            self._after_internet_access(),
        )

    def _shown(self) -> Shown:
        vpn, nat = self._hardware_vpn, self._nat
        tunnels = {f"openvpn-{name}": tunnel for name, tunnel in self._tunnels.items()}
        pairs: dict[str, Kind] = dict.fromkeys(tunnels, "openvpn")
        if nat:
            pairs["nat"] = "nat"
        return Shown(
            environment=self._labels.names.stack,
            region=self._settings.region,
            sites=[
                ShownSite(
                    name=name,
                    vpn_connection_id=site.vpn_connection_id,
                    outside_addresses=site.outside_addresses,
                )
                for name, site in (vpn.sites.items() if vpn else ())
            ],
            pairs=pairs,
            nat_gateways=self._vpc.nat_gateway_ids,
            alarm_arns=[arn for one in (vpn, *tunnels.values(), nat) if one for arn in one.alarm_arns],
        )

    def _after_internet_access(self) -> pulumi.ResourceOptions:
        """Hosts install their packages once, when they first start; an Elastic IP needs the gateway."""
        return pulumi.ResourceOptions.merge(
            self._judged, pulumi.ResourceOptions(depends_on=self._vpc.internet_access)
        )

    def _server_subnets(self, failover: FailoverSettings) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        main, standby = failover.server_zones(self._settings.network.public_zones())
        return self._vpc.public_subnet_ids[main], self._vpc.public_subnet_ids[standby]

    def _monitor_subnets(self, failover: FailoverSettings) -> list[pulumi.Output[str]]:
        zones = failover.monitor_zones(self._settings.network.public_zones())
        return [self._vpc.public_subnet_ids[zone] for zone in zones]
