"""OpenVPN's own files on the server: its configuration, one file an office, the fixed addresses.

Option names and their meaning are those of openvpn(8), release 2.6.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, collapse_addresses

from hosts.openvpn_server.host import Office, ServerHost
from model.names import site_name

CIPHERS = "AES-256-GCM:CHACHA20-POLY1305"
DEVICE = "tun0"

SPARE_SEATS = 4096
"""Clients at once beyond the pool's addresses: whoever connects and says nothing takes a seat for a minute
(`hand-window`), and shall not take that of a client or of the monitor's probe."""

_SECURITY = f"""\
ca ca.crt
cert server.crt
key server.key
dh none
tls-crypt-v2 tls-crypt-v2.key force-cookie
crl-verify crl.pem
remote-cert-tls client
tls-version-min 1.2
tls-cert-profile preferred
data-ciphers {CIPHERS}
allow-compression no
"""

_FULL_TUNNEL = """\
push "redirect-gateway def1 ipv6"
push "ifconfig-ipv6 fd00:76:706e::2/64 fd00:76:706e::1"
push "block-ipv6"
block-ipv6
"""
"""All of IPv4 through the tunnel; IPv6, which it does not carry, refused rather than sent around it."""


def server_configuration(host: ServerHost) -> str:
    """`/etc/openvpn/server/server.conf`. Paths are relative to the folder it is in."""
    return "".join(f"{line}\n" for line in _lines(host)).replace("\n\n", "\n")


def office_configuration(host: ServerHost, office: Office) -> str:
    """`ccd/site-NAME`: the networks behind an office's router, and what the router shall not take over.

    A router keeps its own way to the internet and its own DNS, also where laptops send everything.
    """
    lines = [f"iroute {_network(lan)}" for lan in office.lan_cidrs]
    if host.full_tunnel:
        lines += ["push-remove redirect-gateway", "push-remove ifconfig-ipv6", "push-remove block-ipv6"]
        lines += [f'push "route {_network(network)}"' for network in collapse_addresses(host.permitted)]
    if host.dns_servers or host.dns_domain:
        lines.append("push-remove dhcp-option")
    return "".join(f"{line}\n" for line in lines)


def office_configurations(host: ServerHost) -> dict[str, str]:
    """The files of the folder `ccd`, by name."""
    return {site_name(office.name): office_configuration(host, office) for office in host.offices}


def fixed_addresses(host: ServerHost) -> str:
    """`fixed-addresses`: the pool's read-only assignments, which no other client is ever given."""
    return "".join(f"{client},{address},\n" for client, address in sorted(host.fixed_addresses.items()))


def _lines(host: ServerHost) -> Iterator[str]:
    yield f"proto {'udp4' if host.protocol == 'udp' else 'tcp4-server'}"
    yield f"port {host.port}"
    yield f"dev {DEVICE}"
    yield "topology subnet"
    yield f"server {_network(host.client_pool)}"
    yield f"max-clients {host.client_pool.num_addresses + SPARE_SEATS}"
    if host.fixed_addresses:
        yield "ifconfig-pool-persist fixed-addresses 0"
    yield "client-config-dir ccd"
    yield _SECURITY
    yield "user nobody"
    yield "group nogroup"
    yield "persist-key"
    yield "persist-tun"
    yield "verb 3"
    # of lines of one kind in a row, which a stranger can cause without end, a few will do
    yield "mute 20"
    yield "management /run/openvpn-server/server.sock unix"
    yield f"keepalive {host.keepalive_interval} {host.keepalive_timeout}"
    if host.protocol == "udp":
        yield "explicit-exit-notify 1"
        # One limit for everybody, the monitor too, would let one stranger shut the others out: the packet
        # filter has one for each address.
        yield "connect-freq-initial 1000000 10"
    else:
        yield "tcp-nodelay"
    yield from _routes(host)


def _routes(host: ServerHost) -> Iterator[str]:
    for lan in host.office_networks:
        yield f"route {_network(lan)}"
    if host.full_tunnel:
        yield _FULL_TUNNEL
    else:
        for network in collapse_addresses((*host.permitted, *_lone_dns_servers(host))):
            yield f'push "route {_network(network)}"'
    if host.client_to_client:
        for lan in host.office_networks:
            yield f'push "route {_network(lan)}"'
    for server in host.dns_servers:
        yield f'push "dhcp-option DNS {server}"'
    if host.dns_domain:
        yield f'push "dhcp-option DOMAIN {host.dns_domain}"'


def _lone_dns_servers(host: ServerHost) -> list[IPv4Network]:
    """DNS servers inside the VPC, reached through the tunnel even if their subnet is not permitted."""
    return [IPv4Network(server) for server in host.dns_servers if reaches(host, server)]


def reaches(host: ServerHost, server: IPv4Address) -> bool:
    """Whether clients ask this DNS server through the tunnel: it is inside the VPC."""
    return any(server in cidr for cidr in host.vpc_cidrs)


def _network(network: IPv4Network) -> str:
    return f"{network.network_address} {network.netmask}"
