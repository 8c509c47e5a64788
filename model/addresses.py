"""IPv4 and IPv6 networks as settings write them, and the search for overlaps among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_network
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

IPNetwork = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Claim:
    """A range of addresses and where it was asked for.

    `owner` groups the claims that belong to one place: ranges of the same owner may contain each other.
    """

    network: IPNetwork
    key: str
    owner: str


@dataclass(frozen=True, slots=True)
class StackClaim(Claim):
    """A range that a stack takes: its VPC's, a LAN of a site or of an office, or a pool of clients.

    `owner` is the name of what takes it: the location, the office or the tunnel; a VPC needs none.
    """

    kind: Literal["vpc", "site", "office", "pool"]

    def is_shared_with(self, other: StackClaim) -> bool:
        """Whether both are one LAN behind redundant routers of one location."""
        same_place = self.kind == other.kind == "site" and self.owner == other.owner
        return same_place and self.network == other.network


ClaimT = TypeVar("ClaimT", bound=Claim)


def overlaps(claims: Iterable[ClaimT]) -> Iterator[tuple[ClaimT, ClaimT]]:
    """Every pair of claims that share an address, the wider one first; of equal ones, the one given first.

    CIDR blocks are nested or disjoint, so in order of (first address, width) each block can only overlap the
    blocks that are still open: O(n log n + pairs). IPv4 and IPv6 never meet.
    """
    by_version: dict[int, list[ClaimT]] = {4: [], 6: []}
    for claim in claims:
        by_version[claim.network.version].append(claim)
    for comparable in by_version.values():
        yield from _sweep(comparable)


def _sweep(claims: list[ClaimT]) -> Iterator[tuple[ClaimT, ClaimT]]:
    """The pairs among claims of one IP version. A block's place in the order is one whole number."""
    places = [int(claim.network.network_address) << 8 | claim.network.prefixlen for claim in claims]
    open_blocks: list[tuple[int, ClaimT]] = []
    for i in sorted(range(len(claims)), key=places.__getitem__):
        claim, first = claims[i], places[i] >> 8
        while open_blocks and open_blocks[-1][0] < first:
            open_blocks.pop()
        for _, wider in open_blocks:
            yield wider, claim
        width = 1 << (claim.network.max_prefixlen - claim.network.prefixlen)
        open_blocks.append((first + width - 1, claim))


Span = tuple[int, int, int]
"""A block as numbers: IP version, first and last address."""


def span(cidr: str) -> Span:
    """A block's numbers, several times faster than `ipaddress` tells them.

    Raises:
        ValueError: it is no block, or has host bits; the text says what would be right.
    """
    address, _, length = cidr.partition("/")
    family, version, bits = (AF_INET6, 6, 128) if ":" in address else (AF_INET, 4, 32)
    try:
        first = int.from_bytes(inet_pton(family, address))
    except (OSError, ValueError):
        first, length = 0, ""
    if not (length.isascii() and length.isdecimal() and len(length) <= 3 and int(length) <= bits):
        raise ValueError("an IPv4 or IPv6 block in CIDR notation, such as 10.0.0.0/16")
    width = 1 << (bits - int(length))
    host_bits = first & (width - 1)
    if host_bits:
        right = inet_ntop(family, (first - host_bits).to_bytes(bits // 8))
        raise ValueError(f"the network's own address: {right}/{int(length)}")
    return version, first, first + width - 1


def _parse_ipv4_network(value: Any) -> IPv4Network:
    if isinstance(value, IPv4Network):
        return value
    try:
        if "/" not in str(value):
            raise ValueError
        network = ip_network(str(value), strict=False)
    except ValueError:
        raise PydanticCustomError("cidr", "an IPv4 network in CIDR notation, such as 10.0.0.0/16") from None
    if not isinstance(network, IPv4Network):
        raise PydanticCustomError("cidr", "an IPv4 network; IPv6 is not supported here")
    if str(network) != str(value):
        raise PydanticCustomError("cidr", "the network's own address: {network}", {"network": str(network)})
    return network


def _parse_ipv4_address(value: Any) -> IPv4Address:
    try:
        return IPv4Address(str(value))
    except ValueError:
        raise PydanticCustomError("address", "an IPv4 address, such as 203.0.113.10") from None


Cidr = Annotated[IPv4Network, BeforeValidator(_parse_ipv4_network)]
"""An IPv4 network without host bits, written as a string in the stack file."""

Address = Annotated[IPv4Address, BeforeValidator(_parse_ipv4_address)]
"""A single IPv4 address, written as a string in the stack file."""
