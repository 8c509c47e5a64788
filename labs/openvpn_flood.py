"""Attacks by strangers on an OpenVPN server in a lab, and what its monitor, its clients and its log notice.

First packets: one that a client once sent, or anybody with a revoked profile, sent again and again. Silent
connections (TCP): opened, and nothing is ever said. Neither needs a certificate that the server accepts.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from hosts.programs.failover_monitor.openvpn_packet import Handshake, parse_client_key
from labs.failover.layout import OPENVPN, PRIVATE
from labs.failover.network import FailoverNetwork
from labs.namespaces import Host, NetworkError, Program
from labs.openvpn_processes import Client, block, connect
from labs.openvpn_tunnel import PUBLIC, ROOT

FIRST_PACKETS = """
import socket, sys, time
packet, server, port, rate, seconds = bytes.fromhex(sys.argv[1]), sys.argv[2], *map(float, sys.argv[3:6])
sockets = []
for source in sys.argv[6:]:
    sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    sockets[-1].bind((source, 0))
begin, sent = time.monotonic(), 0
while (passed := time.monotonic() - begin) < seconds:
    while sent < passed * rate:
        sockets[sent % len(sockets)].sendto(packet, (server, int(port)))
        sent += 1
    time.sleep(0.005)
"""

SILENT_CONNECTIONS = """
import resource, select, socket, sys, time
server, port, each, seconds = sys.argv[1], *map(float, sys.argv[2:5])
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
def connection(source):
    one = socket.socket()
    one.setblocking(False)
    one.bind((source, 0))
    one.connect_ex((server, int(port)))
    return one
silent = [(source, connection(source)) for source in sys.argv[5:] for _ in range(int(each))]
begin = time.monotonic()
while time.monotonic() - begin < seconds:
    waiting = select.poll()
    for _, one in silent:
        waiting.register(one, select.POLLIN)
    closed = {descriptor for descriptor, _ in waiting.poll(200)}
    for place, (source, one) in enumerate(silent):
        if one.fileno() in closed:
            one.close()
            silent[place] = (source, connection(source))
"""

PROBES = """
import asyncio, sys, time
from hosts.programs.failover_monitor.configuration import OpenVpnProbe
from hosts.programs.failover_monitor.openvpn_packet import parse_client_key
from hosts.programs.failover_monitor.probes import service_probe
address, protocol, port, key, seconds = sys.argv[1:]
probe = service_probe(OpenVpnProbe(protocol, int(port), "-"), parse_client_key(open(key).read()))
end = time.monotonic() + float(seconds)
while time.monotonic() < end:
    begin = time.monotonic()
    result = asyncio.run(probe(address, 1.0))
    print("answered" if result is None or result.answered else "lost", flush=True)
    time.sleep(max(0, 0.5 - (time.monotonic() - begin)))
"""
"""The failover monitor's own probe, with its default timeout, twice a second."""

Attack = Callable[[float], Program]
"""Starts an attack of so many seconds."""


@dataclass(frozen=True)
class Noticed:
    """What an attack did."""

    probes: int
    lost: int
    lost_in_a_row: int
    connected_after: float | None
    """Seconds until a client that came during the attack was connected; None: not at all."""

    echoes_sent: int
    echoes_heard: int
    log_lines: int
    downs: int
    """How often the running monitor took a server for down: three probes in a row unanswered."""

    moves: int

    def __str__(self) -> str:
        after = "never" if self.connected_after is None else f"after {self.connected_after:.1f} s"
        return (
            f"{self.lost} of {self.probes} probes lost, {self.lost_in_a_row} in a row; a new client connected"
            f" {after}; {self.echoes_heard} of {self.echoes_sent} echoes; {self.log_lines} log lines;"
            f" a server down for the monitor {self.downs} times, {self.moves} moves"
        )


def first_packets(net: FailoverNetwork, profile: Path, port: int, addresses: int, rate: int = 500) -> Attack:
    """The first packet of a profile's client, replayed so many times a second from so many addresses."""
    host, sources = _attacker(net, addresses)
    packet = Handshake(parse_client_key(block(profile.read_text("utf-8"), "tls-crypt-v2"))).request()
    where = [packet.hex(), PUBLIC, str(port), str(rate)]
    return lambda seconds: _start(host, FIRST_PACKETS, [*where, str(seconds), *sources])


def silent_connections(net: FailoverNetwork, port: int, addresses: int = 3, each: int = 600) -> Attack:
    """So many connections from each of so many addresses, opened again when they are closed."""
    host, sources = _attacker(net, addresses)
    where = [PUBLIC, str(port), str(each)]
    return lambda seconds: _start(host, SILENT_CONNECTIONS, [*where, str(seconds), *sources])


def endure(net: FailoverNetwork, attack: Attack, seconds: float, session: Client, profile: Path) -> Noticed:
    """Attack the address while `session` is connected and the pair's monitor watches, let a client with
    `profile` come, and look at all.
    """
    key = net.tunnel.folder / "probe"
    key.write_text(net.tunnel.secret("probe"), encoding="utf-8")
    host, server = net.tunnel.host, net.box(net.staff, "main").program
    assert server
    monitor = net.monitor(net.staff)
    for n in range(2):
        monitor.wait("verdict", 30, n)
    lines = len(server.log().splitlines())
    attacking = attack(seconds)
    probing = net.hosts["private"].start(
        "probes",
        [sys.executable, "-c", PROBES, OPENVPN[0], host.protocol, str(host.port), str(key), str(seconds)],
        environment={"PYTHONPATH": str(ROOT)},
    )
    echoing = session.host.start("echoes", ["ping", "-i", "0.2", "-w", str(int(seconds)), PRIVATE])
    time.sleep(min(3.0, seconds / 4))
    client = connect(net.another_laptop(), profile)
    try:
        after = client.connected(seconds)
    except NetworkError:
        after = None
    for program in (attacking, probing, echoing):
        program.process.wait(seconds + 30)
    assert attacking.process.returncode == 0, attacking.log()
    client.program.stop()
    monitor.program.stop()
    answers = probing.log().split()
    runs = [len(list(group)) for answer, group in groupby(answers) if answer == "lost"]
    counts = re.search(r"(\d+) packets transmitted, (\d+) received", echoing.log())
    assert counts, echoing.log()
    assert answers, probing.log()
    return Noticed(
        probes=len(answers),
        lost=answers.count("lost"),
        lost_in_a_row=max(runs, default=0),
        connected_after=after,
        echoes_sent=int(counts[1]),
        echoes_heard=int(counts[2]),
        log_lines=len(server.log().splitlines()) - lines,
        downs=sum(event["verdict"] == "down" for event in monitor.events("verdict")),
        moves=len(monitor.events("moved")),
    )


def _attacker(net: FailoverNetwork, addresses: int) -> tuple[Host, list[str]]:
    """A host on the internet with so many addresses."""
    host = net.another_laptop()
    shown = host.run(["ip", "-br", "-4", "address", "show", "dev", "eth0"]).stdout
    network = shown.split()[2].rpartition(".")[0]
    sources = [f"{network}.{number}" for number in range(10, 10 + addresses)]
    for source in sources:
        host.address("eth0", f"{source}/24")
    return host, sources


def _start(host: Host, script: str, arguments: list[str]) -> Program:
    return host.start("attack", ["/usr/bin/python3", "-c", script, *arguments])
