"""Boot one of each kind of host, see that all is up, cut the power, and see it again: `make boot-hosts`."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from labs.boot.checks import comes_up, first_boot, sees_both, sees_metrics
from labs.boot.environment import ADDRESSES, machines
from labs.boot.machine import Machine
from labs.boot.root import BootError, debian_root

FIGURES = ("received_bytes_total", "sent_bytes_total", "conntrack_use_percent")
OPENVPN_FIGURES = (*FIGURES, "sessions", "certificate_days_left", "revocation_list_days_left")
"""Allowances are not among them: the network driver of AWS's instances alone counts them."""


def main() -> int:
    """Boot and check; the exit code."""
    if os.geteuid() != 0:
        print("Booting hosts needs root: namespaces, mounts and control groups", file=sys.stderr)
        return 2
    try:
        print(f"Debian's root: {debian_root()}", flush=True)
        with tempfile.TemporaryDirectory(prefix="aws-vpn-boot-") as folder, machines(Path(folder)) as made:
            _boot(made)
    except BootError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _boot(made: Sequence[Machine]) -> None:
    began = time.monotonic()
    for machine in made:
        machine.boot()
    for machine in made:
        first_boot(machine)
        comes_up(machine)
        _say(machine, began, "first boot")
    monitor = next(machine for machine in made if machine.name.endswith("monitor"))
    sees_both(monitor)
    print(monitor.says("failover-monitor --check"), flush=True)
    for name in ("openvpn-staff-main", "openvpn-staff-standby"):
        sees_metrics(monitor, ADDRESSES[name], *OPENVPN_FIGURES)
    sees_metrics(monitor, ADDRESSES["nat-main"], *FIGURES)
    print("all servers show what they measure", flush=True)
    began = time.monotonic()
    for machine in made:
        machine.power_off()
        machine.boot()
    for machine in made:
        comes_up(machine)
        _say(machine, began, "after a power cut")
    sees_both(monitor)
    print(f"{monitor.name}: both servers proven again", flush=True)


def _say(machine: Machine, began: float, occasion: str) -> None:
    version = machine.says("cat /etc/debian_version")
    running = machine.says("systemctl list-units --type=service --state=active --plain --no-legend | wc -l")
    seconds = time.monotonic() - began
    print(
        f"{machine.name:22} Debian {version}, {occasion}: all up after {seconds:.0f} s,"
        f" {running} services active, none failed",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
