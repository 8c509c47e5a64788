"""What has to be true of a host that is up, and what it says when it is not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from labs.boot.machine import Machine
from labs.boot.root import BootError

EVERYWHERE = ("ship-journal.service", "unattended-upgrades.service", "apt-daily-upgrade.timer")
MEASURING = ("host-metrics.service", "serve-metrics.service")
SERVICES = {
    "openvpn-staff-main": (
        "nftables.service",
        "openvpn-server@server.service",
        "fetch-openvpn-secrets.timer",
        *MEASURING,
        "tell-clients.service",
    ),
    "openvpn-staff-standby": (
        "nftables.service",
        "openvpn-server@server.service",
        "fetch-openvpn-secrets.timer",
        *MEASURING,
        "tell-clients.service",
    ),
    "nat-main": ("nftables.service", *MEASURING),
    "openvpn-staff-monitor": ("failover-monitor.service",),
}
TABLES = {
    "openvpn-staff-main": "inet openvpn",
    "openvpn-staff-standby": "inet openvpn",
    "nat-main": "ip nat_instance",
}
"""The packet filter's table; the monitor has none, what may reach it is its security group's to say."""

METRICS_PORT = 9470

FIRST_BOOT_SECONDS = 600
SETTLE_SECONDS = 90


def first_boot(machine: Machine) -> None:
    """Wait until cloud-init has done all that user data says, and the host its archive."""
    done = machine.run("cloud-init status --wait --long", FIRST_BOOT_SECONDS)
    if done.returncode != 0:
        raise BootError(
            f"{machine.name}: cloud-init: {done.stdout}{machine.says('journalctl -u cloud-final')}"
        )
    _wait(machine, lambda: machine.run("test -e /var/lib/fetch-host/done").returncode == 0, "its archive")


def comes_up(machine: Machine) -> None:
    """Wait until nothing is wrong with the host.

    Raises:
        BootError: something still is, with what the host's journal says of it.
    """
    _wait(machine, lambda: not list(faults(machine)), "services")


def faults(machine: Machine) -> Iterator[str]:
    """What is not as it should be. Session Manager's agent is AWS's own and not to be had in the lab."""
    failed = machine.says("systemctl --failed --plain --no-legend")
    if failed:
        yield f"failed units: {failed}"
    for unit in (*EVERYWHERE, *SERVICES[machine.name]):
        state = machine.says(f"systemctl is-active {unit}")
        enabled = machine.says(f"systemctl is-enabled {unit}")
        if (state, enabled) != ("active", "enabled"):
            yield f"{unit} is {state}, {enabled}"
    table = TABLES.get(machine.name)
    if table and "policy drop" not in machine.says(f"nft list table {table}"):
        yield f"the packet filter is not loaded: no table {table} that drops"
    if table and machine.says("sysctl -n net.ipv4.ip_forward") != "1":
        yield "the kernel does not forward"


def sees_both(monitor: Machine) -> None:
    """Wait until the monitor has proven both servers and finds all as it should be."""
    _wait(monitor, lambda: monitor.run("failover-monitor --check").returncode == 0, "both servers proven")


def sees_metrics(monitor: Machine, server: str, *names: str) -> None:
    """Wait until a server shows the VPC what it measures, these figures among it."""

    def shown() -> bool:
        text = monitor.says(f"curl --silent --max-time 10 http://{server}:{METRICS_PORT}/metrics")
        return all(f"aws_vpn_{name}{{" in text for name in names)

    _wait(monitor, shown, f"figures of {server}")


def _wait(machine: Machine, condition: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + SETTLE_SECONDS
    while not condition():
        if time.monotonic() > until:
            wrong = "; ".join(faults(machine))
            log = machine.says("journalctl --boot --priority=notice --no-pager --lines=60")
            raise BootError(f"{machine.name}: {what}: not within {SETTLE_SECONDS} s; {wrong}\n{log}")
        time.sleep(0.5)
