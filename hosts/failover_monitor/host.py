"""What the monitor's instance is told at boot.

It knows the name of one SSM parameter and reads everything else there, so that ids which exist only after a
deployment, and any later change of them, never need another instance.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

from hosts.boot import (
    USER_DATA_LIMIT,
    cloud_config,
    journal_files,
    packed,
    program,
    session_manager_commands,
)

PACKAGES = ("curl", "python3-boto3", "python3-cryptography", "unattended-upgrades")
UNIT = "failover-monitor.service"

_PROGRAM_FOLDER = "/usr/local/lib/failover-monitor"
_COMMAND = "/usr/local/bin/failover-monitor"
_SETTINGS = "/etc/default/failover-monitor"
_ARCHIVE = "/root/failover-monitor"
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
CapabilityBoundingSet=
NoNewPrivileges=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
PrivateDevices=yes
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
UMask=0077

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


class UserDataTooLargeError(ValueError):
    """The monitor has outgrown user data."""


@dataclass(frozen=True, slots=True)
class MonitorHost:
    """One failover monitor. `parameter` is the SSM parameter that holds its configuration."""

    environment: str
    name: str
    region: str
    parameter: str
    log_group: str


def user_data(host: MonitorHost) -> bytes:
    """Everything the instance is told at boot, for cloud-init, compressed. It carries no secret.

    Uncompressed it would not fit. Another build of zlib may make other bytes of it, and so another instance:
    a monitor may be replaced at any moment, as servers may not.

    Raises:
        UserDataTooLargeError: it would not fit into EC2's limit.
    """
    archive, unpack = packed(files(host))
    commands = [f"{unpack} <{_ARCHIVE}", *_commands(host)]
    text = cloud_config(PACKAGES, {_ARCHIVE: archive}, commands)
    content = gzip.compress(text.encode(), mtime=0)
    if len(content) > USER_DATA_LIMIT:
        raise UserDataTooLargeError(
            f"failover monitor: {len(content)} bytes of user data;"
            f" should be {USER_DATA_LIMIT} at most, EC2's limit"
        )
    return content


def files(host: MonitorHost) -> dict[str, str]:
    """What the user data writes, by path on the instance."""
    return {
        _SETTINGS: _settings(host),
        _COMMAND: _COMMAND_FILE,
        f"/etc/systemd/system/{UNIT}": _UNIT_FILE,
        "/etc/sysctl.d/60-failover-monitor.conf": _PINGS_FOR_ALL,
        **{
            f"{_PROGRAM_FOLDER}/failover_monitor/{source.name}": program(source.read_text(encoding="utf-8"))
            for source in sorted(_SOURCES.glob("*.py"))
        },
        **journal_files(host.region, host.log_group),
    }


def _settings(host: MonitorHost) -> str:
    return (
        f"AWS_DEFAULT_REGION={host.region}\n"
        f"FAILOVER_PARAMETER={host.parameter}\n"
        "PYTHONDONTWRITEBYTECODE=1\n"
        "PYTHONUNBUFFERED=1\n"
    )


def _commands(host: MonitorHost) -> list[str]:
    return [
        "sysctl --system",
        "systemctl daemon-reload",
        f"systemctl enable --now --no-block {UNIT} ship-journal.service",
        *session_manager_commands(host.region),
    ]
