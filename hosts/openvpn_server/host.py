"""What one OpenVPN server has to know. Main and standby of a tunnel know the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from typing import Literal

from hosts.metrics import Measuring

NOTICE_PORT = 9444
"""Where the failover monitor tells a server over UDP that it is about to take the address from it."""


@dataclass(frozen=True, slots=True)
class Office:
    """An office whose router is a client of the tunnel, and the networks behind it."""

    name: str
    lan_cidrs: tuple[IPv4Network, ...]


@dataclass(frozen=True, slots=True)
class ServerHost:
    """One OpenVPN server. It holds no secret, only the names under which the instance role may read them.

    `vpc_cidrs` are the VPC's blocks, the primary one first; `permitted` are the networks of the VPC that
    clients may reach. Keepalive times are in seconds. From `metrics_port`, if any, the VPC may read what it
    measures.
    """

    environment: str
    tunnel: str
    region: str
    vpc_cidrs: tuple[IPv4Network, ...]
    client_pool: IPv4Network
    permitted: tuple[IPv4Network, ...]
    server_secret: str
    crl_secret: str
    probe_secret: str
    log_group: str
    protocol: Literal["udp", "tcp"] = "udp"
    port: int = 1194
    full_tunnel: bool = False
    client_to_client: bool = False
    dns_servers: tuple[IPv4Address, ...] = ()
    dns_domain: str | None = None
    offices: tuple[Office, ...] = ()
    fixed_addresses: Mapping[str, IPv4Address] = field(default_factory=dict[str, IPv4Address])
    keepalive_interval: int = 1
    keepalive_timeout: int = 4
    metrics_port: int | None = None

    @property
    def measuring(self) -> Measuring:
        """What it measures as."""
        return Measuring(self.environment, self.region, f"openvpn-{self.tunnel}", self.metrics_port)

    @property
    def office_networks(self) -> tuple[IPv4Network, ...]:
        """The networks of all offices."""
        return tuple(lan for office in self.offices for lan in office.lan_cidrs)

    @property
    def vpc_resolver(self) -> IPv4Address:
        """The VPC's DNS server: its primary block's second address ("DNS attributes for your VPC")."""
        return self.vpc_cidrs[0].network_address + 2
