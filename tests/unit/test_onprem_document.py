"""The customer gateway configuration is read as AWS gives it, and refused by name where it is odd."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.onprem_connections import BGP, STATIC
from onprem.connection import Bgp, Proposals
from onprem.document import LARGEST_DOCUMENT, read_document
from onprem.errors import OnpremError


def test_a_bgp_connection_is_read_completely() -> None:
    document = read_document(BGP.text, "bgp.xml")
    assert document.vpn_connection_id == "vpn-0b1f0c6f4d2e8a917"
    assert document.customer_gateway_id == "cgw-0d55c1c2b7a90e3f4"
    assert document.vpn_gateway_id == "vgw-07c4be1d2f3a6b985"
    first, second = document.tunnels
    assert first.customer_outside == second.customer_outside == IPv4Address("203.0.113.10")
    assert second.amazon_outside == IPv4Address("198.51.100.102")
    assert second.customer_inside == IPv4Interface("169.254.30.6/30")
    assert second.amazon_inside == IPv4Address("169.254.30.5")
    assert second.preshared_key == "second.example.key_2"
    assert first.ike == Proposals(("AES128",), ("SHA1",), (2,), 28800)
    assert first.esp == Proposals(("AES128",), ("SHA1",), (2,), 3600)
    assert (first.largest_segment, first.dpd_interval, first.dpd_retries) == (1379, 10, 3)
    assert first.bgp == Bgp(65010, 64514, 30)


def test_a_static_connection_has_no_bgp() -> None:
    assert [tunnel.bgp for tunnel in read_document(STATIC.text, "static.xml").tunnels] == [None, None]


def test_keys_are_not_shown_by_accident() -> None:
    assert "example.key" not in repr(read_document(BGP.text, "bgp.xml"))


@pytest.mark.parametrize(
    "absent",
    [
        "",
        "<pre_shared_key/>",
        "<pre_shared_key>*****</pre_shared_key>",
        "<pre_shared_key>REDACTED</pre_shared_key>",
    ],
)
def test_a_key_kept_in_secrets_manager_is_no_key(absent: str) -> None:
    text = BGP.text.replace("<pre_shared_key>first.example.key_1</pre_shared_key>", absent)
    assert read_document(text, "bgp.xml").tunnels[0].preshared_key is None


def test_a_connection_to_a_transit_gateway_is_read() -> None:
    text = BGP.text.replace("<vpn_gateway_id>vgw-07c4be1d2f3a6b985</vpn_gateway_id>", "<vpn_gateway_id/>")
    assert read_document(text, "bgp.xml").vpn_gateway_id is None


WRONG = {
    "<ipsec_tunnel>": ("<tunnel>", "no XML"),
    "<lifetime>28800</lifetime>": ("<lifetime>long</lifetime>", "ike/lifetime is 'long'; should be a number"),
    "<lifetime>3600</lifetime>": ("<lifetime>7</lifetime>", "ipsec/lifetime is '7'"),
    "<encryption_protocol>aes-128-cbc<": ("<encryption_protocol>des<", "ike/encryption_protocol is 'des'"),
    "<authentication_protocol>sha1<": ("<authentication_protocol>md5<", "is 'md5'; should be sha1, sha2-256"),
    "<perfect_forward_secrecy>group2<": ("<perfect_forward_secrecy>group1<", "is 'group1'"),
    "<ip_address>203.0.113.10<": ("<ip_address>203.0.113.256<", "should be an IPv4 address"),
    "<ip_address>169.254.30.1<": ("<ip_address>10.0.0.1<", "should be an address in 169.254.0.0/16"),
    "<ip_address>169.254.30.2<": ("<ip_address>169.254.30.9<", "two addresses of one /30"),
    "<network_cidr>30<": ("<network_cidr>29<", "network_cidr is '29'; should be 30"),
    "<asn>64514<": ("<asn>0<", "vpn_gateway/bgp/asn is '0'"),
    "<hold_time>30</hold_time>": ("", "bgp/hold_time is missing"),
    "<tcp_mss_adjustment>1379<": ("<tcp_mss_adjustment>9000<", "tcp_mss_adjustment is '9000'"),
    'id="vpn-0b1f0c6f4d2e8a917"': ('id="vpn; reboot"', "vpn_connection id is 'vpn; reboot'"),
    "cgw-0d55c1c2b7a90e3f4": ("x", "customer_gateway_id is 'x'"),
    "<interval>10</interval>": ("", "dead_peer_detection/interval is missing"),
}


@pytest.mark.parametrize("good", WRONG)
def test_odd_elements_are_named(good: str) -> None:
    bad, named = WRONG[good]
    assert good in BGP.text
    with pytest.raises(OnpremError) as caught:
        read_document(BGP.text.replace(good, bad, 1), "bgp.xml")
    assert str(caught.value).startswith("bgp.xml: ")
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_connection_down_to_one_tunnel_is_refused() -> None:
    end = "</ipsec_tunnel>"
    one = BGP.text[: BGP.text.index(end) + len(end)] + "</vpn_connection>"
    with pytest.raises(OnpremError, match="1 ipsec_tunnel elements; should be 2"):
        read_document(one, "bgp.xml")


def test_two_tunnels_to_one_address_are_refused() -> None:
    with pytest.raises(OnpremError, match=r"both tunnels have .*198\.51\.100\.101"):
        read_document(BGP.text.replace("198.51.100.102", "198.51.100.101"), "bgp.xml")


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE vpn_connection SYSTEM "http://example.com/x.dtd">',
        '<!DOCTYPE v [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE v [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_document_types_and_entities_are_refused(prolog: str) -> None:
    body = BGP.text.partition("?>")[2]
    with pytest.raises(OnpremError, match="document type or entities"):
        read_document(f"{prolog}{body}", "bgp.xml")


def test_the_size_is_bounded() -> None:
    with pytest.raises(OnpremError, match="should be at most"):
        read_document(BGP.text + " " * LARGEST_DOCUMENT, "bgp.xml")


@given(st.one_of(st.text(), st.binary()))
def test_anything_else_is_one_line(text: str | bytes) -> None:
    with pytest.raises(OnpremError) as caught:
        read_document(text, "any.xml")
    assert len(str(caught.value).splitlines()) == 1


@given(st.integers(0, 400), st.integers(1, 200))
def test_a_damaged_document_is_read_or_refused(start: int, length: int) -> None:
    position = start * len(BGP.text) // 401
    damaged = BGP.text[:position] + BGP.text[position + length :]
    said = _said(damaged)
    assert len(said.splitlines()) == 1


def _said(text: str) -> str:
    try:
        return f"{len(read_document(text, 'bgp.xml').tunnels)} tunnels"
    except OnpremError as error:
        return str(error)
