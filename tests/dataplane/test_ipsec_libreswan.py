"""libreswan's files, checked by libreswan's own programs.

The package cannot be installed beside strongSwan, so it is fetched and unpacked into the test's folder.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from labs.onprem_connections import BGP, STATIC, connection
from model.tunnel_options import TunnelOptions
from onprem.connection import Connection
from onprem.rendering import render

EVERYTHING = {
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
    "every algorithm, IKEv2": connection(BGP, TunnelOptions.model_validate(EVERYTHING)),
    "every algorithm, IKEv1": connection(
        STATIC, TunnelOptions.model_validate({**EVERYTHING, "ike_versions": ("ikev1",)})
    ),
}


def _run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of libreswan's programs."""
    folder = tmp_path_factory.mktemp("libreswan")
    fetched = _run("apt-get", "download", "libreswan", folder=folder)
    (package,) = folder.glob("libreswan_*.deb") or [None]
    assert package, fetched.stderr
    unpacked = _run("dpkg-deb", "--extract", package, "root", folder=folder)
    assert unpacked.returncode == 0, unpacked.stderr
    return folder / "root/usr/libexec/ipsec"


@pytest.mark.parametrize("made", CONNECTIONS.values(), ids=CONNECTIONS)
def test_libreswan_reads_the_files_and_knows_the_algorithms(
    programs: Path, made: Connection, tmp_path: Path
) -> None:
    files = [file for file in render(made, "libreswan") if file.path.suffix == ".conf"]
    tunnels = [file for file in files if "ipsec.d" in file.path.parts]
    assert len(tunnels) == 2
    for file in tunnels:
        path = tmp_path / file.path.name
        path.write_text(file.content, encoding="utf-8")
        read = _run(programs / "addconn", "--checkconfig", "--config", path, folder=tmp_path)
        assert (read.returncode, read.stdout + read.stderr) == (0, "")
        for proposals in re.findall(r"^    ((?:ike|esp)=.*)$", file.content, re.MULTILINE):
            version = f"-v{made.tunnels[0].ike_version}"
            parsed = _run(programs / "algparse", version, "-pfs", proposals, folder=tmp_path)
            assert parsed.returncode == 0, parsed.stdout + parsed.stderr
            assert "ERROR" not in parsed.stdout + parsed.stderr


def test_libreswan_refuses_what_it_does_not_know(programs: Path, tmp_path: Path) -> None:
    (tmp_path / "wrong.conf").write_text("conn a\n    no-such-option=1\n", encoding="utf-8")
    read = _run(programs / "addconn", "--checkconfig", "--config", "wrong.conf", folder=tmp_path)
    assert "no-such-option" in read.stdout + read.stderr
    parsed = _run(programs / "algparse", "-v2", "-pfs", "ike=aes256-sha2_256-dh22", folder=tmp_path)
    assert parsed.returncode != 0
