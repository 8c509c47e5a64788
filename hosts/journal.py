"""How a host's journal reaches CloudWatch Logs: the program, and the unit that runs it."""

from __future__ import annotations

from hosts.content import program

SHIP_PROGRAM = "/usr/local/sbin/ship-journal"
SHIP_UNIT = "ship-journal.service"


def journal_files(region: str, log_group: str) -> dict[str, str]:
    """The program that sends the journal to the host's log group, and its unit; a stream a host (%H)."""
    unit = f"""\
[Unit]
Description=Send the journal to CloudWatch Logs
Wants=network-online.target
After=network-online.target

[Service]
ExecStart={SHIP_PROGRAM} --region {region} --log-group {log_group} --stream %H \
--cursor /var/lib/ship-journal/cursor
Restart=always
RestartSec=10
DynamicUser=yes
StateDirectory=ship-journal
SupplementaryGroups=systemd-journal
NoNewPrivileges=yes
PrivateDevices=yes
PrivateTmp=yes
ProtectSystem=strict
ProtectHome=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictNamespaces=yes

[Install]
WantedBy=multi-user.target
"""
    return {SHIP_PROGRAM: program("ship_journal.py"), f"/etc/systemd/system/{SHIP_UNIT}": unit}
