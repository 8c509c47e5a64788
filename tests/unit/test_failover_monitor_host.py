"""What the monitor's instance is made of."""

from __future__ import annotations

import compileall
import os
from pathlib import Path

import pytest

from hosts.failover_monitor import MonitorHost, content
from labs.openvpn_tunnel import unpack

HOST = MonitorHost(
    environment="production-emea",
    name="openvpn-restricted-partners",
    region="ap-northeast-1",
    configuration="failover/openvpn-restricted-partners.json",
    log_group="/aws-vpn/production-emea/failover-monitor/openvpn-restricted-partners",
)
BUCKET = "aws-vpn-production-emea-123456789012"
MADE = content(HOST, BUCKET)


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive, unpacked below a folder instead of /."""
    return unpack(MADE, tmp_path_factory.mktemp("host"))


def test_all_files_are_carried_as_they_are(unpacked: Path) -> None:
    written = {
        f"/{path.relative_to(unpacked)}": path.read_text() for path in unpacked.rglob("*") if path.is_file()
    }
    assert written == MADE.files


def test_all_modules_are_carried_and_compile(unpacked: Path) -> None:
    source = Path(__file__).parents[2] / "hosts/programs/failover_monitor"
    carried = unpacked / "usr/local/lib/failover-monitor/failover_monitor"
    assert {path.name: path.read_text() for path in carried.glob("*.py")} == {
        path.name: path.read_text() for path in source.glob("*.py")
    }
    assert compileall.compile_dir(carried, quiet=2)


def test_only_the_programs_are_executable(unpacked: Path) -> None:
    assert [
        str(path.relative_to(unpacked))
        for path in sorted(unpacked.rglob("*"))
        if path.is_file() and os.access(path, os.X_OK) and path.stat().st_mode & 0o100
    ] == [
        "usr/local/bin/failover-monitor",
        "usr/local/sbin/install-ssm-agent",
        "usr/local/sbin/ship-journal",
        "usr/local/sbin/start-host",
    ]


def test_it_knows_where_its_configuration_is(unpacked: Path) -> None:
    settings = (unpacked / "etc/default/failover-monitor").read_text()
    assert f"FAILOVER_CONFIGURATION=s3://{BUCKET}/{HOST.configuration}\n" in settings


def test_the_unit_is_one_that_systemd_understands() -> None:
    unit = MADE.files["/etc/systemd/system/failover-monitor.service"]
    assert "Type=notify" in unit
    assert "WatchdogSec=10" in unit
    assert "Restart=always" in unit
    assert "DynamicUser=yes" in unit
