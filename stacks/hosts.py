"""What the hosts of an environment know, by its settings."""

from __future__ import annotations

from hosts.failover_monitor import MonitorHost
from hosts.nat import NatHost
from hosts.openvpn_server import Office, ServerHost
from model.names import EnvironmentNames
from stacks.sections.openvpn import OpenVpnSettings
from stacks.settings import Settings


def openvpn_server(stack: str, settings: Settings, tunnel: OpenVpnSettings) -> ServerHost:
    """The servers of one of a stack's tunnels."""
    names = EnvironmentNames(stack)
    network = settings.network
    networks = {"vpc": network.cidrs, **{name: (cidr,) for name, cidr in network.subnet_names().items()}}
    return ServerHost(
        environment=stack,
        tunnel=tunnel.name,
        region=settings.region,
        vpc_cidrs=settings.network.cidrs,
        client_pool=tunnel.client_pool,
        permitted=tuple(cidr for name in tunnel.permitted for cidr in networks[name]),
        server_secret=names.openvpn_secret(tunnel.name, "server"),
        crl_secret=names.openvpn_secret(tunnel.name, "crl"),
        probe_secret=names.openvpn_secret(tunnel.name, "probe"),
        log_group=names.path("openvpn", tunnel.name),
        protocol=tunnel.protocol,
        port=tunnel.listening_port,
        full_tunnel=tunnel.full_tunnel,
        client_to_client=tunnel.client_to_client,
        dns_servers=tunnel.dns_servers,
        dns_domain=tunnel.dns_domain,
        offices=tuple(Office(office.name, office.lan_cidrs) for office in tunnel.offices),
        fixed_addresses=dict(tunnel.fixed_addresses),
        keepalive_interval=tunnel.keepalive.interval_seconds,
        keepalive_timeout=tunnel.keepalive.timeout_seconds,
        metrics_port=settings.monitoring.metrics_port,
    )


def nat_instance(stack: str, settings: Settings) -> NatHost:
    """The NAT instances of a stack."""
    return NatHost(
        environment=stack,
        region=settings.region,
        vpc_cidrs=settings.network.cidrs,
        log_group=EnvironmentNames(stack).path("nat"),
        metrics_port=settings.monitoring.metrics_port,
    )


def failover_monitor(stack: str, settings: Settings, address: str) -> MonitorHost:
    """The monitor of an Elastic IP, by the name of the component that has it: `openvpn-staff`, `nat`."""
    return MonitorHost(
        environment=stack,
        name=address,
        region=settings.region,
        configuration=f"failover/{address}.json",
        log_group=EnvironmentNames(stack).path("failover-monitor", address),
    )
