"""Rendered files, checked by the programs that will read them: swanctl and charon, vtysh, sh and nft."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from onprem.connection import Connection
from onprem.rendering import RenderedFile, render
from stacks.sections.hardware_vpn import TunnelOptions
from tests.dataplane.ipsec_lab import start_daemon, user_space_ipsec
from tests.dataplane.namespaces import Host, Lab
from tests.unit.onprem_connections import BGP, STATIC, connection

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


def _write(files: list[RenderedFile], directory: Path, folder: str) -> None:
    for file in files:
        if folder in file.path.parts and file.path.suffix == ".conf":
            (directory / file.path.name).write_text(file.content, encoding="utf-8")


@pytest.mark.parametrize("device", ["strongswan", "opnsense"])
def test_charon_loads_both_tunnels(host: Host, tmp_path: Path, made: Connection, device: str) -> None:
    swanctl = tmp_path / "swanctl"
    (swanctl / "conf.d").mkdir(parents=True)
    (swanctl / "swanctl.conf").write_text("include conf.d/*.conf\n", encoding="utf-8")
    _write(render(made, device), swanctl / "conf.d", "conf.d")
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
    check = ["vtysh", "--dryrun", "--inputfile", str(tmp_path / "frr.conf")]
    done = subprocess.run(check, capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("device", ["strongswan", "libreswan"])
def test_scripts_are_shell(tmp_path: Path, made: Connection, device: str) -> None:
    (script,) = (file for file in render(made, device) if file.executable)
    path = tmp_path / "script"
    path.write_text(script.content, encoding="utf-8")
    done = subprocess.run(["sh", "-n", path], capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_sa_that_was_replaced_does_not_take_the_interface_down(host: Host, tmp_path: Path) -> None:
    """Two SAs for a moment, as when both ends call at once: the older one's end is not the tunnel's."""
    made = connection(BGP)
    (script,) = (file for file in render(made, "strongswan") if file.executable)
    path, run = tmp_path / "updown", tmp_path / "run"
    path.write_text(script.content, encoding="utf-8")
    run.mkdir()
    name = made.tunnels[0].name
    host.run(["ip", "tuntap", "add", name, "mode", "tun"])

    def call(verb: str, sa: int) -> bool:
        told = [f"PLUTO_CONNECTION={name}", f"PLUTO_VERB={verb}", f"PLUTO_UNIQUEID={sa}"]
        host.run(["env", *told, "sh", str(path)], mounts={"/run": run})
        return ",UP" in host.run(["ip", "-o", "link", "show", "dev", name]).stdout

    assert call("up-client", 1)
    assert call("up-client", 2)
    assert call("down-client", 1), "SA 2 is there"
    assert not call("down-client", 2)
    assert call("up-client", 3)
    rules = host.run(["nft", "list", "table", "inet", name]).stdout
    assert rules.count("maxseg size set 1366") == 2, "the rules are there once, however often it came up"
