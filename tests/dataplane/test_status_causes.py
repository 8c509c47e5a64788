"""The cause of a tunnel that does not come up, told from the logs of real strongSwan negotiations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from labs.ipsec.daemons import Daemon, start_daemon, user_space_ipsec
from labs.namespaces import Host, Lab
from operations.status.causes import cause

HERE, THERE = "10.99.0.1", "10.99.0.2"
QUICK = "retransmit_tries = 1\n  retransmit_timeout = 0.5\n"
"""Instead of minutes until an end gives up."""


@dataclass(frozen=True)
class End:
    """How one end is configured."""

    ike: str = "aes256-sha256-ecp256"
    esp: str = "aes256-sha256-ecp256"
    key: str = "correct.horse.battery"
    version: int = 2
    identity: str | None = None
    selectors: str = "10.0.0.0/8"


RIGHT = End()
WRONG: dict[str, tuple[End, set[str]]] = {
    "encryption": (replace(RIGHT, ike="aes128-sha256-ecp256"), {"no-proposal"}),
    "integrity": (replace(RIGHT, ike="aes256-sha512-ecp256"), {"no-proposal"}),
    "group": (replace(RIGHT, ike="aes256-sha256-modp2048"), {"no-proposal"}),
    "phase 2 encryption": (replace(RIGHT, esp="aes128-sha256"), {"no-phase2-proposal"}),
    "phase 2 integrity": (replace(RIGHT, esp="aes256-sha512"), {"no-phase2-proposal"}),
    "key": (replace(RIGHT, key="another.key.altogether"), {"wrong-key", "authentication"}),
    "identity": (replace(RIGHT, identity="10.99.0.77"), {"wrong-identity", "authentication"}),
    "selectors": (replace(RIGHT, selectors="172.16.0.0/12"), {"traffic-selectors"}),
    "ike version": (replace(RIGHT, version=1), {"ike-version", "no-proposal"}),
    "encryption and group": (replace(RIGHT, ike="aes128-sha256-modp2048"), {"no-proposal"}),
    "weaker by name alone": (replace(RIGHT, ike="aes128-sha1-modp1024"), {"no-proposal"}),
    "authenticated encryption": (replace(RIGHT, ike="aes256gcm16-prfsha256-ecp256"), {"no-proposal"}),
    "phase 2 key length": (replace(RIGHT, esp="aes192-sha256"), {"no-phase2-proposal"}),
    "ikev1 phase 2 group": (
        replace(RIGHT, version=1, esp="aes256-sha256-modp2048"),
        {"no-phase2-proposal"},
    ),
    "phase 2 authenticated": (replace(RIGHT, esp="aes256gcm16"), {"no-phase2-proposal"}),
    "key of another tunnel": (replace(RIGHT, key="correct.horse.battery2"), {"wrong-key", "authentication"}),
    "identity by name": (replace(RIGHT, identity="router.example.com"), {"wrong-identity", "authentication"}),
    "selectors of a host": (replace(RIGHT, selectors="10.99.0.77/32"), {"traffic-selectors"}),
    "ikev1 proposal": (replace(RIGHT, version=1, ike="aes128-sha1-modp1024"), {"no-proposal"}),
    "ikev1 phase 2": (replace(RIGHT, version=1, esp="aes128-sha256"), {"no-phase2-proposal"}),
    "ikev1 key": (replace(RIGHT, version=1, key="another.key.altogether"), {"wrong-key"}),
}
"""What is wrong with the calling end, and what its own log can tell: the other end may keep the reason."""


def _configuration(end: End, own: str, other: str) -> str:
    return f"""
connections {{
  peer {{
    version = {end.version}
    local_addrs = {own}
    remote_addrs = {other}
    proposals = {end.ike}
    mobike = no
    local {{
      auth = psk
      id = {end.identity or own}
    }}
    remote {{
      auth = psk
      id = {other}
    }}
    children {{
      net {{
        local_ts = {end.selectors}
        remote_ts = {end.selectors}
        esp_proposals = {end.esp}
      }}
    }}
  }}
}}
secrets {{
  ike-peer {{
    secret = "{end.key}"
  }}
}}
"""


def _start(host: Host, folder: Path, end: End, own: str, other: str) -> Daemon:
    swanctl = folder / host.name / "swanctl"
    swanctl.mkdir(parents=True)
    (swanctl / "swanctl.conf").write_text(_configuration(end, own, other), encoding="utf-8")
    settings = user_space_ipsec().replace("port = 500\n", f"port = 500\n  {QUICK}", 1)
    daemon = start_daemon(host, folder / host.name, swanctl, settings)
    daemon.swanctl("--load-all")
    return daemon


def _negotiated(folder: Path, wrong: End, right: End | None) -> str:
    """The calling end's log of an attempt to come up that fails; without `right` nobody is there."""
    with Lab(folder) as lab:
        near, far = lab.host("near"), lab.host("far")
        lab.link(near, "eth0", far, "eth0")
        near.address("eth0", f"{HERE}/24")
        far.address("eth0", f"{THERE}/24")
        if right:
            _start(far, folder, right, THERE, HERE)
        calling = _start(near, folder, wrong, HERE, THERE)
        command = ["swanctl", "--initiate", "--child", "net", "--timeout", "10"]
        done = near.run(command, mounts=calling.mounts, check=False)
        assert done.returncode != 0, done.stdout
        return done.stdout


@pytest.mark.parametrize("name", WRONG)
def test_the_cause_is_told_from_the_calling_ends_log(tmp_path: Path, name: str) -> None:
    wrong, expected = WRONG[name]
    right = replace(RIGHT, version=1) if name.startswith("ikev1") else RIGHT
    log = _negotiated(tmp_path, wrong, right)
    assert cause(log.splitlines()).id in expected, log


def test_nobody_answers(tmp_path: Path) -> None:
    log = _negotiated(tmp_path, RIGHT, None)
    assert cause(log.splitlines()).id == "no-answer"
