"""What the monitor knows and is made of.

It knows the place of one S3 object and reads everything else there, so that ids which exist only after a
deployment, and any later change of them, never need another instance.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hosts.content import SHARED_PACKAGES, START_PROGRAM, HostContent, program, start_script
from hosts.hardening import WITHOUT_RIGHTS
from hosts.journal import SHIP_UNIT, journal_files
from hosts.session_manager import INSTALL_UNIT, session_manager_files

PACKAGES = ("python3-cryptography",)
UNIT = "failover-monitor.service"
KERNEL_FILE = "/etc/sysctl.d/60-failover-monitor.conf"

_PROGRAM_FOLDER = "/usr/local/lib/failover-monitor"
_COMMAND = "/usr/local/bin/failover-monitor"
_SETTINGS = "/etc/default/failover-monitor"
_SOURCES = Path(__file__).parents[1] / "programs" / "failover_monitor"

_UNIT_FILE = f"""\
[Unit]
Description=Failover monitor
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
ExecStart={_COMMAND} run
EnvironmentFile={_SETTINGS}
WatchdogSec=10
TimeoutStartSec=infinity
TimeoutStopSec=10
Restart=always
RestartSec=1
RuntimeDirectory=failover-monitor
DynamicUser=yes
Nice=-5
OOMScoreAdjust=-500
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
UMask=0077
{WITHOUT_RIGHTS}
[Install]
WantedBy=multi-user.target
"""

_COMMAND_FILE = f"""\
#!/bin/sh
set -a
. {_SETTINGS}
PYTHONPATH={_PROGRAM_FOLDER} exec /usr/bin/python3 -m failover_monitor "$@"
"""

_PINGS_FOR_ALL = "net.ipv4.ping_group_range = 0 2147483647\n"
"""Whoever runs the monitor may send ICMP echo requests, without a raw socket and its capability (icmp(7))."""


@dataclass(frozen=True, slots=True)
class MonitorHost:
    """One failover monitor. `configuration` is the key of the object that holds its configuration."""

    environment: str
    name: str
    region: str
    configuration: str
    log_group: str


def content(host: MonitorHost, bucket: str) -> HostContent:
    """Everything the instance is made of; `bucket` has its configuration. It carries no secret."""
    return HostContent((*SHARED_PACKAGES, *PACKAGES), files(host, bucket))


def files(host: MonitorHost, bucket: str) -> dict[str, str]:
    """What the archive holds, by path on the instance."""
    return {
        _SETTINGS: _settings(host, bucket),
        _COMMAND: _COMMAND_FILE,
        f"/etc/systemd/system/{UNIT}": _UNIT_FILE,
        KERNEL_FILE: _PINGS_FOR_ALL,
        **{
            f"{_PROGRAM_FOLDER}/failover_monitor/{source.name}": program(f"failover_monitor/{source.name}")
            for source in sorted(_SOURCES.glob("*.py"))
        },
        START_PROGRAM: _START,
        **journal_files(host.region, host.log_group),
        **session_manager_files(host.region),
    }


def _settings(host: MonitorHost, bucket: str) -> str:
    return (
        f"AWS_DEFAULT_REGION={host.region}\n"
        f"FAILOVER_CONFIGURATION=s3://{bucket}/{host.configuration}\n"
        "PYTHONDONTWRITEBYTECODE=1\n"
        "PYTHONUNBUFFERED=1\n"
    )


_START = start_script(
    f"sysctl --load={KERNEL_FILE}",
    "systemctl daemon-reload",
    f"systemctl enable --now --no-block {UNIT} {SHIP_UNIT} {INSTALL_UNIT}",
)
