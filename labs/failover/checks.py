"""What the failover tests share: a lab that is put back in order before each, and what must hold after."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from labs.failover.clients import connect_laptop, connect_office
from labs.failover.ec2 import Pair
from labs.failover.layout import PRIVATE, WEB
from labs.failover.monitor import Monitor
from labs.failover.network import FailoverNetwork, failover_network
from labs.failover.traffic import Traffic
from labs.namespaces import NetworkError, wait_until

SETTLE_SECONDS = 20.0


@dataclass
class Failover:
    """The lab with traffic: laptop and office to a private host, and the private host to the internet."""

    net: FailoverNetwork
    traffic: dict[str, Traffic]
    monitors: list[Monitor] = field(default_factory=list[Monitor])

    def put_in_order(self) -> None:
        """All servers well, both addresses on main, no monitor, no faults, traffic flowing."""
        self.stop_monitors()
        self.net.ec2.no_faults()
        for pair in (self.net.staff, self.net.nat):
            for role in ("main", "standby"):
                self.net.repair(pair, role)
        wait_until(self._flows_over_main, 60, "traffic over main")
        self.net.ec2.messages()

    def _flows_over_main(self) -> bool:
        """Given to main again and again: a call that hung may still be carried out."""
        for pair in (self.net.staff, self.net.nat):
            self.net.ec2.give(pair, "main")
        self.net.fabric.look()
        try:
            self.traffic_flows(15)
        except NetworkError:
            return False
        return self.all_on("main", "main")

    def monitor(self, pair: Pair, suffix: str = "", **timing: Any) -> Monitor:
        """A monitor that trusts both servers."""
        monitor = self.start_monitor(pair, suffix, **timing)
        for n in range(2):
            monitor.wait("verdict", SETTLE_SECONDS, n)
        return monitor

    def start_monitor(self, pair: Pair, suffix: str = "", **timing: Any) -> Monitor:
        """A monitor that has just been started."""
        monitor = self.net.monitor(pair, timing, suffix)
        self.monitors.append(monitor)
        return monitor

    def run_monitor(self, stopped: Monitor) -> Monitor:
        """A monitor that was stopped, started again in the environment that it has now."""
        program = stopped.host.start(
            "monitor-again", [*stopped.command, "run"], environment=stopped.environment
        )
        self.monitors.append(replace(stopped, program=program))
        return self.monitors[-1]

    def stop_monitors(self) -> None:
        """No monitor runs any more."""
        for monitor in self.monitors:
            if monitor.program.is_running():
                monitor.program.stop()
        self.monitors.clear()

    def traffic_flows(self, seconds: float = SETTLE_SECONDS) -> None:
        """On all three ways, soon."""
        for name, traffic in self.traffic.items():
            traffic.wait(seconds, f"traffic of {name}")

    def holders(self) -> dict[str, tuple[str, set[str]]]:
        """Who holds each address, and whom its routes point to."""
        ec2 = self.net.ec2
        return {pair.name: (ec2.holder(pair), ec2.route_holders(pair)) for pair in ec2.pairs}

    def all_on(self, staff: str, nat: str) -> bool:
        """Whether addresses and routes are where they should be, and nowhere else."""
        return self.holders() == {"staff": (staff, {staff}), "nat": (nat, {nat})}

    def settles_on(self, staff: str, nat: str, seconds: float = SETTLE_SECONDS) -> None:
        """Addresses and routes get to where they should be."""
        wait_until(lambda: self.all_on(staff, nat), seconds, f"{staff}, {nat}; are {self.holders()}")

    def stays(self, seconds: float, condition: Callable[[], bool]) -> None:
        """A condition holds all the time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert condition(), self.holders()
            time.sleep(0.5)


@contextmanager
def failover(folder: Path, *, poor_cable: bool = False) -> Generator[Failover]:
    """The lab with laptop and office connected."""
    with failover_network(folder, poor_cable=poor_cable) as net:
        connect_laptop(net)
        connect_office(net)
        traffic = {
            "laptop": Traffic(net.hosts["laptop"], PRIVATE),
            "office": Traffic(net.hosts["pc"], PRIVATE),
            "internet": Traffic(net.hosts["private"], WEB[1]),
        }
        lab = Failover(net, traffic)
        try:
            yield lab
        finally:
            lab.stop_monitors()
            for one in traffic.values():
                one.end()
