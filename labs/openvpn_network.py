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

import io
import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from hosts.content import HostContent
from hosts.openvpn_server import ServerHost, content
from labs.moto_server import CloudServer
from labs.namespaces import Host, Lab, NetworkError, Program, wait_until
from stacks.hosts import openvpn_server
from stacks.stack_file import read_stack_file

ROOT = Path(__file__).parents[1]
AWS_VPN = str(Path(sys.executable).with_name("aws-vpn"))
PUBLIC = "203.0.113.5"
SERVER = "10.10.0.10"
SERVER_IN_TUNNEL = "172.27.0.1"
PRIVATE = "10.10.128.20"
NOT_PERMITTED = "10.10.32.20"
OFFICE_PC = "192.168.60.20"
PASSPHRASE = "a passphrase for tests only"
CONNECTED = "Initialization Sequence Completed"

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


@dataclass
class Tunnel:
    """One tunnel's settings, authority and secrets, without a network."""

    folder: Path
    cloud: CloudServer
    changes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    stack: str = "dev"

    def __post_init__(self) -> None:
        stacks = self.folder / "stacks"
        stacks.mkdir(parents=True)
        document = yaml.safe_load((ROOT / f"stacks/Pulumi.{self.stack}.yaml").read_text(encoding="utf-8"))
        document["config"]["aws-vpn:openVpn"][0].update(self.changes)
        path = stacks / f"Pulumi.{self.stack}.yaml"
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        settings = read_stack_file(path)
        self.host = openvpn_server(self.stack, settings, settings.open_vpn[0])
        client = self.cloud.client("secretsmanager")
        for kind in ("server", "crl", "probe"):
            client.create_secret(Name=f"aws-vpn/{self.stack}/openvpn/{self.host.tunnel}/{kind}")

    def access(self, *arguments: str) -> str:
        """What `aws-vpn access` prints; it must succeed."""
        done = subprocess.run(
            [AWS_VPN, "access", "--stack", self.stack, "--home", str(self.home), *arguments],
            cwd=self.folder,
            env=self.environment(AWS_VPN_CA_PASSPHRASE=PASSPHRASE, PYTHONPATH=str(ROOT)),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def environment(self, **more: str) -> dict[str, str]:
        """This process's environment, with the cloud in it."""
        return {
            **os.environ,
            "AWS_ENDPOINT_URL": self.cloud.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            **more,
        }

    @property
    def home(self) -> Path:
        """The authority's folder."""
        return self.folder / "authority"

    def secret(self, kind: str) -> str:
        """What was published: `server`, `crl` or `probe`."""
        name = f"aws-vpn/{self.stack}/openvpn/{self.host.tunnel}/{kind}"
        return self.cloud.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]

    def profile(self, name: str) -> Path:
        """A client's profile, issued now; `site-NAME` is an office's."""
        command = ("issue-site", name.removeprefix("site-")) if name.startswith("site-") else ("issue", name)
        self.access(*command, "--address", PUBLIC)
        return self.home / "profiles" / f"aws-vpn-{self.stack}-{self.host.tunnel}-{name}.ovpn"

    def files(self, root: Path) -> Path:
        """Unpack the server's archive below `root` instead of /."""
        return self.write(self.host, root)

    @staticmethod
    def write(host: ServerHost, root: Path) -> Path:
        """Unpack any server's archive below `root` instead of /."""
        unpack(content(host), root)
        (root / "etc/openvpn/server/ccd").mkdir(exist_ok=True)
        (root / "run/openvpn-server").mkdir(parents=True, exist_ok=True)
        return root

    def fetch(self, root: Path, *, check: bool = True, unit: bool = False) -> str:
        """Run the server's fetch program, also telling systemd with `unit`; returns what it printed."""
        service = (root / "etc/systemd/system/fetch-openvpn-secrets.service").read_text(encoding="utf-8")
        command = re.search(r"^ExecStart=(.*)( --unit \S+)$", service, re.MULTILINE)
        assert command
        program, *arguments = (command[1] + (command[2] if unit else "")).split()
        done = subprocess.run(
            [
                *(str(root / program.lstrip("/")), *arguments),
                *("--folder", str(root / "etc/openvpn/server")),
                *("--management", str(root / "run/openvpn-server/server.sock")),
            ],
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout + done.stderr


def unpack(made: HostContent, root: Path) -> Path:
    """A host's archive below `root` instead of /."""
    with tarfile.open(fileobj=io.BytesIO(made.archive)) as archive:
        archive.extractall(root)  # noqa: S202
    return root


@dataclass(frozen=True)
class Server:
    """A running OpenVPN server."""

    tunnel: Tunnel
    host: Host
    root: Path
    program: Program

    def clients(self) -> dict[str, str]:
        """Each connected client's address, by name, as the server's status file has them."""
        status = self.root / "status.log"
        rows = [line.split(",") for line in status.read_text(encoding="utf-8").splitlines()]
        return {row[1]: row[3] for row in rows if row[0] == "CLIENT_LIST"}


@dataclass(frozen=True)
class Client:
    """A running OpenVPN client."""

    host: Host
    program: Program

    def connected(self, seconds: float = 20) -> float:
        """Wait until the tunnel is up; returns how long that took."""
        try:
            return wait_until(self.is_connected, seconds, "the tunnel", every=0.02)
        except NetworkError as error:
            raise NetworkError(f"{error}\n{self.program.log()}") from None

    def is_connected(self) -> bool:
        """Whether the tunnel came up, once at least."""
        return CONNECTED in self.program.log()

    def address(self) -> str:
        """The client's address in the tunnel."""
        links = json.loads(self.host.run(["ip", "-json", "-4", "address", "show"]).stdout)
        return next(
            link["addr_info"][0]["local"] for link in links if link["ifname"].startswith(("tun", "awsvpn"))
        )


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
        number = next(self.numbers)
        laptop = self.lab.host(f"laptop-{number}")
        self.lab.link(laptop, "eth0", self.internet, f"laptop{number}")
        self.internet.address(f"laptop{number}", f"198.18.{number}.1/24")
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


def prepare(tunnel: Tunnel, host: Host, root: Path) -> None:
    """A server's files, keys, packet filter and kernel settings."""
    tunnel.files(root)
    tunnel.fetch(root)
    host.run(["nft", "-f", str(root / "etc/nftables.conf")])
    host.run(["sysctl", "-q", "-p", str(root / "etc/sysctl.d/60-openvpn.conf")])


def start_server(tunnel: Tunnel, host: Host, root: Path) -> Server:
    """OpenVPN as Debian's unit starts it, in its folder; waits until it serves."""
    status = ["--status", str(root / "status.log"), "1", "--status-version", "2"]
    command = ["openvpn", "--cd", "/etc/openvpn/server", *status, "--config", "server.conf"]
    mounts = {"/etc/openvpn/server": root / "etc/openvpn/server", "/run": root / "run"}
    program = host.start("openvpn", command, mounts=mounts)
    server = Server(tunnel, host, root, program)
    try:
        wait_until(lambda: CONNECTED in program.log(), 15, "the server", every=0.02)
    except NetworkError as error:
        raise NetworkError(f"{error}\n{program.log()}") from None
    return server


def probed(tunnel: Tunnel, net: Network) -> str:
    """Whether the server answers the failover monitor's probe, from the VPC and with the published key."""
    key = tunnel.folder / "probe"
    key.write_text(tunnel.secret("probe"), encoding="utf-8")
    where = [SERVER, tunnel.host.protocol, str(tunnel.host.port)]
    script = f"cd {ROOT} && exec {sys.executable} -c '{PROBE}' {' '.join(where)} < {key}"
    return net.private.run(["sh", "-c", script]).stdout.strip()


def connect(host: Host, profile: Path) -> Client:
    """OpenVPN with a profile as it is."""
    return Client(host, host.start("openvpn", ["openvpn", "--config", str(profile)]))


def login(host: Host, address: str) -> str:
    """What the login service says after a session of 50 lines."""
    return host.run(["/usr/bin/python3", "-c", LOGIN, address]).stdout.strip()


def block(profile: str, tag: str) -> str:
    """The inline file of a profile between <tag> and </tag>, with both."""
    found = re.search(rf"<{tag}>.*?</{tag}>\n", profile, re.DOTALL)
    assert found
    return found[0]


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
