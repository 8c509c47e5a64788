"""The `.ovpn` file of a client or an office's router: everything it needs to connect, and to come back."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Literal

from access.authority import Credential

CIPHERS = "AES-256-GCM:CHACHA20-POLY1305"

_BEHAVIOUR = """\
nobind
resolv-retry infinite
hand-window 20
persist-key
persist-tun
auth-nocache
remote-cert-tls server
tls-version-min 1.2
tls-cert-profile preferred
verb 3
"""

_QUICK = {
    "udp": "connect-retry 0 5\nserver-poll-timeout 2\ntls-timeout 1\n",
    "tcp": "connect-retry 1 5\nserver-poll-timeout 5\n",
}
"""Quick to try again: after a failover the tunnel's address is the standby's, which knows no session yet.

Over UDP a try costs nothing but its packet: the first comes at once, further ones 1, 2 and 3 s later (a first
packet is repeated after `tls-timeout`, a server that says nothing is left after `server-poll-timeout`), and
after five of them at growing distances. Over TCP a server that refuses does so at once, hence the pause.
"""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a tunnel is reached, and the name its servers' certificate carries."""

    address: str
    port: int
    protocol: Literal["udp", "tcp"]
    server_name: str


def client_profile(name: str, endpoint: Endpoint, credential: Credential) -> str:
    """The profile of one person's device."""
    return _profile(f"{name} on {endpoint.server_name}", "dev tun\n", endpoint, credential)


def site_profile(
    name: str, lan_cidrs: tuple[IPv4Network, ...], endpoint: Endpoint, credential: Credential
) -> str:
    """The profile of an office's router, for all devices behind it.

    Its interface has a name of its own, so that the router's packet filter can speak of it.
    """
    networks = ", ".join(str(lan) for lan in lan_cidrs)
    title = f"{name} on {endpoint.server_name}, router of {networks}"
    return _profile(title, "dev awsvpn0\ndev-type tun\n", endpoint, credential)


def _profile(title: str, device: str, endpoint: Endpoint, credential: Credential) -> str:
    parts = [
        f"# {title}. Valid until {credential.not_after:%Y-%m-%d}. Contains a private key.\n",
        "client\n",
        device,
        f"remote {endpoint.address} {endpoint.port} {endpoint.protocol}\n",
        f"verify-x509-name {endpoint.server_name} name\n",
        f"data-ciphers {CIPHERS}\n",
        _QUICK[endpoint.protocol],
        _BEHAVIOUR,
        "explicit-exit-notify 1\n" if endpoint.protocol == "udp" else "",
        _inline("ca", credential.authority_certificate),
        _inline("cert", credential.certificate),
        _inline("key", credential.key),
        _inline("tls-crypt-v2", credential.tls_crypt_client),
    ]
    return "".join(parts)


def _inline(option: str, content: str) -> str:
    return f"<{option}>\n{content}</{option}>\n"
