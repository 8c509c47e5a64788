"""Reads the customer gateway configuration: the XML document that AWS gives out for a VPN connection.

The form is that of `CustomerGatewayConfiguration` in DescribeVpnConnections (EC2 API reference). The document
names one algorithm for each purpose. It is read with suspicion: no document type, no entities, bounded size.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address, IPv4Interface, NetmaskValueError
from typing import Literal, TypeVar
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from onprem.connection import LINK_LOCAL, Bgp, Proposals
from onprem.errors import OnpremError

LARGEST_DOCUMENT = 256 * 1024
"""Bytes. AWS's documents have about 6 KiB."""

STATIC = "NoBGPVPNConnection"
"""What `vpn_connection_attributes` says of a connection with static routes."""

_ENCRYPTIONS = {
    "aes-128-cbc": "AES128",
    "aes-256-cbc": "AES256",
    "aes-128-gcm-16": "AES128-GCM-16",
    "aes-256-gcm-16": "AES256-GCM-16",
}
_INTEGRITY = re.compile(r"(?:hmac-)?(sha1|sha2-256|sha2-384|sha2-512)(?:-\d+)?")
"""`sha1` for IKE and `hmac-sha1-96` for ESP are one algorithm, the latter with its value's length."""
_DH_GROUPS = {f"group{number}": number for number in (2, 5, *range(14, 25))}
HIDDEN_KEYS = frozenset(("", "REDACTED"))
"""What stands in a key's place when AWS keeps it in Secrets Manager ("PreSharedKeyStorage")."""

_ID = re.compile(r"[a-z]+-[0-9a-f]{8,17}")

Value = TypeVar("Value")


@dataclass(frozen=True)
class DocumentTunnel:
    """A tunnel as the document describes it. No key: it is kept in Secrets Manager, or is a certificate."""

    position: Literal[1, 2]
    customer_outside: IPv4Address
    amazon_outside: IPv4Address
    customer_inside: IPv4Interface
    amazon_inside: IPv4Address
    preshared_key: str | None = field(repr=False)
    ike: Proposals
    esp: Proposals
    largest_segment: int
    dpd_interval: int
    dpd_retries: int
    bgp: Bgp | None


@dataclass(frozen=True)
class Document:
    """A customer gateway configuration. No VPG: the connection leads to a transit gateway."""

    vpn_connection_id: str
    customer_gateway_id: str
    vpn_gateway_id: str | None
    tunnels: tuple[DocumentTunnel, DocumentTunnel]


def read_document(text: str | bytes, source: str) -> Document:
    """The connection that a document describes; `source` names the document in errors.

    Raises:
        OnpremError: it is no such document; the line names the element and its value.
    """
    if len(text) > LARGEST_DOCUMENT:
        raise OnpremError(f"{source}: {len(text)} bytes; should be at most {LARGEST_DOCUMENT}")
    try:
        root = fromstring(text, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        raise OnpremError(
            f"{source}: has a document type or entities; should be the XML as AWS gives it"
        ) from None
    except (ParseError, ValueError) as error:
        raise OnpremError(f"{source}: no XML ({error}); should be a customer gateway configuration") from None
    return _Reader(source).document(root)


class _Reader:
    """Takes values out of elements; every error names the document and the element."""

    def __init__(self, source: str) -> None:
        self._source = source

    def document(self, root: Element) -> Document:
        if root.tag != "vpn_connection":
            raise OnpremError(f"{self._source}: <{root.tag}>; should be <vpn_connection>")
        elements = root.findall("ipsec_tunnel")
        if len(elements) != 2:
            raise OnpremError(f"{self._source}: {len(elements)} ipsec_tunnel elements; should be 2")
        static = (root.findtext("vpn_connection_attributes") or "").strip() == STATIC
        first = self._tunnel(1, elements[0], static)
        second = self._tunnel(2, elements[1], static)
        self._check_apart(first, second)
        return Document(
            vpn_connection_id=self._checked_id(root.get("id"), "vpn_connection id"),
            customer_gateway_id=self._id(root, "customer_gateway_id"),
            vpn_gateway_id=self._id(root, "vpn_gateway_id") if root.findtext("vpn_gateway_id") else None,
            tunnels=(first, second),
        )

    def _check_apart(self, first: DocumentTunnel, second: DocumentTunnel) -> None:
        for what, one, other in (
            ("vpn_gateway/tunnel_outside_address", first.amazon_outside, second.amazon_outside),
            ("tunnel_inside_address", first.customer_inside.network, second.customer_inside.network),
        ):
            if one == other:
                raise OnpremError(f"{self._source}: both tunnels have {what} {one}; should be two")
        if first.bgp != second.bgp:
            raise OnpremError(f"{self._source}: the tunnels have different bgp elements; should be the same")

    def _tunnel(self, position: Literal[1, 2], element: Element, static: bool) -> DocumentTunnel:
        inside = self._inside(element, "customer_gateway")
        amazon_inside = self._inside(element, "vpn_gateway")
        if inside.network != amazon_inside.network or inside.ip == amazon_inside.ip:
            raise OnpremError(
                f"{self._source}: tunnel_inside_address {inside} and {amazon_inside};"
                " should be two addresses of one /30 block"
            )
        return DocumentTunnel(
            position=position,
            customer_outside=self._address(element, "customer_gateway/tunnel_outside_address/ip_address"),
            amazon_outside=self._address(element, "vpn_gateway/tunnel_outside_address/ip_address"),
            customer_inside=inside,
            amazon_inside=amazon_inside.ip,
            preshared_key=self._key(element),
            ike=self._proposals(element, "ike"),
            esp=self._proposals(element, "ipsec"),
            largest_segment=self._number(element, "ipsec/tcp_mss_adjustment", 536, 1460),
            dpd_interval=self._number(element, "ipsec/dead_peer_detection/interval", 1, 3600),
            dpd_retries=self._number(element, "ipsec/dead_peer_detection/retries", 1, 1000),
            bgp=None if static else self._bgp(element),
        )

    def _proposals(self, element: Element, phase: str) -> Proposals:
        encryption = self._known(element, f"{phase}/encryption_protocol", _ENCRYPTIONS)
        integrity = self._integrity(element, f"{phase}/authentication_protocol")
        group = self._known(element, f"{phase}/perfect_forward_secrecy", _DH_GROUPS)
        lifetime = self._number(element, f"{phase}/lifetime", 60, 86400)
        return Proposals((encryption,), (integrity,), (group,), lifetime)

    def _integrity(self, element: Element, path: str) -> str:
        value = self._text(element, path)
        match = _INTEGRITY.fullmatch(value)
        if not match:
            raise self._wrong(path, value, "sha1, sha2-256, sha2-384 or sha2-512")
        return match[1].upper()

    def _bgp(self, element: Element) -> Bgp:
        return Bgp(
            customer_asn=self._number(element, "customer_gateway/bgp/asn", 1, 4294967294),
            amazon_asn=self._number(element, "vpn_gateway/bgp/asn", 1, 4294967294),
            hold_time=self._number(element, "customer_gateway/bgp/hold_time", 3, 65535),
        )

    def _inside(self, element: Element, end: str) -> IPv4Interface:
        path = f"{end}/tunnel_inside_address"
        address = self._address(element, f"{path}/ip_address")
        prefix = self._number(element, f"{path}/network_cidr", 30, 30)
        if address not in LINK_LOCAL:
            raise self._wrong(f"{path}/ip_address", str(address), f"an address in {LINK_LOCAL}")
        return IPv4Interface(f"{address}/{prefix}")

    def _key(self, element: Element) -> str | None:
        key = (element.findtext("ike/pre_shared_key") or "").strip()
        return None if key in HIDDEN_KEYS or set(key) == {"*"} else key

    def _id(self, element: Element, path: str) -> str:
        return self._checked_id(self._text(element, path), path)

    def _checked_id(self, value: str | None, path: str) -> str:
        if value is None or not _ID.fullmatch(value):
            raise self._wrong(path, value or "nothing", "an id as AWS gives it")
        return value

    def _known(self, element: Element, path: str, known: dict[str, Value]) -> Value:
        value = self._text(element, path)
        if value not in known:
            raise self._wrong(path, value, f"one of {', '.join(known)}")
        return known[value]

    def _address(self, element: Element, path: str) -> IPv4Address:
        return self._converted(element, path, IPv4Address, "an IPv4 address")

    def _number(self, element: Element, path: str, least: int, most: int) -> int:
        right = f"{least}" if least == most else f"a number from {least} to {most}"
        number = self._converted(element, path, int, right)
        if not least <= number <= most:
            raise self._wrong(path, str(number), right)
        return number

    def _converted(self, element: Element, path: str, convert: Callable[[str], Value], right: str) -> Value:
        text = self._text(element, path)
        try:
            return convert(text)
        except (AddressValueError, NetmaskValueError, ValueError):
            raise self._wrong(path, text, right) from None

    def _text(self, element: Element, path: str) -> str:
        text = (element.findtext(path) or "").strip()
        if not text:
            raise OnpremError(f"{self._source}: {element.tag}/{path} is missing")
        return text

    def _wrong(self, path: str, value: str, right: str) -> OnpremError:
        shown = value if len(value) <= 60 else f"{value[:57]}..."
        return OnpremError(f"{self._source}: {path} is {shown!r}; should be {right}")
