"""`python -m labs.kernel.proof [DEVICE] [bgp|static]`: the rendered files where the kernel has ESP."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from labs.ipsec.running import FAULTS, TUN_SEGMENT, Running
from labs.kernel.routers import KernelLab
from labs.namespaces import Lab, NetworkError, wait_until
from labs.onprem_connections import BGP, STATIC, connection

ROUTINGS = {"bgp": BGP, "static": STATIC}
LEFT, BACK = 120, 300
"""Seconds, with much room: the processors are emulated. How soon it is, `benchmarks.ipsec` tells."""


def prove(device: str, routing: str) -> None:
    """Both tunnels up, a dead and a half-dead one left and used again, beside the rendered check and removal.

    Raises:
        NetworkError: one of it is not so.
    """
    made = connection(replace(ROUTINGS[routing], largest_segment=TUN_SEGMENT))
    with tempfile.TemporaryDirectory() as directory, Lab(Path(directory)) as hosts:
        lab = KernelLab(hosts, Path(directory), made)
        lab.device = device
        running = Running(lab, device=device)
        say = f"{device}, {routing}:"
        print(say, f"both tunnels in use after {running.seconds_to_start:.1f} s")
        wait_until(lambda: lab.check()[0] == 0, BACK, f"the check: {lab.check()[1]}")
        print(say, "the check finds all as it should be")
        for fault in ("killed", "half-dead"):
            moved, back = running.seconds_to_recover(FAULTS[fault], LEFT, BACK)
            if moved is None:
                raise NetworkError(
                    f"{say} a {fault} tunnel was not left within {LEFT} s:\n{lab.watch().log()}"
                )
            print(say, f"{fault}: tunnel 2 after {moved:.1f} s, and again tunnel 1 after {back:.1f} s")
        lab.kill_endpoint(made.tunnels[1])
        wait_until(lambda: lab.check()[0] == 1, BACK, "the check's objection to a dead tunnel")
        print(say, "the check finds a dead tunnel")
        print(say, "removed;", lab.remove().replace("\n", " "))
        _expect_nothing_left(running, lab)


def _expect_nothing_left(running: Running, lab: KernelLab) -> None:
    left = lab.router.run(["ip", "-o", "link"]).stdout + lab.router.run(["ip", "route"]).stdout
    left += running.router.vtysh("show running-config") + lab.router.run(["ip", "xfrm", "policy"]).stdout
    for tunnel in lab.connection.tunnels:
        for word in (lab.interface(tunnel), str(tunnel.amazon_inside), str(tunnel.amazon_outside)):
            if word in left:
                raise NetworkError(f"{word} is still there:\n{left}")


def main(arguments: list[str]) -> None:
    """Proves what was named, or all."""
    devices = [each for each in arguments if each not in ROUTINGS] or ["strongswan", "libreswan"]
    routings = [each for each in arguments if each in ROUTINGS] or list(ROUTINGS)
    for device in devices:
        for routing in routings:
            prove(device, routing)


if __name__ == "__main__":
    main(sys.argv[1:])
