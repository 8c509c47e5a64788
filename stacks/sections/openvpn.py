"""The `openVpn` section: OpenVPN tunnels, each a main and a standby server on one Elastic IP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from model.addresses import Address, Cidr
from model.constraints import Name, matching
from stacks.sections.failover import FailoverSettings
from stacks.sections.section import Port, Problem, RetentionDays, Section

ClientName = Annotated[
    str,
    matching(
        r"(?=.{1,64}$)[A-Za-z0-9]([A-Za-z0-9._@-]*[A-Za-z0-9])?",
        "a client's name: at most 64 letters, digits and . _ @ -, a letter or digit at both ends",
    ),
]
"""A client's common name (at most 64 characters, RFC 5280 ub-common-name)."""

InstanceType = Annotated[
    str, matching(r"[a-z][a-z0-9-]*\.[a-z0-9-]+", "an EC2 instance type, such as t4g.small")
]
Domain = Annotated[
    str, matching(r"(?=.{1,253}$)[a-z0-9-]+(\.[a-z0-9-]+)*", "a DNS domain, such as example.internal")
]


class Office(Section):
    """An office whose router is a client of the tunnel for all devices in its LANs."""

    name: Name
    """The office's name; its router's certificate is made for it."""
    lan_cidrs: Annotated[tuple[Cidr, ...], Field(min_length=1)]
    """The networks behind its router."""


class Keepalive(Section):
    """OpenVPN's `keepalive`: a ping every interval, a restart of the tunnel after the timeout. Seconds."""

    interval_seconds: Annotated[int, Field(ge=1, le=60)] = 1
    """Seconds without traffic after which a ping is sent."""
    timeout_seconds: Annotated[int, Field(ge=2, le=600)] = 4
    """Seconds without an answer after which a client connects anew; at least twice the interval."""


class OpenVpnSettings(Section):
    """One OpenVPN tunnel. `permitted` lists `vpc`, or subnets by name such as `private-a`."""

    name: Name
    """The tunnel's name."""
    client_pool: Cidr
    """The clients' addresses, /16 to /29, outside the VPC and all LANs. Main and standby share them."""
    permitted: Annotated[tuple[str, ...], Field(min_length=1)] = ("vpc",)
    """What clients may reach: `vpc`, or subnets by name such as `private-a`. The server's packet filter
    enforces it."""
    full_tunnel: bool = False
    """Whether all of the clients' traffic goes through the tunnel."""
    client_to_client: bool = False
    """Whether clients reach each other."""
    dns_servers: tuple[Address, ...] = ()
    """DNS servers that clients are given."""
    dns_domain: Domain | None = None
    """The domain that clients resolve with them."""
    protocol: Literal["udp", "tcp"] = "udp"
    """UDP, or TCP where networks let nothing else through."""
    port: Port | None = None
    """The server's port; left out, 1194 over UDP and 443 over TCP."""
    offices: tuple[Office, ...] = ()
    """Offices whose routers are clients, for all devices behind them."""
    fixed_addresses: dict[ClientName, Address] = Field(default_factory=dict)
    """Addresses in the pool by client name."""
    keepalive: Keepalive = Keepalive()
    """OpenVPN's `keepalive`."""
    instance_type: InstanceType = "t4g.small"
    """The servers' type."""
    log_retention_days: RetentionDays = 30
    """Days that the servers' logs are kept (PutRetentionPolicy)."""
    failover: FailoverSettings = FailoverSettings()
    """When the address moves to the standby, and back."""

    @property
    def listening_port(self) -> int:
        """The port clients connect to: as asked, else OpenVPN's 1194 over UDP, and 443 over TCP."""
        return self.port or (1194 if self.protocol == "udp" else 443)

    def problems(self) -> Iterator[Problem]:
        """A pool that OpenVPN can serve, fixed addresses in it, offices told apart."""
        if not 16 <= self.client_pool.prefixlen <= 29:
            yield Problem("clientPool", self.client_pool, "a block between /16 and /29")
        if self.keepalive.timeout_seconds < 2 * self.keepalive.interval_seconds:
            yield Problem(
                "keepalive.timeoutSeconds",
                self.keepalive.timeout_seconds,
                f"at least twice intervalSeconds, {2 * self.keepalive.interval_seconds}",
            )
        yield from self._fixed_address_problems()
        for i, office in enumerate(self.offices):
            names = [other.name for other in self.offices]
            if office.name in names[:i]:
                yield Problem(f"offices[{i}].name", office.name, "another name than the other offices have")

    def _fixed_address_problems(self) -> Iterator[Problem]:
        server = self.client_pool.network_address + 1
        holders: dict[Address, str] = {}
        for client, address in self.fixed_addresses.items():
            key = f"fixedAddresses.{client}"
            if address not in self.client_pool:
                yield Problem(key, address, f"an address in clientPool, {self.client_pool}")
            elif address in (server, self.client_pool.network_address, self.client_pool.broadcast_address):
                yield Problem(
                    key, address, "an address that is not the pool's first, last or the server's own"
                )
            if address in holders:
                yield Problem(key, address, f"an address of its own; {holders[address]} has it")
            holders[address] = client
