"""One virtual private gateway on a VPC, and a VPN connection of two IPsec tunnels to every site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import pulumi
import pulumi_aws as aws

from components.adopted import AdoptedVpgArgs
from components.labels import Labels
from components.site import ConnectedSite, SiteArgs
from components.tunnel_alarms import TunnelAlarmsArgs, tunnel_alarms
from components.vpc import RouteTable
from components.vpn_tunnels import (
    exported_options,
    held_inputs,
    one_tunnel_at_a_time,
    tunnel_inputs,
)
from model.tunnel_changes import ONE_AT_A_TIME, TunnelChanges

LARGEST_PLAIN_ASN = 2147483647
"""Up to here a customer gateway takes `bgpAsn`, above it `bgpAsnExtended` (EC2, CreateCustomerGateway)."""

STATIC_ASN = 65000
"""The ASN that AWS gives to a router without BGP (CreateCustomerGateway, default).

It is said all the same: the provider reads it back, and would replace a gateway that leaves it out at every
update (terraform-provider-aws, issue 39274).
"""


@dataclass(frozen=True, kw_only=True)
class HardwareVpnArgs:
    """The VPG, the route tables that learn its routes, and the sites.

    `route_tables` are by part (`private-a`). `protected` refuses to delete the VPG and the VPN
    connections. `tunnel_down_minutes`, in fives, is how long a tunnel may be down before the topic hears of
    it. `encryption_key_arn` is the KMS key of the tunnels' logs. `changes` says which tunnels may change.
    `adopted` is a VPG that was there before; sites that were too have it as well.
    """

    labels: Labels
    vpc_id: pulumi.Input[str]
    route_tables: Mapping[str, RouteTable]
    amazon_side_asn: int
    preshared_key_storage: str
    sites: tuple[SiteArgs, ...]
    tunnel_log_format: str
    tunnel_log_retention_days: int
    encryption_key_arn: pulumi.Input[str]
    alert_topic_arn: pulumi.Input[str]
    tunnel_down_minutes: int
    protected: bool
    changes: TunnelChanges = ONE_AT_A_TIME
    adopted: AdoptedVpgArgs | None = None


class HardwareVpn(pulumi.ComponentResource):
    """A VPG, and for each site a customer gateway, a VPN connection, its routes, logs and two alarms.

    All connections share one log group for their tunnels' logs, those with BGP another one for BGP's. The
    groups are there for tunnels that keep their own logs too: a tunnel that is changed alone makes none. The
    names start with `/aws/vendedlogs/` so that AWS's log delivery does not run into the size limit of
    CloudWatch's resource policy ("Site-to-Site VPN logs").

    A VPG or a connection that must be made anew is deleted first: a VPC takes no second VPG, and a VPG no
    second connection with the same inside blocks. A new VPG takes new connections: none can be without one.
    """

    vpg_id: pulumi.Output[str]
    sites: Mapping[str, ConnectedSite]
    alarm_arns: Sequence[pulumi.Output[str]]

    def __init__(self, name: str, args: HardwareVpnArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            "aws-vpn:vpn:HardwareVpn", name, {"onPremisesCidrs": _on_premises_cidrs(args.sites)}, opts
        )
        self._name, self._args = name, args
        self._own = pulumi.ResourceOptions(parent=self)
        self._kept = pulumi.ResourceOptions(parent=self, protect=args.protected, delete_before_replace=True)
        self._hooks = one_tunnel_at_a_time(name, args.labels.names.stack, args.changes)
        self._tunnel_logs = self._log_group("tunnels", args.labels.names.path(name))
        with_bgp = any(site.bgp_asn is not None for site in args.sites)
        self._bgp_logs = self._log_group("bgp", args.labels.names.path(f"{name}-bgp")) if with_bgp else None
        self.vpg_id = self._vpg()
        self._alarms: list[pulumi.Output[str]] = []
        self.sites = {site.name: self._connected(site) for site in args.sites}
        self.alarm_arns = self._alarms
        self.register_outputs(
            {
                "vpgId": self.vpg_id,
                "onPremisesCidrs": _on_premises_cidrs(args.sites),
                "vpnConnectionIds": {site: made.vpn_connection_id for site, made in self.sites.items()},
            }
        )

    def _log_group(self, part: str, path: str) -> pulumi.Output[str]:
        name = f"{self._name}-{part}"
        return aws.cloudwatch.LogGroup(
            name,
            name=f"/aws/vendedlogs{path}",
            retention_in_days=self._args.tunnel_log_retention_days,
            kms_key_id=self._args.encryption_key_arn,
            tags=self._args.labels.tagged(name),
            opts=self._own,
        ).arn

    def _vpg(self) -> pulumi.Output[str]:
        vpg = aws.ec2.VpnGateway(
            self._name,
            vpc_id=self._args.vpc_id,
            amazon_side_asn=str(self._args.amazon_side_asn),
            tags=self._args.labels.tagged(self._name),
            opts=_merged(self._kept, self._args.adopted and self._args.adopted.vpg_options()),
        )
        for part, table in self._args.route_tables.items():
            aws.ec2.VpnGatewayRoutePropagation(
                f"{self._name}-{part}",
                vpn_gateway_id=vpg.id,
                route_table_id=table.id,
                opts=_merged(self._own, self._args.adopted and self._args.adopted.propagation_options()),
            )
        return vpg.id

    def _connected(self, site: SiteArgs) -> ConnectedSite:
        name = f"{self._name}-{site.name}"
        gateway = self._site_gateway(name, site)
        connection = self._connection(name, site, gateway)
        if site.bgp_asn is None:
            for cidr in site.lan_cidrs:
                aws.ec2.VpnConnectionRoute(
                    f"{name}-{cidr}",
                    vpn_connection_id=connection.id,
                    destination_cidr_block=str(cidr),
                    opts=_merged(self._own, site.adopted and site.adopted.route_options(cidr)),
                )
        if not (site.adopted and self._args.adopted and self._args.adopted.keeps_alarms):
            self._alarms += tunnel_alarms(
                name,
                site.name,
                TunnelAlarmsArgs(
                    labels=self._args.labels,
                    vpn_connection_id=connection.id,
                    alert_topic_arn=self._args.alert_topic_arn,
                    down_minutes=self._args.tunnel_down_minutes,
                    tags=self._site_tags(name, site),
                ),
                self._own,
            )
        return ConnectedSite(
            customer_gateway_id=gateway.id,
            vpn_connection_id=connection.id,
            routing="static" if site.bgp_asn is None else "bgp",
            outside_addresses=(connection.tunnel1_address, connection.tunnel2_address),
            inside_cidrs=(connection.tunnel1_inside_cidr, connection.tunnel2_inside_cidr),
            tunnel_options=(
                exported_options(connection, 1, site.tunnels[0].options),
                exported_options(connection, 2, site.tunnels[1].options),
            ),
            configuration=pulumi.Output.secret(connection.customer_gateway_configuration),
        )

    def _site_gateway(self, name: str, site: SiteArgs) -> aws.ec2.CustomerGateway:
        if site.adopted and site.adopted.shared_gateway:
            return aws.ec2.CustomerGateway.get(name, site.adopted.customer_gateway_id, opts=self._own)
        return self._customer_gateway(name, site)

    def _customer_gateway(self, name: str, site: SiteArgs) -> aws.ec2.CustomerGateway:
        """The site's router. Its device name is this environment's own.

        To a second request of the same address, ASN and device name AWS answers with the first gateway, which
        two environments in one account would then share (CreateCustomerGateway).
        """
        asn = site.bgp_asn or STATIC_ASN
        extended = asn > LARGEST_PLAIN_ASN
        adopted = self._args.adopted
        return aws.ec2.CustomerGateway(
            name,
            type="ipsec.1",
            ip_address=None if site.public_ip is None else str(site.public_ip),
            certificate_arn=site.certificate_arn,
            device_name=self._args.labels.names.of(site.device_name or site.name),
            bgp_asn=None if extended else str(asn),
            bgp_asn_extended=str(asn) if extended else None,
            tags=self._site_tags(name, site),
            opts=_merged(
                self._own,
                adopted and adopted.gateway_options(site.adopted, static=site.bgp_asn is None),
            ),
        )

    def _connection(
        self, name: str, site: SiteArgs, gateway: aws.ec2.CustomerGateway
    ) -> aws.ec2.VpnConnection:
        first, second = (
            replace(
                tunnel, preshared_key=self._args.changes.new_key(site.name, number) or tunnel.preshared_key
            )
            for number, tunnel in enumerate(site.tunnels, start=1)
        )
        adopted = self._args.adopted
        return aws.ec2.VpnConnection(
            name,
            type="ipsec.1",
            vpn_gateway_id=self.vpg_id,
            customer_gateway_id=gateway.id,
            static_routes_only=site.bgp_asn is None,
            preshared_key_storage=None if site.certificate_arn else self._args.preshared_key_storage,
            **tunnel_inputs(1, first),
            tunnel1_log_options=None
            if self._keeps_logs(site)
            else aws.ec2.VpnConnectionTunnel1LogOptionsArgs(
                cloudwatch_log_options=aws.ec2.VpnConnectionTunnel1LogOptionsCloudwatchLogOptionsArgs(
                    **self._log_options(site)
                )
            ),
            **tunnel_inputs(2, second),
            tunnel2_log_options=None
            if self._keeps_logs(site)
            else aws.ec2.VpnConnectionTunnel2LogOptionsArgs(
                cloudwatch_log_options=aws.ec2.VpnConnectionTunnel2LogOptionsCloudwatchLogOptionsArgs(
                    **self._log_options(site)
                )
            ),
            tags=self._site_tags(name, site),
            opts=_merged(
                self._kept,
                self._connection_options(site),
                adopted and adopted.connection_options(site.adopted),
            ),
        )

    def _connection_options(self, site: SiteArgs) -> pulumi.ResourceOptions:
        """A key in Secrets Manager is read back as REDACTED: compared, every update would set it anew."""
        hidden = self._args.preshared_key_storage == "SecretsManager"
        keys = ["tunnel1PresharedKey", "tunnel2PresharedKey"] if hidden else []
        return pulumi.ResourceOptions(
            replace_on_changes=["vpnGatewayId"],
            ignore_changes=[*keys, *held_inputs(self._args.changes.held_tunnels(site.name))],
            hooks=self._hooks,
        )

    def _keeps_logs(self, site: SiteArgs) -> bool:
        return bool(site.adopted and self._args.adopted and self._args.adopted.keeps_logs)

    def _log_options(self, site: SiteArgs) -> dict[str, Any]:
        """What a tunnel logs: IKE and DPD always, BGP where the site speaks it."""
        options = {
            "log_enabled": True,
            "log_group_arn": self._tunnel_logs,
            "log_output_format": self._args.tunnel_log_format,
        }
        if site.bgp_asn is None:
            return options
        return {
            **options,
            "bgp_log_enabled": True,
            "bgp_log_group_arn": self._bgp_logs,
            "bgp_log_output_format": self._args.tunnel_log_format,
        }

    def _site_tags(self, name: str, site: SiteArgs) -> dict[str, str]:
        critical = str(site.critical).lower()
        return self._args.labels.tagged(name, Site=site.name, Location=site.location, Critical=critical)


def _merged(*options: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions:
    """All of them as one; lists are joined."""
    given = [one for one in options if one is not None]
    return reduce(pulumi.ResourceOptions.merge, given, pulumi.ResourceOptions())


def _on_premises_cidrs(sites: tuple[SiteArgs, ...]) -> list[str]:
    return sorted({str(cidr) for site in sites for cidr in site.lan_cidrs})
