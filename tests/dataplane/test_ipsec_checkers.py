"""Rendered files, checked by the programs that will read them: swanctl and charon, vtysh, sh and nft."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from labs.ipsec.daemons import start_daemon, user_space_ipsec
from labs.namespaces import Host, Lab
from labs.onprem_connections import BGP, STATIC, connection, suited
from model.tunnel_options import TunnelOptions
from onprem.connection import Connection
from onprem.rendering import RenderedFile, render

EVERYTHING = {
    "ike_versions": ("ikev1",),
    "phase1_encryption_algorithms": ("AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16"),
    "phase1_integrity_algorithms": ("SHA1", "SHA2-256", "SHA2-384", "SHA2-512"),
    "phase1_dh_group_numbers": (2, *range(14, 25)),
    "phase2_encryption_algorithms": ("AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16"),
    "phase2_integrity_algorithms": ("SHA1", "SHA2-256", "SHA2-384", "SHA2-512"),
    "phase2_dh_group_numbers": (2, 5, *range(14, 25)),
    "startup_action": "add",
}
CONNECTIONS = {
    "bgp": connection(BGP),
    "static": connection(STATIC),
    "every algorithm, IKEv1": connection(BGP, TunnelOptions.model_validate(EVERYTHING)),
    "every algorithm, IKEv2": connection(
        STATIC, TunnelOptions.model_validate({**EVERYTHING, "ike_versions": ("ikev2",)})
    ),
}


@pytest.fixture(params=CONNECTIONS)
def made(request: pytest.FixtureRequest) -> Connection:
    return CONNECTIONS[request.param]


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with Lab(tmp_path) as lab:
        yield lab.host("router")


def test_frr_understands_what_a_unifi_gateway_is_given(tmp_path: Path) -> None:
    made = suited(BGP, "unifi")
    assert made
    (path,) = (file for file in render(made, "unifi") if file.path.suffix == ".conf")
    (tmp_path / "frr.conf").write_text(path.content, encoding="utf-8")
    assert _dry_run(tmp_path / "frr.conf") == (0, "")


def _dry_run(path: Path) -> tuple[int, str]:
    check = ["vtysh", "--dryrun", "--inputfile", str(path)]
    done = subprocess.run(check, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def _write(files: list[RenderedFile], directory: Path, folder: str) -> None:
    for file in files:
        if folder in file.path.parts and file.path.suffix == ".conf":
            (directory / file.path.name).write_text(file.content, encoding="utf-8")


def test_charon_loads_both_tunnels(host: Host, tmp_path: Path, made: Connection) -> None:
    swanctl = tmp_path / "swanctl"
    (swanctl / "conf.d").mkdir(parents=True)
    (swanctl / "swanctl.conf").write_text("include conf.d/*.conf\n", encoding="utf-8")
    _write(render(made, "strongswan"), swanctl / "conf.d", "conf.d")
    daemon = start_daemon(host, tmp_path / "charon", swanctl, user_space_ipsec())
    said = daemon.swanctl("--load-all")
    for tunnel in made.tunnels:
        assert f"loaded connection '{tunnel.name}'" in said
        assert f"loaded ike secret 'ike-{tunnel.name}'" in said
    listed = daemon.swanctl("--list-conns")
    assert listed.count("local:  0.0.0.0/0") == 2


def test_charon_refuses_what_it_does_not_know(host: Host, tmp_path: Path) -> None:
    (tmp_path / "swanctl").mkdir()
    wrong = "connections { a { proposals = aes256-sha256-modp1\n remote_addrs = 198.51.100.1 } }\n"
    (tmp_path / "swanctl/swanctl.conf").write_text(wrong, encoding="utf-8")
    daemon = start_daemon(host, tmp_path / "charon", tmp_path / "swanctl", user_space_ipsec())
    done = host.run(["swanctl", "--load-conns"], mounts=daemon.mounts, check=False)
    assert done.returncode != 0
    assert "invalid value for: proposals" in done.stdout + done.stderr


@pytest.mark.parametrize("device", ["strongswan", "libreswan"])
def test_frr_understands_every_line(tmp_path: Path, made: Connection, device: str) -> None:
    _write(render(made, device), tmp_path, "frr")
    assert _dry_run(tmp_path / "frr.conf") == (0, "")


class Script:
    """The script that strongSwan calls, on a host that has tunnel 1's interface."""

    def __init__(self, host: Host, directory: Path) -> None:
        made = connection(BGP)
        (script,) = (file for file in render(made, "strongswan") if file.path.name == "aws-vpn-updown")
        self._path, self._run = directory / "updown", directory / "run"
        self._path.write_text(script.content, encoding="utf-8")
        self._run.mkdir()
        self._host = host
        self.name = made.tunnels[0].name
        host.run(["ip", "tuntap", "add", self.name, "mode", "tun"])

    def call(self, verb: str, sa: int) -> bool:
        """Tells the script of an SA; returns whether the interface is up then."""
        told = [f"PLUTO_CONNECTION={self.name}", f"PLUTO_VERB={verb}", f"PLUTO_UNIQUEID={sa}"]
        return self._is_up_after(["env", *told, "sh", str(self._path)])

    def start_daemon(self) -> bool:
        """Tells the script that the daemon starts; returns whether the interface is up then."""
        return self._is_up_after(["sh", str(self._path), "daemon-start"])

    def _is_up_after(self, command: list[str]) -> bool:
        self._host.run(command, mounts={"/run": self._run})
        return ",UP" in self._host.run(["ip", "-o", "link", "show", "dev", self.name]).stdout


def test_an_sa_that_was_replaced_does_not_take_the_interface_down(host: Host, tmp_path: Path) -> None:
    """Two SAs for a moment, as when both ends call at once: the older one's end is not the tunnel's."""
    script = Script(host, tmp_path)
    assert script.call("up-client", 1)
    assert script.call("up-client", 2)
    assert script.call("down-client", 1), "SA 2 is there"
    assert not script.call("down-client", 2)
    assert not script.call("down-client", 2), "a rekeyed SA and its successor may both be said to end"
    assert script.call("up-client", 3)
    rules = host.run(["nft", "list", "table", "inet", script.name]).stdout
    assert rules.count("maxseg size set 1379") == 2, "the rules are there once, however often it came up"


def test_an_sa_is_the_same_when_its_number_changed(host: Host, tmp_path: Path) -> None:
    script = Script(host, tmp_path)
    assert script.call("up-client", 1)
    assert not script.call("down-client", 2), "new keys for IKE made it SA 2"


def test_a_daemon_that_crashed_leaves_no_interface_up(host: Host, tmp_path: Path) -> None:
    script = Script(host, tmp_path)
    assert script.call("up-client", 1)
    assert not script.start_daemon()
    assert script.call("up-client", 1)
    assert not script.call("down-client", 1), "the crashed daemon's SA is not counted"
