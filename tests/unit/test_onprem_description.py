"""What AWS describes: what it says beside the document, and what is refused in one line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from command import root
from labs.onprem_connections import STATIC
from onprem.description import read_description
from onprem.errors import OnpremError


def main(arguments: list[str]) -> int:
    """`aws-vpn onprem` with the arguments; its exit code."""
    return root.main(["onprem", *arguments])


def _refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) in {1, 2}
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert "example.key" not in captured.err
    return captured.err.strip()


def _description(options: Sequence[dict[str, Any]] = ({}, {}), **more: Any) -> dict[str, Any]:
    outside = ("198.51.100.103", "198.51.100.104")
    tunnels = [{"OutsideIpAddress": a, **each} for a, each in zip(outside, options, strict=True)]
    found = {"CustomerGatewayConfiguration": STATIC.text, "Options": {"TunnelOptions": tunnels[::-1]}, **more}
    return {"VpnConnections": [found]}


WITHOUT_LAN = ["render", "--vpc-cidr", "10.30.0.0/16", "--name", "lisbon", "--device", "strongswan"]
FROM_JSON = [*WITHOUT_LAN, "--describe"]
LAN = ["--lan", "192.168.30.0/24"]


def test_a_description_says_what_its_document_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weak = {
        "IkeVersions": [{"Value": "ikev1"}],
        "Phase1EncryptionAlgorithms": [{"Value": "AES128"}],
        "Phase2DHGroupNumbers": [{"Value": 15}],
        "ReplayWindowSize": 64,
    }
    (tmp_path / "vpn.json").write_text(json.dumps(_description(({}, weak))), encoding="utf-8")
    assert main([*FROM_JSON, str(tmp_path / "vpn.json"), *LAN]) == 0
    first, second = capsys.readouterr().out.split("==> etc/swanctl/conf.d/")[1:3]
    assert "version = 2" in first
    assert "aes256gcm16-ecp256-ecp384-ecp521" in first
    assert "version = 1" in second
    assert "aes128-sha256-ecp256" in second
    assert "modp3072" in second
    assert "replay_window = 64" in second


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[]", "should be the JSON of describe-vpn-connections"),
        ("{", "should be the JSON of describe-vpn-connections"),
        ('{"VpnConnections": []}', "0 connections; should be one"),
        ('{"VpnConnections": [3]}', "should be the JSON of describe-vpn-connections"),
        ('{"VpnConnections": [{}]}', "CustomerGatewayConfiguration is missing"),
        (
            json.dumps(_description(({}, {"ReplayWindowSize": 1}))),
            "replayWindowSize should be Input should be",
        ),
    ],
)
def test_an_odd_description_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, said: str
) -> None:
    (tmp_path / "vpn.json").write_text(content, encoding="utf-8")
    assert said in _refusal(capsys, *FROM_JSON, str(tmp_path / "vpn.json"), *LAN)


ROUTES = [
    {"DestinationCidrBlock": "192.168.40.0/24", "Source": "Static", "State": "available"},
    {"DestinationCidrBlock": "192.168.41.0/24", "Source": "Static", "State": "deleting"},
]


def test_what_is_behind_the_router_is_what_aws_has_routes_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "vpn.json"
    file.write_text(json.dumps(_description(Routes=ROUTES)), encoding="utf-8")
    assert main([*FROM_JSON, str(file)]) == 0
    shown = capsys.readouterr().out
    assert "192.168.40.0/24" in shown
    assert "192.168.41.0/24" not in shown
    said = _refusal(capsys, *FROM_JSON, str(file), *LAN)
    assert said == "--lan with --describe; should be left out: AWS has routes to 192.168.40.0/24"
    file.write_text(json.dumps(_description()), encoding="utf-8")
    assert _refusal(capsys, *FROM_JSON, str(file)).startswith("with --describe, --lan should be given")


@pytest.mark.parametrize("endpoint", ["nonsense", "http://", "http://127.0.0.1:1", "http://a b/"])
def test_an_endpoint_that_is_none_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], endpoint: str
) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    said = _refusal(capsys, *WITHOUT_LAN, "--connection", "vpn-0b1f0c6f4d2e8a917", *LAN)
    assert said.startswith("vpn-0b1f0c6f4d2e8a917 should be a VPN connection that AWS describes: ")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None)
@given(place=st.integers(0, 60), odd=JSON)
def test_any_odd_value_is_said_in_one_line(place: int, odd: Any) -> None:
    """A value at any place of a description is put in another's stead: it is read, or refused by name."""
    whole = _description(
        ({"IkeVersions": [{"Value": "ikev2"}], "ReplayWindowSize": 64}, {}),
        Routes=ROUTES,
        PreSharedKeyArn=None,
    )
    places = list(_places(whole))
    parent, key = places[place % len(places)]
    parent[key] = odd
    assert len(_said(json.dumps(whole).encode()).splitlines()) == 1


def _said(text: bytes) -> str:
    try:
        return f"{len(read_description(text, 'vpn.json').facts)} tunnels"
    except OnpremError as error:
        return str(error)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in list(inner):
        yield value, key
        yield from _places(each)
