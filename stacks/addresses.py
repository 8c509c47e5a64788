"""IPv4 and IPv6 networks as settings write them, and the search for overlaps among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, TypeVar

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


ClaimT = TypeVar("ClaimT", bound=Claim)


def overlaps(claims: Iterable[ClaimT]) -> Iterator[tuple[ClaimT, ClaimT]]:
    """Every pair of claims that share an address, the wider one first; of equal ones, the one given first.

    CIDR blocks are nested or disjoint, so in order of (first address, width) each block can only overlap the
    blocks that are still open: O(n log n + pairs). IPv4 and IPv6 never meet.
    """
    open_blocks: list[tuple[int, int, ClaimT]] = []
    for version, first, minus_last, _, claim in sorted(_spans(claims)):
        while open_blocks and (open_blocks[-1][1] < first or open_blocks[-1][0] != version):
            open_blocks.pop()
        for _, _, wider in open_blocks:
            yield wider, claim
        open_blocks.append((version, -minus_last, claim))


def _spans(claims: Iterable[ClaimT]) -> Iterator[tuple[int, int, int, int, ClaimT]]:
    """Claims as (version, first address, minus the last, position): in the order of the sweep when sorted."""
    for position, claim in enumerate(claims):
        network = claim.network
        first = int(network.network_address)
        width = 1 << (network.max_prefixlen - network.prefixlen)
        yield network.version, first, 1 - first - width, position, claim


def _parse_ipv4_network(value: Any) -> IPv4Network:
    if isinstance(value, IPv4Network):
        return value
    try:
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
