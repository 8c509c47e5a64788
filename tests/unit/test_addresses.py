"""The search for overlaps, against comparing every pair."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from model.addresses import Claim, IPNetwork, overlaps


def networks() -> st.SearchStrategy[IPNetwork]:
    v4 = st.builds(
        lambda address, prefix: IPv4Network((address << 16, prefix), strict=False),
        st.integers(0, 0xFF),
        st.integers(8, 32),
    )
    v6 = st.builds(
        lambda address, prefix: IPv6Network((address << 112, prefix), strict=False),
        st.integers(0, 0xFF),
        st.integers(8, 128),
    )
    return st.one_of(v4, v6)


@given(st.lists(networks(), max_size=40))
def test_finds_exactly_the_pairs_that_share_an_address(blocks: list[IPNetwork]) -> None:
    claims = [Claim(block, str(i), "x") for i, block in enumerate(blocks)]
    expected = {
        frozenset((a.key, b.key))
        for a, b in combinations(claims, 2)
        if type(a.network) is type(b.network) and a.network.overlaps(b.network)  # pyright: ignore[reportArgumentType]
    }
    found = [frozenset((wider.key, narrower.key)) for wider, narrower in overlaps(claims)]
    assert len(found) == len(set(found))
    assert set(found) == expected


@given(st.lists(networks(), max_size=20))
def test_the_wider_block_comes_first(blocks: list[IPNetwork]) -> None:
    for wider, narrower in overlaps([Claim(block, "", "x") for block in blocks]):
        assert wider.network.prefixlen <= narrower.network.prefixlen


def test_neighbours_do_not_overlap() -> None:
    claims = [
        Claim(ip_network(block), block, "x")
        for block in ("10.0.0.0/31", "10.0.0.2/32", "10.0.0.3/32", "10.0.0.4/30", "::/0")
    ]
    assert not list(overlaps(claims))
