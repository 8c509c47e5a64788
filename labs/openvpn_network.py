"""A VPC, the internet and an office around an OpenVPN server, all of it real: processes in namespaces.

                       laptop 198.51.100.2        potsdam's router 192.0.2.2 -- 192.168.60.0/24 -- pc
                              |                            |
                              +--------- internet ---------+
                                            |  203.0.113.5 is the server's (the internet gateway translates)
    private 10.10.128.20 -- vpc router -----+
    public-b 10.10.32.20 ---    |
                             server 10.10.0.10

What runs on the server are the files in its archive, unchanged; the programs among them are run by Debian's
Python. What clients use are the profiles that `aws-vpn access` wrote.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from labs.namespaces import Host, Lab
from labs.openvpn_processes import Server, prepare, start_server
from labs.openvpn_tunnel import PUBLIC, ROOT, Tunnel

SERVER = "10.10.0.10"
SERVER_IN_TUNNEL = "172.27.0.1"
PRIVATE = "10.10.128.20"
NOT_PERMITTED = "10.10.32.20"
OFFICE_PC = "192.168.60.20"
LOGIN_SERVER = """
import socketserver
class Login(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"login: ")
        name = self.rfile.readline().strip()
        self.wfile.write(b"password: ")
        self.rfile.readline()
        self.wfile.write(b"welcome " + name + b" from " + self.client_address[0].encode() + b"\\n")
        for line in self.rfile:
            self.wfile.write(line.upper())
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("0.0.0.0", 22), Login).serve_forever()
"""

LOGIN = """
import socket, sys
connection = socket.create_connection((sys.argv[1], 22), timeout=5)
stream = connection.makefile("rwb", buffering=0)
def until(text):
    heard = b""
    while not heard.endswith(text):
        heard += stream.read(1) or sys.exit("closed after " + repr(heard))
    return heard
until(b"login: "); stream.write(b"alice\\n")
until(b"password: "); stream.write(b"secret\\n")
print(until(b"\\n").decode(), end="")
for n in range(50):
    stream.write(b"line %d\\n" % n)
    assert until(b"\\n") == b"LINE %d\\n" % n
"""

PROBE = """
import asyncio, sys
from hosts.programs.failover_monitor.configuration import OpenVpnProbe
from hosts.programs.failover_monitor.openvpn_packet import parse_client_key
from hosts.programs.failover_monitor.probes import service_probe
address, protocol, port = sys.argv[1:]
probe = service_probe(OpenVpnProbe(protocol, int(port), "-"), parse_client_key(sys.stdin.read()))
result = asyncio.run(probe(address, 2.0))
print(result.answered if result else "late")
"""


@dataclass(frozen=True)
class Network:
    """The hosts around a server."""

    lab: Lab
    internet: Host
    vpc: Host
    server: Host
    private: Host
    public_b: Host
    laptop: Host
    office_router: Host
    office_pc: Host
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def another_laptop(self) -> Host:
        """One more laptop on the internet, with an address of its own."""
        return one_more_laptop(self.lab, self.internet, next(self.numbers))


def one_more_laptop(lab: Lab, internet: Host, number: int) -> Host:
    """A laptop on the internet in a subnet of that number."""
    laptop = lab.host(f"laptop-{number}")
    lab.link(laptop, "eth0", internet, f"laptop{number}")
    internet.address(f"laptop{number}", f"198.18.{number}.1/24")
    laptop.address("eth0", f"198.18.{number}.2/24")
    laptop.route("default", f"198.18.{number}.1")
    return laptop


@contextmanager
def network(folder: Path) -> Generator[Network]:
    """The hosts and links, and a login service on every one that is reached."""
    folder.mkdir(parents=True, exist_ok=True)
    with Lab(folder) as lab:
        names = ("internet", "vpc", "server", "private", "public_b", "laptop", "office_router", "office_pc")
        internet, vpc, server, private, public_b, laptop, office_router, office_pc = map(lab.host, names)
        net = Network(lab, internet, vpc, server, private, public_b, laptop, office_router, office_pc)
        _join(net, "laptop", "198.51.100.1", "198.51.100.2", net.internet)
        _join(net, "office_router", "192.0.2.1", "192.0.2.2", net.internet)
        _join(net, "office_pc", "192.168.60.1", OFFICE_PC, net.office_router)
        _join(net, "vpc", "203.0.113.1", "203.0.113.2", net.internet)
        _join(net, "server", "10.10.0.1", SERVER, net.vpc)
        _join(net, "private", "10.10.128.1", PRIVATE, net.vpc)
        _join(net, "public_b", "10.10.32.1", NOT_PERMITTED, net.vpc)
        for router in (net.internet, net.vpc, net.office_router):
            router.forward()
        # The Elastic IP: translated one to one by the internet gateway.
        net.internet.route(PUBLIC, "203.0.113.2")
        for rule in (
            "add table ip gateway",
            "add chain ip gateway in { type nat hook prerouting priority dstnat; }",
            "add chain ip gateway out { type nat hook postrouting priority srcnat; }",
            f"add rule ip gateway in ip daddr {PUBLIC} dnat to {SERVER}",
            f"add rule ip gateway out ip saddr {SERVER} oifname eth0 snat to {PUBLIC}",
        ):
            net.vpc.run(["nft", rule])
        # The routes that the VPC's route tables have: client pool and offices, to the active server.
        for destination in ("172.27.0.0/24", "192.168.60.0/24"):
            net.vpc.route(destination, SERVER)
        for host in (net.private, net.public_b, net.office_pc, net.internet, net.server):
            host.start("login", ["/usr/bin/python3", "-c", LOGIN_SERVER])
        yield net


@contextmanager
def served(tunnel: Tunnel, net: Network, root: Path) -> Generator[Server]:
    """A server with the tunnel's files: packet filter, kernel settings, OpenVPN."""
    prepare(tunnel, net.server, root)
    server = start_server(tunnel, net.server, root)
    try:
        yield server
    finally:
        server.program.stop()


def probed(tunnel: Tunnel, net: Network) -> str:
    """Whether the server answers the failover monitor's probe, from the VPC and with the published key."""
    key = tunnel.folder / "probe"
    key.write_text(tunnel.secret("probe"), encoding="utf-8")
    where = [SERVER, tunnel.host.protocol, str(tunnel.host.port)]
    script = f"cd {ROOT} && exec {sys.executable} -c '{PROBE}' {' '.join(where)} < {key}"
    return net.private.run(["sh", "-c", script]).stdout.strip()


def login(host: Host, address: str) -> str:
    """What the login service says after a session of 50 lines."""
    return host.run(["/usr/bin/python3", "-c", LOGIN, address]).stdout.strip()


def is_refused(host: Host, address: str) -> bool:
    """Whether a connection is turned away at once, with an answer, rather than lost."""
    done = host.run(["/usr/bin/python3", "-c", LOGIN, address], check=False)
    return "No route to host" in done.stderr or "Connection refused" in done.stderr


def _join(net: Network, name: str, gateway: str, address: str, router: Host) -> None:
    host: Host = getattr(net, name)
    net.lab.link(host, "eth0", router, name)
    router.address(name, f"{gateway}/24")
    host.address("eth0", f"{address}/24")
    host.route("default", gateway)
