"""The configuration that AWS hands out for the router at the other end of a VPN connection.

The form is that of CustomerGatewayConfiguration in DescribeVpnConnections: the two tunnels with one algorithm
for each purpose, the first that is allowed. One with static routes says NoBGPVPNConnection and has no `bgp`.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from sandbox.moto_server.ec2.tunnel_options import Tunnel

MSS = 1379
"""What AWS advises: the room for TCP in 1500 bytes less ESP's headers at their largest."""
_ENCRYPTION = {
    "AES128": "aes-128-cbc",
    "AES256": "aes-256-cbc",
    "AES128-GCM-16": "aes-128-gcm-16",
    "AES256-GCM-16": "aes-256-gcm-16",
}
_IKE_INTEGRITY = {"SHA1": "sha1", "SHA2-256": "sha2-256", "SHA2-384": "sha2-384", "SHA2-512": "sha2-512"}
_ESP_INTEGRITY = {
    "SHA1": "hmac-sha1-96",
    "SHA2-256": "hmac-sha2-256-128",
    "SHA2-384": "hmac-sha2-384-192",
    "SHA2-512": "hmac-sha2-512-256",
}


@dataclass(frozen=True)
class Router:
    """One end of the connection. An ASN of None: no BGP."""

    id: str
    outside_address: str
    asn: int | None


@dataclass(frozen=True)
class Document:
    """What the document is about. `keys` are shown as given; None leaves the key out (certificates)."""

    vpn_connection_id: str
    customer_gateway: Router
    vpn_gateway_id: str
    amazon_side_asn: int | None
    tunnels: tuple[Tunnel, ...]
    keys: tuple[str | None, ...]


def render(document: Document) -> str:
    """The document as XML."""
    root = Element("vpn_connection", id=document.vpn_connection_id)
    _text(root, "customer_gateway_id", document.customer_gateway.id)
    _text(root, "vpn_gateway_id", document.vpn_gateway_id)
    _text(root, "vpn_connection_type", "ipsec.1")
    if document.customer_gateway.asn is None:
        _text(root, "vpn_connection_attributes", "NoBGPVPNConnection")
    for tunnel, key in zip(document.tunnels, document.keys, strict=True):
        amazon = Router(document.vpn_gateway_id, tunnel.outside_address, document.amazon_side_asn)
        element = SubElement(root, "ipsec_tunnel")
        _end(element, "customer_gateway", document.customer_gateway, tunnel, tunnel.inside_cidr[2])
        _end(element, "vpn_gateway", amazon, tunnel, tunnel.inside_cidr[1])
        _ike(element, tunnel, key)
        _ipsec(element, tunnel)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}'


def _end(parent: Element, name: str, router: Router, tunnel: Tunnel, inside: IPv4Address) -> None:
    end = SubElement(parent, name)
    _text(SubElement(end, "tunnel_outside_address"), "ip_address", router.outside_address)
    address = SubElement(end, "tunnel_inside_address")
    _text(address, "ip_address", inside)
    _text(address, "network_mask", tunnel.inside_cidr.netmask)
    _text(address, "network_cidr", tunnel.inside_cidr.prefixlen)
    if router.asn is not None:
        bgp = SubElement(end, "bgp")
        _text(bgp, "asn", router.asn)
        _text(bgp, "hold_time", 30)


def _ike(parent: Element, tunnel: Tunnel, key: str | None) -> None:
    ike = SubElement(parent, "ike")
    _text(ike, "authentication_protocol", _IKE_INTEGRITY[tunnel.effective("Phase1IntegrityAlgorithms")[0]])
    _text(ike, "encryption_protocol", _ENCRYPTION[tunnel.effective("Phase1EncryptionAlgorithms")[0]])
    _text(ike, "lifetime", tunnel.effective("Phase1LifetimeSeconds"))
    _text(ike, "perfect_forward_secrecy", f"group{tunnel.effective('Phase1DHGroupNumbers')[0]}")
    _text(ike, "mode", "main")
    if key is not None:
        _text(ike, "pre_shared_key", key)


def _ipsec(parent: Element, tunnel: Tunnel) -> None:
    ipsec = SubElement(parent, "ipsec")
    _text(ipsec, "protocol", "esp")
    _text(ipsec, "authentication_protocol", _ESP_INTEGRITY[tunnel.effective("Phase2IntegrityAlgorithms")[0]])
    _text(ipsec, "encryption_protocol", _ENCRYPTION[tunnel.effective("Phase2EncryptionAlgorithms")[0]])
    _text(ipsec, "lifetime", tunnel.effective("Phase2LifetimeSeconds"))
    _text(ipsec, "perfect_forward_secrecy", f"group{tunnel.effective('Phase2DHGroupNumbers')[0]}")
    _text(ipsec, "mode", "tunnel")
    _text(ipsec, "clear_df_bit", "true")
    _text(ipsec, "fragmentation_before_encryption", "true")
    _text(ipsec, "tcp_mss_adjustment", MSS)
    detection = SubElement(ipsec, "dead_peer_detection")
    _text(detection, "interval", 10)
    _text(detection, "retries", tunnel.effective("DPDTimeoutSeconds") // 10)


def _text(parent: Element, name: str, value: object) -> None:
    SubElement(parent, name).text = str(value)
