"""The sweep for overlaps and the search for free blocks, against ways that are slow and obviously right."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.addresses import Claim, IPNetwork, overlaps
from model.free_blocks import FreeBlocks, holds, private_range

SPACE = IPv4Network("10.0.0.0/24")
WIDE = IPv4Network("10.0.0.0/16")


@st.composite
def ipv4_blocks(draw: st.DrawFn, within: IPv4Network = WIDE) -> IPv4Network:
    prefix = draw(st.integers(within.prefixlen, 32))
    address = draw(st.integers(int(within.network_address), int(within.broadcast_address)))
    return IPv4Network((address, prefix), strict=False)


@st.composite
def ipv6_blocks(draw: st.DrawFn) -> IPv6Network:
    prefix = draw(st.integers(112, 128))
    return IPv6Network((0xFD << 120 | draw(st.integers(0, 2**16 - 1)), prefix), strict=False)


@given(st.lists(st.one_of(ipv4_blocks(), ipv6_blocks()), max_size=30))
def test_sweep_finds_what_comparing_every_pair_finds(blocks: list[IPNetwork]) -> None:
    claims = [Claim(block, str(i), "") for i, block in enumerate(blocks)]
    found = {frozenset((wider.key, narrower.key)) for wider, narrower in overlaps(claims)}
    assert found == {
        frozenset((one.key, other.key))
        for one, other in combinations(claims, 2)
        if one.network.version == other.network.version and one.network.overlaps(other.network)  # pyright: ignore[reportArgumentType]
    }
    assert len(list(overlaps(claims))) == len(found), "a pair is told twice"
    assert all(holds(wider.network, narrower.network) for wider, narrower in overlaps(claims))


@given(st.lists(ipv4_blocks(SPACE), max_size=20), ipv4_blocks(SPACE))
def test_nearest_free_block_is_the_nearest_of_all(taken: list[IPv4Network], wanted: IPv4Network) -> None:
    free = [
        block
        for block in SPACE.subnets(new_prefix=wanted.prefixlen)
        if not any(block.overlaps(other) for other in taken)
    ]
    found = FreeBlocks(taken).nearest(wanted, SPACE)
    if not free:
        assert found is None
    else:
        assert found in free
        assert _distance(found, wanted) == min(_distance(block, wanted) for block in free)


def _distance(block: IPNetwork | None, wanted: IPv4Network) -> int:
    assert block is not None
    return abs(int(block.network_address) - int(wanted.network_address))


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("10.0.0.0/24", "10.0.1.0/24", False),
        ("10.0.0.0/24", "10.0.0.0/24", True),
        ("10.0.0.0/23", "10.0.1.0/24", True),
        ("10.0.0.254/31", "10.0.0.255/32", True),
        ("10.0.0.252/31", "10.0.0.254/31", False),
        ("10.0.0.1/32", "10.0.0.1/32", True),
        ("10.0.0.1/32", "10.0.0.2/32", False),
        ("0.0.0.0/0", "255.255.255.255/32", True),
        ("::/0", "0.0.0.0/0", False),
        ("fd00::/64", "fd00:0:0:1::/64", False),
        ("fd00::/63", "fd00:0:0:1::/64", True),
    ],
)
def test_edges_of_blocks(one: str, other: str, meet: bool) -> None:
    claims = [Claim(ip_network(text), text, "") for text in (one, other)]
    assert bool(list(overlaps(claims))) is meet
    assert bool(list(overlaps(reversed(claims)))) is meet


def test_wider_block_comes_first_and_equal_ones_in_the_order_given() -> None:
    texts = ("10.0.1.0/24", "10.0.0.0/16", "10.0.1.0/24")
    claims = [Claim(ip_network(text), str(i), "") for i, text in enumerate(texts)]
    assert [(wider.key, narrower.key) for wider, narrower in overlaps(claims)] == [
        ("1", "0"),
        ("1", "2"),
        ("0", "2"),
    ]


def test_free_block_is_looked_for_in_the_same_private_range_before_the_others() -> None:
    taken = [IPv4Network("172.16.0.0/13")]
    assert FreeBlocks(taken).nearest(IPv4Network("172.20.0.0/16")) == IPv4Network("172.24.0.0/16")
    taken = [IPv4Network("172.16.0.0/12")]
    assert FreeBlocks(taken).nearest(IPv4Network("172.20.0.0/16")) == IPv4Network("10.255.0.0/16")
    assert FreeBlocks([IPv4Network("0.0.0.0/0")]).nearest(IPv4Network("172.20.0.0/16")) is None
    assert FreeBlocks([]).nearest(IPv4Network("8.8.8.0/24")) == IPv4Network("10.0.0.0/24")
    assert FreeBlocks([]).nearest(IPv6Network("2001:db8::/64")) is not None
    assert private_range(IPv4Network("172.32.0.0/16")) is None
