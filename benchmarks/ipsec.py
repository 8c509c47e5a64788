"""How soon a router leaves a dead IPsec tunnel, with the rendered watch and with dead peer detection alone.

    python -m benchmarks.ipsec                            ten runs each, and ten minutes of a poor line
    python -m benchmarks.ipsec --runs 2 --poor-line 60    a shorter form

Needs root and the packages in tests/dataplane/packages.txt. Each kind of connection has a lab of its own,
with and without the watch, and all labs run at the same time. Times are in seconds from the fault, which
falls at a random moment; dead peer detection alone has a third of the runs, as each takes a minute.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from labs.ipsec.network import IpsecLab
from labs.ipsec.running import FAULTS, TUN_SEGMENT, Running
from labs.namespaces import Lab
from labs.onprem_connections import BGP, STATIC, connection
from model.tunnel_options import TunnelOptions
from onprem.connection import Connection
from onprem.watch import QUIET_SECONDS

GIVE_UP = 45
"""Seconds after which a tunnel that nobody leaves is mended: dead peer detection takes 30."""
BACK = 120
DELAY_EACH_WAY = 0.2
LOSS = 0.05


@dataclass(frozen=True)
class Kind:
    """A kind of connection."""

    routing: str
    ike_version: int

    def __str__(self) -> str:
        return f"{self.routing}, IKEv{self.ike_version}"

    def connection(self) -> Connection:
        """A connection of the kind, whose transfers fit through the lab's devices."""
        case = replace({"BGP": BGP, "static": STATIC}[self.routing], largest_segment=TUN_SEGMENT)
        options = TunnelOptions.model_validate(
            {"ike_versions": (f"ikev{self.ike_version}",), "startup_action": "add"}
        )
        return connection(case, options)


KINDS = [Kind(routing, version) for routing in ("BGP", "static") for version in (2, 1)]

Times = Mapping[str, Sequence[tuple[float | None, float]]]
"""By fault: seconds until traffic was back, None for never, and from the end to tunnel 1 in use again."""


def main() -> None:
    """Measures, and prints a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=10, help="of each fault (%(default)s)")
    parser.add_argument(
        "--poor-line", type=int, default=600, metavar="SECONDS", help="with loss and delay (%(default)s)"
    )
    options = parser.parse_args()
    with ThreadPoolExecutor(2 * len(KINDS) + 2) as pool:
        flaps = {kind: pool.submit(poor_line, kind, options.poor_line) for kind in (KINDS[0], KINDS[2])}
        watched = {kind: pool.submit(measure, kind, True, options.runs) for kind in KINDS}
        alone = {kind: pool.submit(measure, kind, False, max(1, options.runs // 3)) for kind in KINDS}
        print(f"Seconds, median (most) of {options.runs} runs\n")
        print(
            "| | with the watch, through tunnel 2 after | and, it being over, through tunnel 1 after |",
            end="",
        )
        print(" dead peer detection alone, through tunnel 2 after |\n|---|---|---|---|")
        for kind in KINDS:
            for fault, told in FAULTS.items():
                seen, unseen = watched[kind].result()[fault], alone[kind].result()[fault]
                moved, back = zip(*seen, strict=True)
                row = (
                    f"{told.title}; {kind}",
                    _said(moved),
                    _said(back),
                    _said([each for each, _ in unseen]),
                )
                print(f"| {' | '.join(row)} |")
        for kind, said in flaps.items():
            print(f"\n{kind}: {said.result()}")


def measure(kind: Kind, watched: bool, runs: int) -> Times:
    """Every fault, `runs` times, in a lab of its own."""
    with tempfile.TemporaryDirectory() as directory, Lab(Path(directory)) as lab:
        running = Running(IpsecLab(lab, Path(directory), kind.connection()), watched)
        return {name: [_after_a_while(running, name) for _ in range(runs)] for name in FAULTS}


def _after_a_while(running: Running, fault: str) -> tuple[float | None, float]:
    # a tunnel that dies sooner after its return is called later: no run is to feel the one before
    time.sleep(QUIET_SECONDS + random.uniform(0, 1))
    return running.seconds_to_recover(FAULTS[fault], GIVE_UP, BACK)


def poor_line(kind: Kind, seconds: int) -> str:
    """What the watch does on a line with delay and loss, and nothing else wrong."""
    with tempfile.TemporaryDirectory() as directory, Lab(Path(directory)) as lab:
        network = IpsecLab(lab, Path(directory), kind.connection(), poor_line=True)
        Running(network)
        if network.line is None:
            raise ValueError("the lab was built without a line that can be impaired")
        network.line.impair(delay_seconds=DELAY_EACH_WAY, loss=LOSS)
        answered = 0
        end = time.monotonic() + seconds
        asked = 0
        while time.monotonic() < end:
            answered += network.office.reaches(str(network.private_address), seconds=2)
            asked += 1
            time.sleep(1)
        (watch,) = (program for program in network.router.programs if program.name == "watch")
        left = watch.log().count("left:")
        network.line.cut()
    return (
        f"{seconds} s of {LOSS:.0%} loss and {DELAY_EACH_WAY * 1000:.0f} ms each way: tunnels left"
        f" {left} times; the office's pings lost {1 - answered / asked:.0%}"
    )


def _said(times: Sequence[float | None]) -> str:
    """Median and most; what never happened counts as more than any time."""
    ordered = sorted(GIVE_UP if each is None else each for each in times)
    if None in times and statistics.median(ordered) >= GIVE_UP:
        return f"not within {GIVE_UP}"
    most = "never" if None in times else f"{ordered[-1]:.1f}"
    return f"{statistics.median(ordered):.1f} ({most})"


if __name__ == "__main__":
    main()
