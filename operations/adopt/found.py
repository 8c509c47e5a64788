"""A VPC and its VPN as AWS describes them: what an adoption begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Any


@dataclass(frozen=True)
class FoundTunnel:
    """A tunnel. `options` are by their names in stack files, without those that AWS does not tell."""

    outside_address: str
    inside_cidr: str
    options: Mapping[str, Any]
    logs: bool
    preshared_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class FoundGateway:
    """A customer gateway, and the connections that use it, in this VPC or elsewhere."""

    gateway_id: str
    public_ip: str | None
    certificate_arn: str | None
    asn: int
    tags: Mapping[str, str]
    used_by: tuple[str, ...]


@dataclass(frozen=True)
class FoundConnection:
    """A VPN connection of the VPC's VPG."""

    connection_id: str
    state: str
    is_static: bool
    gateway: FoundGateway
    routes: tuple[str, ...]
    tunnels: tuple[FoundTunnel, FoundTunnel]
    hides_keys: bool
    selectors: tuple[str, str]
    tags: Mapping[str, str]


@dataclass(frozen=True)
class FoundSubnet:
    """A subnet, and whether its route table leads to an internet gateway."""

    zone: str
    cidr: str
    is_public: bool


@dataclass(frozen=True)
class FoundTable:
    """A route table: whether it takes the VPG's routes, and which routes lead there, learned or typed."""

    table_id: str
    propagates: bool
    learned: tuple[str, ...]
    typed: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """Everything that is adopted, and what stands beside it."""

    account: str
    region: str
    vpc_id: str
    cidrs: tuple[str, ...]
    vpg_id: str
    amazon_side_asn: int
    vpg_tags: Mapping[str, str]
    zones: tuple[str, ...]
    subnets: tuple[FoundSubnet, ...]
    tables: tuple[FoundTable, ...]
    connections: tuple[FoundConnection, ...]
    alarms: Mapping[str, tuple[str, ...]]
    """The names of the alarms on each connection, by its id."""

    def learned(self) -> tuple[IPv4Network, ...]:
        """What routers announced over BGP: what the tables learned without a static route behind it."""
        static = {route for connection in self.connections for route in connection.routes}
        told = {route for table in self.tables for route in table.learned}
        return tuple(sorted(IPv4Network(route) for route in told - static if not route.endswith("/0")))
