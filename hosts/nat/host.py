"""What a NAT instance knows and is made of. Main and standby know the same."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from hosts.content import SHARED_PACKAGES, START_PROGRAM, HostContent, one_or_all, start_script
from hosts.journal import SHIP_UNIT, journal_files
from hosts.metrics import PACKAGES as MEASURED_WITH
from hosts.metrics import Measuring, metrics_files, metrics_units
from hosts.session_manager import INSTALL_UNIT, session_manager_files
from model.ports import NAT_PROBE_PORT

PACKAGES = ("nftables",)
KERNEL_FILE = "/etc/sysctl.d/60-nat.conf"

KERNEL_SETTINGS = """\
net.ipv4.ip_forward = 1
net.ipv4.conf.*.send_redirects = 0
net.ipv4.ip_local_port_range = 1024 65535
net.netfilter.nf_conntrack_max = 131072
net.netfilter.nf_conntrack_tcp_timeout_established = 3600
net.netfilter.nf_conntrack_tcp_loose = 0
"""
"""Redirects are off for each interface by name: a kernel sends them when either the interface or `all` says
so, and here everything leaves by the interface it came in.

A connection that is idle for an hour is forgotten; AWS's own NAT gateways forget it after 350 seconds.

131,072 connections take some 40 MB, which the smallest instance has. Without `tcp_loose` a connection that
began on the other instance is not taken for a new one: it is reset (see the ruleset), and begins again.
"""


@dataclass(frozen=True, slots=True)
class ProbeTarget:
    """A server on the internet that accepts TCP connections."""

    address: IPv4Address
    port: int = 443


PUBLIC_RESOLVERS = (ProbeTarget(IPv4Address("1.1.1.1")), ProbeTarget(IPv4Address("8.8.8.8")))
"""Two anycast services of two operators (Cloudflare, Google), whose addresses are published as permanent and
answer TCP on 443. One of them away is not the internet away: probes alternate between them."""


@dataclass(frozen=True, slots=True)
class NatHost:
    """One NAT instance. `vpc_cidrs` are what it translates; nothing else may use it as a way out.

    `name` is the pair's. From `metrics_port`, if any, the VPC may read what it measures.
    """

    environment: str
    region: str
    vpc_cidrs: tuple[IPv4Network, ...]
    log_group: str
    probe_port: int = NAT_PROBE_PORT
    probe_targets: tuple[ProbeTarget, ...] = PUBLIC_RESOLVERS
    name: str = "nat"
    metrics_port: int | None = None

    @property
    def measuring(self) -> Measuring:
        """What it measures as."""
        return Measuring(self.environment, self.region, self.name, self.metrics_port)


def content(host: NatHost) -> HostContent:
    """Everything the instance is made of. It carries no secret."""
    return HostContent((*SHARED_PACKAGES, *MEASURED_WITH, *PACKAGES), files(host))


def files(host: NatHost) -> dict[str, str]:
    """What the archive holds, by path on the instance."""
    return {
        "/etc/nftables.conf": ruleset(host),
        "/etc/modules-load.d/nat.conf": "nf_conntrack\n",
        KERNEL_FILE: KERNEL_SETTINGS,
        START_PROGRAM: _start(host),
        **metrics_files(host.measuring),
        **journal_files(host.region, host.log_group),
        **session_manager_files(host.region),
    }


def ruleset(host: NatHost) -> str:
    """`/etc/nftables.conf`, loaded as a whole (nft -f is one transaction).

    A TCP connection to the probe port is sent on to the internet as any other would be: whoever completes it
    has proven forwarding, translation and the way out, not only that a process listens. Connections that
    began on the other instance are reset rather than dropped, so that programs need not wait for a timeout.
    """
    vpc = one_or_all(host.vpc_cidrs)
    return f"""\
#!/usr/sbin/nft -f
flush ruleset
table ip nat_instance {{
  chain input {{
    type filter hook input priority filter; policy drop;
    ct state vmap {{ established : accept, related : accept, invalid : drop }}
    iifname "lo" accept
    ip saddr {vpc} icmp type echo-request accept
{_scraped(host, vpc)}    icmp type {{ destination-unreachable, time-exceeded, parameter-problem }} accept
  }}
  chain forward {{
    type filter hook forward priority filter; policy drop;
    tcp flags syn / syn,rst tcp option maxseg size set rt mtu
    ip saddr {vpc} ct state invalid meta l4proto tcp reject with tcp reset
    ct state vmap {{ established : accept, related : accept, invalid : drop }}
    ip saddr {vpc} accept
  }}
  chain probes {{
    type nat hook prerouting priority dstnat;
    ip saddr {vpc} fib daddr type local tcp dport {host.probe_port} {_to_targets(host)}
  }}
  chain postrouting {{
    type nat hook postrouting priority srcnat;
    ip saddr {vpc} ip daddr != {vpc} masquerade
  }}
}}
"""


def _to_targets(host: NatHost) -> str:
    """Each probe to the next target in turn."""
    targets = host.probe_targets
    if len(targets) == 1:
        return f"dnat ip to {targets[0].address}:{targets[0].port}"
    turns = ", ".join(f"{i} : {target.address} . {target.port}" for i, target in enumerate(targets))
    return f"dnat ip addr . port to numgen inc mod {len(targets)} map {{ {turns} }}"


def _scraped(host: NatHost, vpc: str) -> str:
    port = host.metrics_port
    return "" if port is None else f"    ip saddr {vpc} tcp dport {port} accept\n"


def _start(host: NatHost) -> str:
    return start_script(
        "modprobe nf_conntrack",
        "systemctl daemon-reload",
        "systemctl enable nftables.service",
        "systemctl restart nftables.service",
        f"sysctl --load={KERNEL_FILE}",
        f"systemctl enable --now {SHIP_UNIT} {metrics_units(host.measuring)}",
        f"systemctl enable --now --no-block {INSTALL_UNIT}",
    )
