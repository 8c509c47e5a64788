"""A VPN connection as the customer's router has to know it: two tunnels, and what is reached through them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Literal

LINK_LOCAL = IPv4Network("169.254.0.0/16")

ETHERNET_MTU = 1500
IP_HEADER = 20
TCP_HEADER = 20
NAT_T_HEADER = 8
"""UDP around ESP when there is a NAT on the way (RFC 3948). A NAT cannot be ruled out: room is kept."""
ESP_HEADER = 8
ESP_TRAILER = 2
"""SPI and sequence number in front; pad length and next header behind (RFC 4303, section 2)."""

_CBC_IV, _CBC_BLOCK = 16, 16
_GCM_IV, _GCM_ICV, _GCM_ALIGNMENT = 8, 16, 4
_ICV = {"SHA1": 12, "SHA2-256": 16, "SHA2-384": 24, "SHA2-512": 32}
"""Bytes of the integrity check value (RFC 2404, RFC 4868); AES-GCM has its own of 16 (RFC 4106)."""

ENCRYPTIONS = ("AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16")
INTEGRITIES = tuple(_ICV)


def is_combined(encryption: str) -> bool:
    """Whether an encryption algorithm protects integrity itself (AES-GCM)."""
    return "-GCM-" in encryption


@dataclass(frozen=True)
class Proposals:
    """What a phase may negotiate, in AWS's names (VpnTunnelOptionsSpecification). Lifetime in seconds."""

    encryptions: tuple[str, ...]
    integrities: tuple[str, ...]
    dh_groups: tuple[int, ...]
    lifetime: int

    @property
    def block_ciphers(self) -> tuple[str, ...]:
        """The encryption algorithms that need an integrity algorithm beside them."""
        return tuple(name for name in self.encryptions if not is_combined(name))

    @property
    def combined_ciphers(self) -> tuple[str, ...]:
        """The encryption algorithms that protect integrity themselves."""
        return tuple(name for name in self.encryptions if is_combined(name))

    def largest_packet(self) -> int:
        """Bytes of the largest IP packet that fits into ESP over Ethernet with any of the algorithms."""
        room = ETHERNET_MTU - IP_HEADER - NAT_T_HEADER - ESP_HEADER
        fits: list[int] = []
        if self.combined_ciphers:
            payload = room - _GCM_IV - _GCM_ICV
            fits.append(payload - payload % _GCM_ALIGNMENT - ESP_TRAILER)
        if self.block_ciphers:
            payload = room - _CBC_IV - max(_ICV[name] for name in self.integrities)
            fits.append(payload - payload % _CBC_BLOCK - ESP_TRAILER)
        return min(fits)


@dataclass(frozen=True)
class Bgp:
    """A tunnel's BGP session. Hold time in seconds."""

    customer_asn: int
    amazon_asn: int
    hold_time: int

    @property
    def keepalive(self) -> int:
        """Seconds between keepalives: a third of the hold time (RFC 4271, section 10)."""
        return max(1, self.hold_time // 3)


@dataclass(frozen=True)
class Tunnel:
    """One of the two tunnels. `largest_segment` is the TCP MSS that AWS asks for; times in seconds."""

    position: Literal[1, 2]
    customer_outside: IPv4Address
    amazon_outside: IPv4Address
    customer_inside: IPv4Interface
    amazon_inside: IPv4Address
    preshared_key: str = field(repr=False)
    ike_version: Literal[1, 2]
    ike: Proposals
    esp: Proposals
    rekey_margin: int
    replay_window: int | None
    largest_segment: int
    dpd_interval: int
    dpd_retries: int
    bgp: Bgp | None

    @property
    def number(self) -> int:
        """The position of the tunnel's /30 in 169.254.0.0/16: unique on a router, and the same every time."""
        return (int(self.customer_inside.network.network_address) - int(LINK_LOCAL.network_address)) // 4

    @property
    def name(self) -> str:
        """The tunnel's name, short enough for an interface."""
        return f"aws{self.number}"

    @property
    def dpd_timeout(self) -> int:
        """Seconds of silence after which the peer is held dead."""
        return self.dpd_interval * self.dpd_retries

    @property
    def mtu(self) -> int:
        """Bytes of the largest IP packet on the tunnel's interface."""
        return self.esp.largest_packet()

    @property
    def mss(self) -> int:
        """Bytes of the largest TCP segment: what AWS asks for, or less where ESP's headers take more room."""
        return min(self.largest_segment, self.mtu - IP_HEADER - TCP_HEADER)


@dataclass(frozen=True)
class Connection:
    """A VPN connection, the LANs behind the router, and the VPC's networks behind AWS.

    `origin` says where the values come from, in a few words; it is written into the rendered files.
    `outside_interface` is the router's interface to the internet; None: as the device comes from its maker.
    """

    name: str
    vpn_connection_id: str
    customer_gateway_id: str
    vpn_gateway_id: str | None
    tunnels: tuple[Tunnel, Tunnel]
    lans: tuple[IPv4Network, ...]
    vpc_cidrs: tuple[IPv4Network, ...]
    origin: str
    outside_interface: str | None = None

    @property
    def bgp(self) -> Bgp | None:
        """The BGP settings of the tunnels; None if the connection's routes are static."""
        return self.tunnels[0].bgp

    @property
    def label(self) -> str:
        """What the names of things begin with that both tunnels share on a router: unique there."""
        return self.tunnels[0].name

    @property
    def router_id(self) -> IPv4Address:
        """The router's public address: unique among the sites, as a BGP identifier has to be."""
        return self.tunnels[0].customer_outside

    def redacted(self) -> Connection:
        """The connection without its keys, for tickets and terminals."""
        first, second = (replace(tunnel, preshared_key="REDACTED") for tunnel in self.tunnels)
        return replace(self, tunnels=(first, second))
