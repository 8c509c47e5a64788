"""How an OpenVPN server of this project bears 100 clients at once, and what the tunnel costs in throughput.

    python -m benchmarks.openvpn [--clients 100] [--seconds 5]

Needs root and the Debian packages in tests/dataplane/packages.txt. Everything runs on one machine, in network
namespaces: server, clients and the measuring programs share its processors, so the numbers are lower bounds.
Without VPN the path is as fast as memory; a line of 100 Mbit/s shows what the tunnel costs on a slower one.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import tempfile
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from access import authority as ca
from access.profile import CIPHERS, Endpoint, client_profile
from access.store import load
from labs.moto_server import cloud_server
from labs.namespaces import Program, wait_until
from labs.openvpn_network import PRIVATE, Network, network, served
from labs.openvpn_processes import CONNECTED, Server, connect
from labs.openvpn_tunnel import PASSPHRASE, PUBLIC, Tunnel

CONNECT_SECONDS = 120
_STAMP = re.compile(r"^(\d+\.\d+) ", re.MULTILINE)


@dataclass(frozen=True)
class Bench:
    """A tunnel that serves, and profiles for it."""

    folder: Path
    net: Network
    server: Server

    def profiles(self, number: int) -> list[Path]:
        """Profiles of as many clients, each its own."""
        stored = load(self.server.tunnel.home)
        secrets, authority = stored.opened(PASSPHRASE).secrets, stored.authority
        endpoint = Endpoint(PUBLIC, self.server.tunnel.host.port, "udp", authority.name)
        paths: list[Path] = []
        for client in range(number):
            name = f"client-{client}"
            authority, credential = ca.issue(
                authority, secrets, name, "client", timedelta(days=1), datetime.now(UTC)
            )
            paths.append(self.folder / f"{name}.ovpn")
            paths[-1].write_text(client_profile(name, endpoint, credential), encoding="utf-8")
        return paths


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=5, help="length of each throughput measurement")
    options = parser.parse_args()
    with bench() as running:
        for line in measure_throughput(running, options.seconds):
            print(line, flush=True)
        for line in measure_clients(running, options.clients):
            print(line, flush=True)


@contextmanager
def bench() -> Generator[Bench]:
    """The dev environment's tunnel."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        tunnel = Tunnel(folder / "tunnel", stack.enter_context(cloud_server(folder)))
        tunnel.access("init")
        tunnel.access("publish")
        net = stack.enter_context(network(folder / "logs"))
        yield Bench(folder, net, stack.enter_context(served(tunnel, net, folder / "server")))


def measure_throughput(running: Bench, seconds: int) -> Iterator[str]:
    """TCP from a laptop to a private host, without VPN and with each cipher. Megabits a second."""
    net = running.net
    net.internet.route("10.10.128.0/24", "203.0.113.2")
    iperf = net.private.start("iperf3", ["iperf3", "--server"])
    wait_until(lambda: ":5201" in net.private.run(["ss", "-tlnH"]).stdout, 5, "iperf3")
    profile = running.profiles(1)[0]
    for line in ("as fast as memory", "100 Mbit/s"):
        if line.startswith("100"):
            limit = ["root", "tbf", "rate", "100mbit", "burst", "64kb", "latency", "20ms"]
            net.laptop.run(["tc", "qdisc", "replace", "dev", "eth0", *limit])
        plain = _megabits(running, seconds)
        yield f"TCP, line {line}: {plain:.1f} Mbit/s without VPN"
        for cipher in CIPHERS.split(":"):
            through = _megabits_through(running, profile, cipher, seconds)
            yield f"TCP, line {line}: {through:.1f} Mbit/s with {cipher}, {through / plain:.3f} of that"
    net.laptop.run(["tc", "qdisc", "delete", "dev", "eth0", "root"])
    iperf.stop()


def _megabits_through(running: Bench, profile: Path, cipher: str, seconds: int) -> float:
    text = profile.read_text(encoding="utf-8")
    path = running.folder / f"{cipher}.ovpn"
    path.write_text(text.replace(f"data-ciphers {CIPHERS}", f"data-ciphers {cipher}"), encoding="utf-8")
    client = connect(running.net.laptop, path)
    client.connected()
    through = _megabits(running, seconds)
    assert f"cipher '{cipher}'" in client.program.log()
    client.program.stop()
    return through


def measure_clients(running: Bench, number: int) -> Iterator[str]:
    """All clients started at once: time to connect of each, the server's memory before and after."""
    profiles = running.profiles(number)
    before = _resident_kib(running.server.program)
    programs = [
        running.net.laptop.start(
            "openvpn", ["openvpn", "--config", str(profile), "--machine-readable-output"]
        )
        for profile in profiles
    ]
    wait_until(lambda: _are_up(programs), CONNECT_SECONDS, f"{number} clients", every=0.5)
    addresses = running.server.clients
    wait_until(lambda: len(set(addresses().values())) == number, 10, "an address for each in the status")
    after = _resident_kib(running.server.program)
    times = [_time_to_connect(program) for program in programs]
    starts = [_stamps(program)[0] for program in programs]
    total = max(start + took for start, took in zip(starts, times, strict=True)) - min(starts)
    yield (
        f"{number} clients at once: all connected after {total:.1f} s; a client took"
        f" {statistics.median(times):.2f} s (median), {max(times):.2f} s (slowest)"
    )
    yield (
        f"server's resident memory: {before / 1024:.1f} MiB alone, {after / 1024:.1f} MiB with {number}"
        f" clients, {(after - before) / number:.0f} KiB a client"
    )


def _megabits(running: Bench, seconds: int) -> float:
    command = ["iperf3", "--client", PRIVATE, "--time", str(seconds), "--omit", "1", "--json"]
    done = running.net.laptop.run(command, timeout=seconds + 20)
    return json.loads(done.stdout)["end"]["sum_received"]["bits_per_second"] / 1e6


def _are_up(programs: list[Program]) -> bool:
    return all(CONNECTED in program.log() for program in programs)


def _time_to_connect(program: Program) -> float:
    """From the program's first line to the one that says that it is connected."""
    first = _stamps(program)[0]
    line = next(line for line in program.log().splitlines() if CONNECTED in line)
    return float(line.split()[0]) - first


def _stamps(program: Program) -> list[float]:
    return [float(stamp) for stamp in _STAMP.findall(program.log())]


def _resident_kib(program: Program) -> int:
    status = Path(f"/proc/{program.pid}/status").read_text(encoding="utf-8")
    return int(status.split("VmRSS:")[1].split()[0])


if __name__ == "__main__":
    main()
