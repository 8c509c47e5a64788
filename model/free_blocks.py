"""Blocks of addresses that nobody has taken: the lowest one, or the nearest to one that clashes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network

from model.addresses import IPNetwork, Span

PRIVATE_RANGES: tuple[IPNetwork, ...] = (
    IPv4Network("10.0.0.0/8"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.168.0.0/16"),
    IPv4Network("100.64.0.0/10"),
    IPv6Network("fd00::/8"),
)
"""Ranges for networks of one's own: RFC 1918, RFC 6598 and RFC 4193."""


def holds(space: IPNetwork, network: IPNetwork) -> bool:
    """Whether the whole of `network` is in `space`."""
    if space.version != network.version or network.prefixlen < space.prefixlen:
        return False
    return int(space.network_address) <= int(network.network_address) <= _last(space)


def private_range(network: IPNetwork) -> IPNetwork | None:
    """The private range that holds the network."""
    return next((space for space in PRIVATE_RANGES if holds(space, network)), None)


class FreeBlocks:
    """What is left between taken blocks. Made once in O(n log n); each question is answered in O(n)."""

    def __init__(self, taken: Iterable[IPNetwork] = (), spans: Iterable[Span] = ()) -> None:
        self._busy: dict[int, list[tuple[int, int]]] = {4: [], 6: []}
        blocks = [(block.version, int(block.network_address), _last(block)) for block in taken]
        for version, first, last in sorted([*blocks, *spans]):
            busy = self._busy[version]
            if busy and first <= busy[-1][1] + 1:
                busy[-1] = (busy[-1][0], max(last, busy[-1][1]))
            else:
                busy.append((first, last))

    def lowest(self, prefix: int, space: IPNetwork) -> IPNetwork | None:
        """The first free block of `prefix` bits in `space`; None when nothing is left."""
        if not space.prefixlen <= prefix <= space.max_prefixlen:
            return None
        width = 1 << (space.max_prefixlen - prefix)
        at = _above(int(space.network_address), width, self._busy[space.version])
        return type(space)((at, prefix)) if at + width - 1 <= _last(space) else None

    def nearest(self, network: IPNetwork, space: IPNetwork | None = None) -> IPNetwork | None:
        """The free block of the network's size that is nearest to it in `space`; None when nothing is left.

        Without `space` it is the private range around the network, then each of the others.
        """
        if space is not None:
            return self._nearest_in(network, space)
        spaces = [range_ for range_ in PRIVATE_RANGES if range_.version == network.version]
        spaces.sort(key=lambda space: not holds(space, network))
        return next(filter(None, (self._nearest_in(network, space) for space in spaces)), None)

    def _nearest_in(self, network: IPNetwork, space: IPNetwork) -> IPNetwork | None:
        if network.prefixlen < space.prefixlen:
            return None
        width = 1 << (network.max_prefixlen - network.prefixlen)
        bottom, top = int(space.network_address), _last(space) - width + 1
        start = min(max(int(network.network_address), bottom), top)
        busy = self._busy[network.version]
        found = [at for at in (_above(start, width, busy), _below(start, width, busy)) if bottom <= at <= top]
        nearest = min(found, key=lambda at: (abs(at - start), at), default=None)
        return None if nearest is None else type(network)((nearest, network.prefixlen))


def _above(start: int, width: int, busy: list[tuple[int, int]]) -> int:
    """The first free multiple of `width` at or after `start`."""
    for first, last in busy[bisect_left(busy, start, key=lambda span: span[1]) :]:
        if first > start + width - 1:
            break
        start = -(-(last + 1) // width) * width
    return start


def _below(start: int, width: int, busy: list[tuple[int, int]]) -> int:
    """The last free multiple of `width` at or before `start`."""
    for first, last in reversed(busy[: bisect_right(busy, start + width - 1, key=lambda span: span[0])]):
        if last < start:
            break
        start = (first - width) // width * width
    return start


def _last(network: IPNetwork) -> int:
    return int(network.network_address) + (1 << (network.max_prefixlen - network.prefixlen)) - 1
