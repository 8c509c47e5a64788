"""The server's packet filter: it decides what clients may reach, whatever routes a client sets itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, collapse_addresses

from hosts.content import one_or_all
from hosts.openvpn_server.configuration import DEVICE, reaches
from hosts.openvpn_server.host import NOTICE_PORT, ServerHost

_NOT_INTERNET = (
    "0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, "
    "172.16.0.0/12, 192.168.0.0/16, 224.0.0.0/3"
)
"""Addresses that are not globally reachable (RFC 6890), the instance metadata service among them."""


FIRST_PACKET = 10
"""OpenVPN's P_CONTROL_HARD_RESET_CLIENT_V3, in the upper five bits of a packet's first byte: with it a client
that has a tls-crypt-v2 key begins."""

RATES_OF_ONE = {"udp": (20, 200), "tcp": (1, 40)}
"""First packets, or new connections, that an address may send a second and at once.

A place's many clients that come back after a failover share one address. A connection over TCP is eight lines
in the log, of which the journal takes 2,000 in half a minute (`LogRateLimitBurst`); a first packet is none.
"""

CONNECTIONS_OF_ONE = 64
"""TCP connections that an address may have at once: the laptops of a place without a router of its own."""

ALARMING_RATE = 100
"""First packets or new connections a second, all addresses together, that are no ordinary day."""

SOURCES = 65536
"""Addresses that are counted at once; those that find no room are let through."""

FLOOD_PREFIX = "openvpn-flood: "
"""What the kernel's log says of a flood begins so; an alarm waits for it."""


def ruleset(host: ServerHost) -> str:
    """`/etc/nftables.conf`, loaded as a whole (nft -f is one transaction)."""
    nat = list(_nat(host))
    chains = [
        *_chain("alarm", "", _alarm("from many addresses")),
        *_chain("refused", "", (*_alarm("refused"), "drop")),
        *_chain("strangers", "", _strangers(host)),
        *_chain("input", "type filter hook input priority filter; policy drop;", _input(host)),
        *_chain("forward", "type filter hook forward priority filter; policy drop;", _forward(host)),
        *_chain("from_clients", "", _from_clients(host)),
        *(_chain("postrouting", "type nat hook postrouting priority srcnat;", nat) if nat else ()),
    ]
    body = "".join(f"  {line}\n" for line in [*_sets(host), *chains])
    return f"#!/usr/sbin/nft -f\nflush ruleset\ntable inet openvpn {{\n{body}}}\n"


def _sets(host: ServerHost) -> Iterator[str]:
    yield f"set senders {{ type ipv4_addr; flags dynamic, timeout; timeout 1m; size {SOURCES}; }}"
    if host.protocol == "tcp":
        yield f"set connections {{ type ipv4_addr; flags dynamic; size {SOURCES}; }}"
    yield _set("permitted", host.permitted)
    yield _set("clients", (host.client_pool, *host.office_networks))
    yield _set("offices", host.office_networks)
    if host.full_tunnel:
        yield f"set not_internet {{ type ipv4_addr; flags interval; elements = {{ {_NOT_INTERNET} }}; }}"


def _input(host: ServerHost) -> Iterator[str]:
    yield f'iifname != "{DEVICE}" ip saddr != {one_or_all(host.vpc_cidrs)} jump strangers'
    yield "ct state vmap { established : accept, related : accept, invalid : drop }"
    yield 'iifname "lo" accept'
    yield "meta l4proto { icmp, icmpv6 } accept"
    yield f'iifname != "{DEVICE}" {host.protocol} dport {host.port} accept'
    vpc = one_or_all(host.vpc_cidrs)
    yield f'iifname != "{DEVICE}" ip saddr {vpc} udp dport {NOTICE_PORT} limit rate 10/second accept'
    if host.metrics_port is not None:
        yield f'iifname != "{DEVICE}" ip saddr {vpc} tcp dport {host.metrics_port} accept'


def _strangers(host: ServerHost) -> Iterator[str]:
    """What anybody on the internet can do without a certificate, each address for itself.

    The monitor's probes come from the VPC and are not counted here.
    """
    if host.protocol == "udp":
        begins = f"udp dport {host.port} @th,64,8 & 0xf8 == {FIRST_PACKET << 3:#x}"
    else:
        begins = f"tcp dport {host.port} ct state new"
    yield f"{begins} limit rate over {ALARMING_RATE}/second burst {ALARMING_RATE * 5} packets jump alarm"
    rate, at_once = RATES_OF_ONE[host.protocol]
    each = f"limit rate over {rate}/second burst {at_once} packets"
    yield f"{begins} add @senders {{ ip saddr {each} }} jump refused"
    if host.protocol == "tcp":
        yield f"{begins} add @connections {{ ip saddr ct count over {CONNECTIONS_OF_ONE} }} jump refused"


def _alarm(reason: str) -> Iterator[str]:
    yield f'limit rate 2/minute counter log prefix "{FLOOD_PREFIX}{reason} "'


def _forward(host: ServerHost) -> Iterator[str]:
    yield "ct state vmap { established : accept, related : accept, invalid : drop }"
    yield f'iifname "{DEVICE}" jump from_clients'
    yield f'oifname "{DEVICE}" ip saddr @permitted ip daddr @offices accept'
    yield 'limit rate 30/minute log prefix "refused: "'
    yield "reject with icmpx admin-prohibited"


def _from_clients(host: ServerHost) -> Iterator[str]:
    yield "ip saddr != @clients drop"
    yield "ip daddr @permitted accept"
    servers = [str(server) for server in host.dns_servers if reaches(host, server)]
    if servers:
        yield f"ip daddr {{ {', '.join(servers)} }} meta l4proto {{ tcp, udp }} th dport 53 accept"
    if host.client_to_client:
        yield f'oifname "{DEVICE}" ip daddr @clients accept'
    if host.full_tunnel:
        yield "ip daddr != @not_internet accept"


def _nat(host: ServerHost) -> Iterator[str]:
    """The VPC's resolver answers addresses of the VPC only, the internet public ones only."""
    if host.vpc_resolver in host.dns_servers:
        yield f"ip saddr @clients ip daddr {host.vpc_resolver} th dport 53 masquerade"
    if host.full_tunnel:
        yield "ip saddr @clients ip daddr != @not_internet masquerade"


def _chain(name: str, hook: str, rules: Iterable[str]) -> Iterator[str]:
    yield f"chain {name} {{"
    for rule in (hook, *rules) if hook else rules:
        yield f"  {rule}"
    yield "}"


def _set(name: str, networks: Iterable[IPv4Network | IPv4Address]) -> str:
    elements = ", ".join(str(network) for network in collapse_addresses(map(IPv4Network, networks)))
    content = f" elements = {{ {elements} }};" if elements else ""
    return f"set {name} {{ type ipv4_addr; flags interval;{content} }}"
