"""How long a failover takes, beside plain ping loops in the same lab, and why the monitor's defaults are so.

    python -m benchmarks.failover                           each fault, ten runs, three drivers
    python -m benchmarks.failover --trade-off               timings against time to move and lost probes
    python -m benchmarks.failover --poor-network 600        ten minutes of loss and delay: false moves

Needs root and the packages in tests/dataplane/packages.txt. Each driver has a lab of its own (real OpenVPN,
moto as the EC2 API, see labs/failover/network.py); all drivers run at the same time. Times are in
seconds from the fault; the fault falls at a random moment of the driver's cycle.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.failover_cases import CANDIDATES, DRIVERS, FAULTS, LOOPS_FAULTS, Driver, Timing
from hosts.programs.failover_monitor.configuration import OpenVpnProbe
from hosts.programs.failover_monitor.control import ask
from hosts.programs.failover_monitor.openvpn_packet import parse_client_key
from hosts.programs.failover_monitor.probes import service_probe
from labs.failover.checks import Failover, failover
from labs.failover.ec2 import Pair
from labs.failover.layout import OPENVPN
from labs.failover.wires import inside
from labs.namespaces import NetworkError, Program, wait_until

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Run:
    """One fault: seconds to decision, address moved, and the laptop's traffic restored; None is never."""

    driver: str
    fault: str
    decided: float | None
    moved: float | None
    restored: float | None


def main() -> int:
    """Run what was asked for and print it as Markdown."""
    options = _arguments()
    if options.worker:
        with _lab() as lab:
            for run in measure(lab, options.worker, options.faults, options.runs, 60 * options.minutes):
                print(json.dumps(asdict(run)), flush=True)
    elif options.trade_off:
        print(trade_off(options.runs))
    elif options.poor_network:
        print(poor_network(options.poor_network))
    else:
        print(table(_all_drivers(options)))
    return 0


def measure(lab: Failover, driver: str, faults: Sequence[str], runs: int, seconds: float) -> Iterable[Run]:
    """Each fault so many times, the faults in turn; no further one once the time is over."""
    end = time.monotonic() + seconds
    for _ in range(runs):
        for fault in faults:
            if DRIVERS[driver].pause is not None and fault not in LOOPS_FAULTS:
                continue
            if time.monotonic() > end:
                return
            lab.put_in_order()
            yield _run(lab, driver, fault)


def table(runs: Sequence[Run]) -> str:
    """Minimum, median and maximum for each driver and fault."""
    lines = [
        "| driver | fault | runs | decided | address moved | traffic restored | not moved |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, driver in DRIVERS.items():
        for fault, of in FAULTS.items():
            these = [run for run in runs if (run.driver, run.fault) == (name, fault)]
            if these:
                never = sum(1 for run in these if run.moved is None)
                columns = [
                    _spread(getattr(run, key) for run in these) for key in ("decided", "moved", "restored")
                ]
                lines.append(
                    f"| {driver.title} | {of.title} | {len(these)} | {' | '.join(columns)} | {never or ''} |"
                )
    return "\n".join(lines)


def trade_off(runs: int) -> str:
    """For each candidate: time to move the address of a stopped server, and probes lost in a poor network."""
    lines = [
        (
            "| interval | timeout | failures | address moved after SIGSTOP (min / median / max) |"
            " probes lost at 5 % and 200 ms | at 20 % and 200 ms |"
        ),
        "|---|---|---|---|---|---|",
    ]
    with _lab(poor_cable=True) as lab:
        times = {timing: [_freeze(lab, timing) for _ in range(runs)] for timing in CANDIDATES}
        lost = {
            (timeout, loss): _lost(lab, timeout, loss)
            for timeout in sorted({timing.timeout for timing in CANDIDATES})
            for loss in (0.05, 0.2)
        }
    for timing in CANDIDATES:
        shares = " | ".join(lost[timing.timeout, loss] for loss in (0.05, 0.2))
        lines.append(
            f"| {timing.interval} s | {timing.timeout} s | {timing.failures} |"
            f" {_spread(times[timing])} | {shares} |"
        )
    return "\n".join(lines)


def poor_network(seconds: float) -> str:
    """False moves in so many seconds of 5 % loss and 200 ms delay, each way, between monitor and the rest."""
    with _lab(poor_cable=True) as lab:
        lab.put_in_order()
        monitors = [lab.monitor(lab.net.staff), lab.monitor(lab.net.nat)]
        lab.net.impair_monitor(delay_seconds=0.2, loss=0.05)
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            time.sleep(1)
            moves = sum(len(monitor.events("move-began")) for monitor in monitors)
            if moves or not lab.all_on("main", "main"):
                return f"a false move after {time.monotonic() - began:.0f} s"
        errors = sum(len(monitor.events("api-unreachable")) for monitor in monitors)
    return (
        f"{seconds:.0f} s, 5 % loss and 200 ms delay each way: 0 false moves; API trouble told {errors} times"
    )


def _run(lab: Failover, name: str, fault: str) -> Run:
    driver = DRIVERS[name]
    what = FAULTS[fault]
    pair: Pair = getattr(lab.net, what.pair)
    watching, control = _start(lab, driver, pair)
    time.sleep(random.uniform(0, driver.cycle))
    before = len(lab.net.fabric.changes)
    began = time.time()
    if what.happens:
        what.happens(lab.net, pair, "main")
    elif control:
        asyncio.run(ask(control, command="drill"))
    with suppress(NetworkError):
        wait_until(lambda: len(lab.net.fabric.changes) > before, driver.give_up, "the move", every=0.02)
    if len(lab.net.fabric.changes) == before:
        watching.stop()
        return Run(name, fault, None, None, None)
    moved = lab.net.fabric.changes[before][0] - began
    lab.traffic[what.traffic].wait(40, f"traffic of {what.traffic}")
    restored = lab.traffic[what.traffic].restored_after(began)
    decided = _decided(watching.log()) - began
    watching.stop()
    return Run(name, fault, decided, moved, restored)


def _start(lab: Failover, driver: Driver, pair: Pair) -> tuple[Program, Path | None]:
    """What watches, and where it takes a drill."""
    if driver.pause is None:
        monitor = lab.monitor(pair, f"-{time.monotonic_ns()}")
        return monitor.program, monitor.control
    staff = lab.net.staff
    program = lab.net.hosts["monitor"].start(
        "ping-loop",
        [
            *("/usr/bin/python3", str(ROOT / "benchmarks/ping_loop.py")),
            *("--address", staff.main.address, "--pause", str(driver.pause)),
            *("--allocation", staff.allocation_id, "--interface", staff.standby.interface),
            *(part for route in staff.routes for part in ("--route", "=".join(route))),
        ],
        environment=lab.net.credentials(),
    )
    wait_until(lambda: "watching" in program.log(), 20, "the ping loop")
    return program, None


def _decided(log: str) -> float:
    """When a driver said that it would move."""
    loop = re.search(r"^decided (\S+)$", log, re.MULTILINE)
    if loop:
        return float(loop[1])
    began = next(line for line in log.splitlines() if '"move-began"' in line)
    return datetime.fromisoformat(json.loads(began)["time"]).timestamp()


def _freeze(lab: Failover, timing: Timing) -> float:
    lab.stop_monitors()
    lab.net.repair(lab.net.staff, "main")
    lab.net.ec2.give(lab.net.staff, "main")
    lab.net.fabric.look()
    lab.monitor(
        lab.net.staff,
        f"-{time.monotonic_ns()}",
        probeIntervalSeconds=timing.interval,
        probeTimeoutSeconds=timing.timeout,
        failuresToMove=timing.failures,
    )
    time.sleep(1 + random.uniform(0, timing.interval))
    before = len(lab.net.fabric.changes)
    began = time.time()
    lab.net.freeze(lab.net.staff, "main")
    wait_until(lambda: len(lab.net.fabric.changes) > before, 30, "the move", every=0.02)
    return lab.net.fabric.changes[before][0] - began


def _lost(lab: Failover, timeout: float, loss: float, probes: int = 600, at_once: int = 6) -> str:
    """How many handshakes with a healthy server fail; few at once, as the server limits first packets."""
    lab.stop_monitors()
    lab.net.repair(lab.net.staff, "main")
    lab.net.impair_monitor(delay_seconds=0.2, loss=loss)
    secret = lab.net.cloud.client("secretsmanager").get_secret_value(
        SecretId=f"aws-vpn/dev/openvpn/{lab.net.tunnel.host.tunnel}/probe"
    )
    probe = service_probe(OpenVpnProbe("udp", 1194, "probe"), parse_client_key(secret["SecretString"]))

    async def one_after_another(count: int) -> int:
        results = [await probe(OPENVPN[0], timeout) for _ in range(count)]
        return sum(1 for result in results if result is None or not result.answered)

    async def together() -> int:
        return sum(await asyncio.gather(*(one_after_another(probes // at_once) for _ in range(at_once))))

    failed = inside(lab.net.hosts["monitor"], lambda: asyncio.run(together()))
    lab.net.impair_monitor(delay_seconds=0, loss=0)
    return f"{failed} of {probes}"


def _all_drivers(options: argparse.Namespace) -> list[Run]:
    """Each driver in a process and a lab of its own, at the same time."""
    command = [sys.executable, "-m", "benchmarks.failover", "--runs", str(options.runs)]
    command += ["--minutes", str(options.minutes), "--faults", *options.faults]
    workers = [
        subprocess.Popen([*command, "--worker", driver], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for driver in options.drivers
    ]
    runs: list[Run] = []
    for worker in workers:
        output, _ = worker.communicate()
        runs += [Run(**json.loads(line)) for line in output.splitlines()]
        if worker.returncode:
            print(
                f"a driver ended with {worker.returncode}; its runs so far are in the table", file=sys.stderr
            )
    return runs


@contextmanager
def _lab(*, poor_cable: bool = False) -> Generator[Failover]:
    with (
        tempfile.TemporaryDirectory(prefix="failover-") as folder,
        failover(Path(folder), poor_cable=poor_cable) as lab,
    ):
        yield lab


def _spread(values: Iterable[float | None]) -> str:
    known = sorted(value for value in values if value is not None)
    if not known:
        return "never"
    return f"{known[0]:.2f} / {statistics.median(known):.2f} / {known[-1]:.2f}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=10, help="runs per fault and driver")
    parser.add_argument("--minutes", type=float, default=60, help="begin no run after so many minutes")
    parser.add_argument("--faults", nargs="+", choices=FAULTS, default=list(FAULTS))
    parser.add_argument("--drivers", nargs="+", choices=DRIVERS, default=list(DRIVERS))
    parser.add_argument("--trade-off", action="store_true")
    parser.add_argument("--poor-network", type=float, metavar="SECONDS")
    parser.add_argument("--worker", choices=DRIVERS, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
