"""Whatever the settings allow is rendered for every device, complete and with nothing left open."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labs.onprem_connections import BGP, STATIC, connection, suited
from model.tunnel_options import TunnelOptions
from onprem.assembly import Surroundings, TunnelFacts, assemble
from onprem.connection import ENCRYPTIONS, INTEGRITIES, Bgp, Connection, Proposals
from onprem.description import read_description
from onprem.document import read_document
from onprem.errors import OnpremError
from onprem.rendering import UnsupportedError, devices, forms, render

GROUPS = (14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24)
LIMITED = {
    "asa", "azure", "checkpoint", "fortigate", "ftd", "google", "ios-xe", "junos", "libreswan", "pan-os",
    "routeros", "sophos", "unifi",
}  # fmt: skip
"""Devices that lack some of AWS's algorithms, addresses or kinds of routes: only they may refuse."""


def _some(values: tuple[Any, ...]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(values), min_size=1, unique=True).map(tuple)


@st.composite
def tunnel_options(draw: st.DrawFn) -> TunnelOptions:
    phase2_lifetime = draw(st.integers(900, 3600))
    return TunnelOptions.model_validate(
        {
            "ike_versions": draw(_some(("ikev1", "ikev2"))),
            "phase1_encryption_algorithms": draw(_some(ENCRYPTIONS)),
            "phase1_integrity_algorithms": draw(_some(INTEGRITIES)),
            "phase1_dh_group_numbers": draw(_some((2, *GROUPS))),
            "phase1_lifetime_seconds": draw(st.integers(phase2_lifetime + 1, 28800)),
            "phase2_encryption_algorithms": draw(_some(ENCRYPTIONS)),
            "phase2_integrity_algorithms": draw(_some(INTEGRITIES)),
            "phase2_dh_group_numbers": draw(_some((2, 5, *GROUPS))),
            "phase2_lifetime_seconds": phase2_lifetime,
            "rekey_margin_time_seconds": draw(st.integers(60, phase2_lifetime // 2)),
            "replay_window_size": draw(st.integers(64, 2048)),
            "startup_action": "add",
        }
    )


def _description(text: str, facts: tuple[TunnelFacts, TunnelFacts]) -> bytes:
    """What DescribeVpnConnections says of a connection with the given document and options."""
    tunnels: list[dict[str, Any]] = []
    for facts_of, tunnel in zip(facts, read_document(text, "x").tunnels, strict=True):
        options = (facts_of.options or TunnelOptions()).exported()
        said: dict[str, Any] = {"OutsideIpAddress": str(tunnel.amazon_outside)}
        for name, value in options.items():
            aws = f"{name[0].upper()}{name[1:]}".replace("Dh", "DH")
            said[aws] = [{"Value": each} for each in value] if isinstance(value, (list, tuple)) else value
        tunnels.append(said)
    found = {"CustomerGatewayConfiguration": text, "Options": {"TunnelOptions": tunnels}}
    return json.dumps({"VpnConnections": [found]}).encode()


@st.composite
def connections(draw: st.DrawFn) -> Connection:
    """Connections with any options, addresses and networks that a stack file and AWS may give."""
    lans = draw(st.lists(st.integers(0, 255), min_size=1, max_size=5, unique=True))
    vpcs = draw(st.lists(st.integers(0, 255), min_size=1, max_size=3, unique=True))
    surroundings = Surroundings(
        draw(st.from_regex(r"[a-z][a-z0-9]{0,11}(-[a-z0-9]{1,5}){0,2}", fullmatch=True)),
        tuple(IPv4Network(f"192.168.{lan}.0/24") for lan in lans),
        tuple(IPv4Network(f"10.{vpc}.0.0/16") for vpc in vpcs),
        "stack prod",
    )
    facts = (TunnelFacts(draw(tunnel_options())), TunnelFacts(draw(tunnel_options())))
    text = draw(st.sampled_from((BGP, STATIC))).text
    for each in facts:
        if each.options and "ikev2" not in each.options.ike_versions:
            block = [name for name in each.options.phase1_encryption_algorithms if "GCM" not in name]
            if not block:
                facts = (TunnelFacts(TunnelOptions()), TunnelFacts(TunnelOptions()))
    document = read_document(text, "x")
    if draw(st.booleans()):
        described = read_description(_description(text, facts), "x")
        document, facts = described.document, described.facts
    made = assemble(document, surroundings, facts)
    blocks = draw(st.lists(st.integers(6 * 64, 16383), min_size=2, max_size=2, unique=True))
    first, second = (
        replace(
            tunnel,
            customer_inside=IPv4Interface((int(IPv4Address("169.254.0.2")) + 4 * block, 30)),
            amazon_inside=IPv4Address("169.254.0.1") + 4 * block,
            bgp=tunnel.bgp and Bgp(draw(st.integers(1, 4294967294)), 64512, 30),
        )
        for tunnel, block in zip(made.tunnels, blocks, strict=True)
    )
    second = replace(second, bgp=first.bgp)
    return replace(made, tunnels=(first, second))


def _text(made: Connection, device: str, form: str = "configure") -> str:
    return "\n".join(file.content for file in render(made, device, form))


def _text_or_refusal(made: Connection, device: str) -> str | None:
    """The output; None if the device was asked only for what it does not have, and says so in a line."""
    try:
        return _text(made, device)
    except UnsupportedError as error:
        said = str(error)
    assert device in LIMITED
    assert len(said.splitlines()) == 1
    return None


@pytest.mark.parametrize("device", devices())
@settings(max_examples=12, deadline=None)
@given(made=connections())
def test_any_connection_is_rendered_completely(device: str, made: Connection) -> None:
    text = _text_or_refusal(made, device)
    if text is None:
        return
    for tunnel in made.tunnels:
        inside = tunnel.amazon_inside if tunnel.bgp else tunnel.customer_inside.ip
        for value in (tunnel.amazon_outside, inside, tunnel.preshared_key):
            assert re.search(rf"(?<![\w.]){re.escape(str(value))}(?!\w)", text), value
    assert str(min(tunnel.mss for tunnel in made.tunnels)) in text
    for network in (*made.lans, *made.vpc_cidrs):
        assert str(network) in text or f"{network.network_address}" in text
    assert not re.search(LEFT_OPEN, text)
    for form in forms(device):
        others = _text(made, device, form)
        assert not re.search(LEFT_OPEN, others) or form == "ansible"
        assert form == "configure" or not any(tunnel.preshared_key in others for tunnel in made.tunnels)
    removed = _text(made, device, "remove")
    for tunnel in made.tunnels:
        number = "|".join(map(str, (tunnel.number, tunnel.number % 16000, tunnel.number % 10000)))
        assert re.search(rf"{tunnel.name}\b|{tunnel.amazon_outside}\b|\D({number})\b", removed)


LEFT_OPEN = r"\{\{|\}\}|\{%|%\}|\bNone\b|undefined|Undefined|@@"

NAMES = {
    "AES128": r"aes-?128|AES128|aes-cbc-128|esp-aes\b|encryption.* aes( |$)|>aes<",
    "AES256": r"aes-?256|AES256|aes-cbc-256|aes 256|esp-aes 256|>aes<",
    "AES128-GCM-16": r"aes_?128gcm|aes_gcm128|aes-gcm-128|aes-128-gcm|esp-gcm\b|aes-gcm( |$)|AES128-GCM",
    "AES256-GCM-16": r"aes_?256gcm|aes_gcm256|aes-gcm-256|aes-256-gcm|esp-gcm 256|AES256-GCM",
    "SHA1": r"(?i)sha-?1?\b|sha1",
    "SHA2-256": r"(?i)sha(2[-_])?-?256",
    "SHA2-384": r"(?i)sha(2[-_])?-?384",
    "SHA2-512": r"(?i)sha(2[-_])?-?512",
}


@pytest.mark.parametrize("device", devices())
@settings(max_examples=12, deadline=None)
@given(encryptions=_some(ENCRYPTIONS), integrities=_some(INTEGRITIES))
def test_every_algorithm_is_used_or_said_to_be_left_out(
    device: str, encryptions: tuple[str, ...], integrities: tuple[str, ...]
) -> None:
    phase = Proposals(encryptions, integrities, (14, 19), 3600)
    made = suited(BGP, device)
    assert made
    first, second = (replace(tunnel, ike=phase, esp=phase) for tunnel in made.tunnels)
    try:
        text = _text(replace(made, tunnels=(first, second)), device)
    except UnsupportedError:
        assert device in LIMITED
        return
    for name in (*encryptions, *(integrities if phase.block_ciphers else ())):
        assert re.search(NAMES[name], text, re.MULTILINE), name


def test_packets_fit_into_ethernet() -> None:
    """The sizes that RFC 4303 gives for ESP in UDP, worked out by hand."""
    gcm = Proposals(("AES256-GCM-16",), ("SHA2-512",), (19,), 3600)
    assert gcm.largest_packet() == 1438
    assert Proposals(("AES256",), ("SHA2-256",), (19,), 3600).largest_packet() == 1422
    assert Proposals(("AES256",), ("SHA2-512",), (19,), 3600).largest_packet() == 1406
    assert Proposals(("AES128",), ("SHA1",), (2,), 3600).largest_packet() == 1422
    assert replace(gcm, encryptions=("AES256-GCM-16", "AES256")).largest_packet() == 1406


def test_the_segment_is_what_aws_asks_for_unless_it_does_not_fit() -> None:
    default = connection(BGP).tunnels[0]
    assert (default.mtu, default.mss) == (1438, 1379)
    long_check = replace(default, esp=Proposals(("AES256",), ("SHA2-512",), (19,), 3600))
    assert (long_check.mtu, long_check.mss) == (1406, 1366)
    weak = replace(default, esp=Proposals(("AES128",), ("SHA1",), (2,), 3600))
    assert (weak.mtu, weak.mss) == (1422, 1379)


def test_tunnels_are_numbered_by_their_inside_block() -> None:
    assert [tunnel.name for tunnel in connection(BGP).tunnels] == ["aws1920", "aws1921"]


def test_unknown_devices_are_told_the_known_ones() -> None:
    with pytest.raises(OnpremError, match=r"unknown device 'none'; should be one of .*ios-xe, junos"):
        render(connection(BGP), "none")


def test_what_a_device_lacks_is_named() -> None:
    only = TunnelOptions.model_validate({"phase1_dh_group_numbers": (22,)})
    with pytest.raises(UnsupportedError, match=r"berlin-1: libreswan 4\.10 .* lacks group 22"):
        render(connection(BGP, only), "libreswan")


def test_ikev1_has_no_gcm_in_phase_1() -> None:
    options = {"ike_versions": ("ikev1",), "startup_action": "add"}
    text = _text(connection(BGP, TunnelOptions.model_validate(options)), "strongswan")
    assert "version = 1" in text
    ike = _strongswan_proposals(text)[0]
    assert {proposal.partition("-")[0] for proposal in ike} == {"aes256"}
    gcm = {**options, "phase1_encryption_algorithms": ("AES256-GCM-16",)}
    with pytest.raises(OnpremError, match="IKEv1 with AES256-GCM-16 in phase 1; should be ikev2"):
        connection(BGP, TunnelOptions.model_validate(gcm))


def _strongswan_proposals(text: str) -> list[tuple[str, ...]]:
    lines = re.findall(r"^ +(?:esp_)?proposals = (.+)$", text, re.MULTILINE)
    return [tuple(line.split(", ")) for line in lines]


def test_strongswan_is_given_ikev1_proposals_one_by_one() -> None:
    """Of several algorithms of a kind in a proposal of IKEv1 it takes the first, without a word."""
    several = {"integrity_algorithms": ("SHA2-256", "SHA2-512"), "dh_group_numbers": (19, 20)}
    options = TunnelOptions.model_validate(
        {
            "ike_versions": ("ikev1",),
            **{
                f"{phase}_{kind}": values
                for phase in ("phase1", "phase2")
                for kind, values in several.items()
            },
            "phase2_encryption_algorithms": ("AES256", "AES256-GCM-16"),
        }
    )
    ike, esp, *second = _strongswan_proposals(_text(connection(BGP, options), "strongswan"))
    assert [ike, esp] == second
    assert set(ike) == {f"aes256-sha{sha}-ecp{ecp}" for sha in (256, 512) for ecp in (256, 384)}
    assert set(esp) == set(ike) | {f"aes256gcm16-ecp{ecp}" for ecp in (256, 384)}


def test_junos_says_which_prf_its_gcm_needs() -> None:
    gcm = {"phase1_encryption_algorithms": ("AES256-GCM-16",)}
    lacking = TunnelOptions.model_validate({**gcm, "phase1_integrity_algorithms": ("SHA2-256",)})
    assert "# Junos takes SHA2-384 as the PRF" in _text(connection(BGP, lacking), "junos")
    assert "# Junos takes SHA2-384" not in _text(connection(BGP, TunnelOptions.model_validate(gcm)), "junos")


def test_ios_profiles_have_six_transform_sets_at_most() -> None:
    made = connection(BGP)
    phase = replace(made.tunnels[0].esp, encryptions=ENCRYPTIONS, integrities=INTEGRITIES)
    first, second = (replace(tunnel, esp=phase) for tunnel in made.tunnels)
    text = _text(replace(made, tunnels=(first, second)), "ios-xe")
    for line in re.findall(r"^ set transform-set (.+)$", text, re.MULTILINE):
        assert len(line.split()) == 6
    assert text.count("! more than six, left out: ") == 2 * (2 * 4 + 2 - 6)


@pytest.mark.parametrize("device", devices())
def test_redacted_output_has_no_key(device: str) -> None:
    made = suited(BGP, device)
    assert made
    assert "example.key" in _text(made, device)
    assert "example.key" not in _text(made.redacted(), device)
