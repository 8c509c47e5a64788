"""What `benchmarks.failover` compares: faults, what watches for them, and candidates for its timing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from labs.failover.ec2 import Pair
from labs.failover.network import FailoverNetwork


@dataclass(frozen=True)
class Fault:
    """What happens to main of a pair, and whose traffic shows it; a planned move without `happens`."""

    title: str
    happens: Callable[[FailoverNetwork, Pair, str], None] | None
    pair: str = "staff"
    traffic: str = "laptop"


FAULTS: Mapping[str, Fault] = {
    "kill": Fault("process killed", FailoverNetwork.kill),
    "freeze": Fault("process stopped", FailoverNetwork.freeze),
    "unplug": Fault("link down", FailoverNetwork.unplug),
    "remove": Fault("host gone", FailoverNetwork.remove),
    "planned": Fault("planned move", None),
    "nat-unplug": Fault("NAT, link down", FailoverNetwork.unplug, "nat", "internet"),
    "nat-planned": Fault("NAT, planned move", None, "nat", "internet"),
}
LOOPS_FAULTS = ("kill", "freeze", "unplug", "remove")
"""A ping loop plans nothing, and the one here watches OpenVPN."""


@dataclass(frozen=True)
class Driver:
    """What watches main. `pause` is a ping loop's; `give_up` is how long a run waits for it. Seconds."""

    title: str
    pause: float | None
    cycle: float
    give_up: float


DRIVERS: Mapping[str, Driver] = {
    "monitor": Driver("failover monitor", None, 0.5, 30),
    "ping-2": Driver("ping loop, 3 pings, 2 s pause", 2.0, 4.0, 15),
    "ping-10": Driver("ping loop, 3 pings, 10 s pause", 10.0, 12.0, 20),
}


@dataclass(frozen=True)
class Timing:
    """A candidate for the monitor's defaults."""

    interval: float
    timeout: float
    failures: int


CANDIDATES = (
    Timing(0.25, 0.5, 3),
    Timing(0.3, 0.7, 3),
    Timing(0.4, 0.8, 3),
    Timing(0.5, 1.0, 3),
    Timing(0.4, 0.8, 5),
    Timing(1.0, 1.0, 3),
)
