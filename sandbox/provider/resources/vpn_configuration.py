"""What a connection's configuration document says of its tunnels; their keys are there alone."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from defusedxml import ElementTree

from sandbox.provider.values import Values

_REDACTED = "REDACTED"
"""What the document has in place of a key that is in Secrets Manager."""


def peers(configuration: str) -> list[Values]:
    """What the configuration document says of each tunnel; the key, for one, is there alone."""
    if not configuration:
        return []
    return [_peer(tunnel) for tunnel in ElementTree.fromstring(configuration).iter("ipsec_tunnel")]


def in_order(peers: list[Values], known: Values) -> list[Values]:
    """The document's tunnels as the program numbers them: by the first one's key, else its inside CIDR.

    So does the official provider: keys that cannot be read leave the document's order as it is.
    """
    for name in ("PresharedKey", "InsideCidr"):
        if known.get(f"tunnel1{name}"):
            values = [peer[name] for peer in peers]
            return peers[::-1] if known[f"tunnel1{name}"] in values[1:] and values[0] != values[1] else peers
    return sorted(peers, key=lambda peer: peer["Address"])


def key_storage(peers: list[Values]) -> str:
    """Where the keys are: for the official provider they are in Secrets Manager when one cannot be read."""
    return "SecretsManager" if any(peer["PresharedKey"] == _REDACTED for peer in peers) else "Standard"


def _peer(tunnel: Any) -> Values:
    inside = tunnel.findtext("vpn_gateway/tunnel_inside_address/ip_address") or ""
    return {
        "Address": tunnel.findtext("vpn_gateway/tunnel_outside_address/ip_address") or "",
        "InsideCidr": str(IPv4Network(f"{inside}/30", strict=False)) if inside else "",
        "PresharedKey": tunnel.findtext("ike/pre_shared_key") or "",
        "CgwInsideAddress": tunnel.findtext("customer_gateway/tunnel_inside_address/ip_address") or "",
        "VgwInsideAddress": inside,
        "BgpAsn": tunnel.findtext("vpn_gateway/bgp/asn") or "",
        "BgpHoldtime": int(tunnel.findtext("vpn_gateway/bgp/hold_time") or 0),
    }
