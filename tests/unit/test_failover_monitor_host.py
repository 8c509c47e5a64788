"""What the monitor's instance is told at boot."""

from __future__ import annotations

import base64
import compileall
import gzip
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from hosts.failover_monitor import MonitorHost, user_data
from hosts.failover_monitor.host import UserDataTooLargeError, files

HOST = MonitorHost(
    environment="production-emea",
    name="openvpn-restricted-partners",
    region="ap-northeast-1",
    parameter="/vpn/production-emea/failover/openvpn-restricted-partners",
    log_group="/vpn/production-emea/failover-monitor/openvpn-restricted-partners",
)


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first command of the user data writes, below a folder instead of /."""
    folder = tmp_path_factory.mktemp("host")
    document = yaml.safe_load(gzip.decompress(user_data(HOST)))
    written, command = document["write_files"][0], document["runcmd"][0]
    archive = folder / "archive"
    archive.write_text(written["content"])
    here = command.removesuffix(f" <{written['path']}")
    assert here != command
    here = here.replace("pathlib.Path(path)", f"pathlib.Path('{folder}/root'+path)")
    subprocess.run(["sh", "-c", f"{here} <{archive}"], check=True, timeout=20)
    return folder / "root"


def test_it_fits_into_user_data_with_long_names() -> None:
    assert len(user_data(HOST)) <= 16384


def test_it_is_the_same_each_time() -> None:
    assert user_data(HOST) == user_data(HOST)


def test_a_monitor_that_would_not_fit_is_told() -> None:
    too_long = "".join(base64.b64encode(os.urandom(3000)).decode())
    with pytest.raises(UserDataTooLargeError, match=r"bytes of user data; should be 16384 at most"):
        user_data(MonitorHost("dev", "staff", "eu-central-1", too_long, "log"))


def test_apt_is_told_to_wait_for_a_mirror_before_packages_are_installed() -> None:
    document = yaml.safe_load(gzip.decompress(user_data(HOST)))
    settings = {entry["path"]: entry["content"] for entry in document["write_files"]}
    assert 'Acquire::Retries "20";' in settings["/etc/apt/apt.conf.d/60host"]


def test_all_files_are_written(unpacked: Path) -> None:
    written = {
        f"/{path.relative_to(unpacked)}": path.read_text() for path in unpacked.rglob("*") if path.is_file()
    }
    assert written == files(HOST)


def test_all_modules_are_carried_and_compile(unpacked: Path) -> None:
    source = Path(__file__).parents[2] / "hosts/programs/failover_monitor"
    carried = unpacked / "usr/local/lib/failover-monitor/failover_monitor"
    assert {path.name for path in carried.glob("*.py")} == {path.name for path in source.glob("*.py")}
    assert compileall.compile_dir(carried, quiet=2)


def test_the_command_runs_and_only_the_programs_are_executable(unpacked: Path) -> None:
    assert [
        str(path.relative_to(unpacked))
        for path in sorted(unpacked.rglob("*"))
        if os.access(path, os.X_OK)
        if path.is_file() and path.stat().st_mode & 0o100
    ] == ["usr/local/bin/failover-monitor", "usr/local/sbin/ship-journal"]
    settings = (unpacked / "etc/default/failover-monitor").read_text()
    assert f"FAILOVER_PARAMETER={HOST.parameter}\n" in settings


def test_the_unit_is_one_that_systemd_understands(unpacked: Path) -> None:
    unit = files(HOST)["/etc/systemd/system/failover-monitor.service"]
    assert "Type=notify" in unit
    assert "WatchdogSec=10" in unit
    assert "Restart=always" in unit
    assert "DynamicUser=yes" in unit
