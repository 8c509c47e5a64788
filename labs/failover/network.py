"""A VPC with an OpenVPN pair, a NAT pair and their monitors, an office, a laptop, the internet and AWS's API.

         laptop      office router -- office pc      web 1.1.1.1, 8.8.8.8
            |              |                          |
            +----------- internet --------------------+      AWS's API: 198.51.100.1:5000
                           |
                      vpc router, which does what moto says (failover_cloud.Fabric)
      |           |              |           |            |              |
    main       standby       nat-main   nat-standby     monitor       private
    10.10.0.10  10.10.32.10  10.10.1.10  10.10.33.10   10.10.64.10   10.10.128.20

What runs on the servers and on the monitor is what their user data writes, run by Debian's own Python.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from itertools import pairwise
from pathlib import Path
from typing import Any

from hosts.failover_monitor import MonitorHost
from hosts.failover_monitor import content as monitor_content
from hosts.nat import NatHost
from hosts.nat.host import files as nat_files
from labs.failover.cloud import REGION, Door, Ec2, Fabric, Pair, configuration
from labs.failover.wires import PoorCable, udp_socket
from labs.moto_server import CloudServer, cloud_server
from labs.namespaces import Host, Lab, Program, wait_until
from labs.openvpn_network import Client, Tunnel, connect, start_server, unpack

BUCKET = "aws-vpn-dev-123456789012"
OPENVPN = ("10.10.0.10", "10.10.32.10")
NAT = ("10.10.1.10", "10.10.33.10")
MONITOR = "10.10.64.10"
PRIVATE = "10.10.128.20"
OFFICE_PC = "192.168.60.20"
STAFF_ADDRESS = "203.0.113.5"
NAT_ADDRESS = "203.0.113.6"
WEB = ("1.1.1.1", "8.8.8.8")
PRIVATE_TABLE = 100
ECHO_PORT = 7

TIMING: Mapping[str, Any] = {
    "probeIntervalSeconds": 0.3,
    "probeTimeoutSeconds": 0.7,
    "failuresToMove": 3,
    "successesToTrust": 3,
    "failback": "manual",
    "failbackAfterMinutes": 30,
}

ECHO = f"""
import socket, sys
echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
echo.bind((sys.argv[1], {ECHO_PORT}))
while True:
    data, sender = echo.recvfrom(2048)
    echo.sendto(data, sender)
"""

HTTPS = """
import socket, threading
def serve(address):
    listener = socket.create_server((address, 443), backlog=256)
    while True:
        listener.accept()[0].close()
for address in ("1.1.1.1", "8.8.8.8"):
    threading.Thread(target=serve, args=(address,)).start()
"""


class Traffic:
    """Echo requests twenty times a second from one host to another, and which of them were answered."""

    def __init__(self, source: Host, address: str) -> None:
        self._socket = udp_socket(source)
        self._socket.settimeout(0.2)
        self._target = (address, ECHO_PORT)
        self._ended = threading.Event()
        self._answers: list[tuple[float, float]] = []
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._send, self._receive)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Send no more."""
        self._ended.set()
        for thread in self._threads:
            thread.join(5)
        self._socket.close()

    def flows(self, since: float | None = None) -> bool:
        """Whether nearly all requests of the last second were answered."""
        start = max(since or 0, time.time() - 1.1)
        return sum(1 for sent, _ in tuple(self._answers) if sent >= start) >= 15

    def wait(self, seconds: float, what: str) -> None:
        """Wait until it flows."""
        since = time.time()
        wait_until(lambda: self.flows(since), seconds, what)

    def restored_after(self, fault: float) -> float:
        """Seconds from a fault to the first answer after the longest silence that followed it."""
        answered = sorted(received for sent, received in tuple(self._answers) if sent >= fault)
        points = [fault, *answered]
        silence, end = max(
            ((later - earlier, later) for earlier, later in pairwise(points)),
            default=(0.0, fault),
        )
        return end - fault if silence > 0.3 else 0.0

    def _send(self) -> None:
        while not self._ended.wait(0.05):
            with suppress(OSError):
                self._socket.sendto(repr(time.time()).encode(), self._target)

    def _receive(self) -> None:
        while not self._ended.is_set():
            with suppress(OSError):
                data = self._socket.recv(2048)
                self._answers.append((float(data), time.time()))


@dataclass
class Box:
    """A server's machine: its host, and how to build it again after it is gone."""

    name: str
    address: str
    host: Host
    program: Program | None = None


@dataclass
class Monitor:
    """A running monitor, and what it logged."""

    program: Program
    control: Path
    environment: Mapping[str, str]
    host: Host
    command: Sequence[str]

    def events(self, name: str | None = None) -> list[dict[str, Any]]:
        """The events it logged, in order."""
        found: list[dict[str, Any]] = []
        for line in self.program.log().splitlines():
            with suppress(ValueError):
                found.append(json.loads(line))
        return [event for event in found if name in (None, event["event"])]

    def wait(self, name: str, seconds: float, after: int = 0) -> dict[str, Any]:
        """Wait for an event, the one after so many others of its name."""
        wait_until(
            lambda: len(self.events(name)) > after or not self.program.is_running(),
            seconds,
            f"{name}: {self.program.log()[-3000:]}",
        )
        assert self.program.is_running(), self.program.log()
        return self.events(name)[after]

    def ask(self, *arguments: str, timeout: float = 70) -> subprocess.CompletedProcess[str]:
        """Run the command beside the monitor, as a person on its host does."""
        return self.host.run(
            ["env", *(f"{k}={v}" for k, v in self.environment.items()), *self.command, *arguments],
            timeout=timeout,
            check=False,
        )


@dataclass
class FailoverNetwork:
    """The whole lab."""

    folder: Path
    cloud: CloudServer
    lab: Lab
    ec2: Ec2
    tunnel: Tunnel
    hosts: Mapping[str, Host]
    door: Door
    staff: Pair
    nat: Pair
    boxes: dict[str, Box] = field(default_factory=dict[str, Box])
    monitor_cable: PoorCable | None = None
    fabrics: list[Fabric] = field(default_factory=list[Fabric])

    @property
    def fabric(self) -> Fabric:
        """What makes the VPC's router follow the API."""
        return self.fabrics[0]

    def box(self, pair: Pair, role: str) -> Box:
        """The machine of main or standby."""
        return self.boxes[f"{pair.name}-{role}"]

    def monitor(self, pair: Pair, timing: Mapping[str, Any] | None = None, suffix: str = "") -> Monitor:
        """Start the monitor of a pair, as its user data has it."""
        probe: dict[str, Any] = {"kind": "nat", "port": 9443}
        if pair is self.staff:
            probe = {
                "kind": "openvpn",
                "protocol": self.tunnel.host.protocol,
                "port": self.tunnel.host.port,
                "keySecret": f"aws-vpn/dev/openvpn/{self.tunnel.host.tunnel}/probe",
            }
        host = MonitorHost("dev", pair.name, REGION, f"failover/{pair.name}.json", "monitor")
        self.configure(host.configuration, configuration(self.ec2, pair, probe, {**TIMING, **(timing or {})}))
        root = unpack(monitor_content(host, BUCKET), self.folder / f"monitor-{pair.name}{suffix}")
        control = root / "control"
        environment = {
            "PYTHONPATH": str(root / "usr/local/lib/failover-monitor"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_DEFAULT_REGION": REGION,
            "FAILOVER_CONFIGURATION": f"s3://{BUCKET}/{host.configuration}",
            **self.credentials(),
        }
        command = ["/usr/bin/python3", "-m", "failover_monitor", "--control-socket", str(control)]
        program = self.hosts["monitor"].start(
            f"monitor-{pair.name}{suffix}", [*command, "run"], environment=environment
        )
        return Monitor(program, control, environment, self.hosts["monitor"], command)

    def credentials(self) -> dict[str, str]:
        """The environment in which AWS is the lab's."""
        return {
            "AWS_ENDPOINT_URL": self.door.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    def configure(self, key: str, document: str) -> None:
        """Write a monitor's configuration."""
        self.cloud.client("s3").put_object(Bucket=BUCKET, Key=key, Body=document.encode())

    def start(self, pair: Pair, role: str) -> None:
        """Start a server's service on its machine."""
        box = self.box(pair, role)
        root = self.folder / box.name
        if pair is self.staff:
            if not root.exists():
                self.tunnel.fetch(self.tunnel.files(root))
            box.host.run(["nft", "-f", str(root / "etc/nftables.conf")])
            box.host.run(["sysctl", "-q", "-p", str(root / "etc/sysctl.d/60-openvpn.conf")])
            box.program = start_server(self.tunnel, box.host, root).program
        else:
            files = nat_files(NatHost("dev", REGION, IPv4Network("10.10.0.0/16"), "nat"))
            path = self.folder / f"{box.name}.nft"
            path.write_text(files["/etc/nftables.conf"], encoding="utf-8")
            box.host.run(["nft", "-f", str(path)])
            settings = self.folder / f"{box.name}.conf"
            settings.write_text(files["/etc/sysctl.d/60-nat.conf"], encoding="utf-8")
            # How many connections there may be is the machine's to say, not a namespace's: refused here.
            refused = box.host.run(["sysctl", "-q", "-p", str(settings)], check=False).stderr
            assert refused.count("sysctl:") == refused.count("nf_conntrack_max"), refused

    def close_door(self) -> None:
        """AWS's API cannot be reached any more."""
        self.door.close()

    def open_door(self) -> None:
        """AWS's API can be reached again."""
        on_move = self.door.on_move
        self.door = Door(self.hosts["internet"], "198.51.100.1", 5000, self.cloud)
        self.door.on_move = on_move

    def kill(self, pair: Pair, role: str) -> None:
        """The server's process is killed, its host lives."""
        program = self.box(pair, role).program
        assert program
        program.kill()

    def freeze(self, pair: Pair, role: str) -> None:
        """The server's process stops, its host lives."""
        program = self.box(pair, role).program
        assert program
        program.signal(signal.SIGSTOP)

    def forget_forwarding(self, pair: Pair, role: str) -> None:
        """A NAT instance forwards and translates no more, its host lives."""
        self.box(pair, role).host.run(["nft", "flush", "ruleset"])
        self.box(pair, role).host.run(["sysctl", "-qw", "net.ipv4.ip_forward=0"])

    def unplug(self, pair: Pair, role: str) -> None:
        """The host's link is down."""
        self.box(pair, role).host.interface_up("eth0", up=False)

    def remove(self, pair: Pair, role: str) -> None:
        """The host is gone: its processes, its namespace, its end of the link."""
        box = self.box(pair, role)
        self.lab._hosts.remove(box.host)
        for program in box.host.programs:
            if program.is_running():
                program.kill()
        for pid in box.host.processes():
            if pid != box.host.holder.pid:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        box.host.holder.kill()
        box.host.holder.wait(10)
        vpc = self.hosts["vpc"]
        wait_until(lambda: box.name not in vpc.run(["ip", "-br", "link"]).stdout, 10, f"{box.name} gone")

    def repair(self, pair: Pair, role: str) -> None:
        """Bring a server back from whatever happened to it."""
        box = self.box(pair, role)
        if box.program is not None and box.program.is_running():
            box.program.signal(signal.SIGCONT)
        if box.host.holder.poll() is not None:
            box.host = self._machine(box.name, box.address)
            box.program = None
        else:
            self._plug(box)
        if pair is self.nat:
            self.start(pair, role)
            return
        if box.program is not None and box.program.is_running():
            return
        box.host.run(["ip", "link", "del", "tun0"], check=False)
        self.start(pair, role)

    def build(self, pair: Pair, role: str) -> None:
        """A machine for a server, and its service on it."""
        name, address = f"{pair.name}-{role}", pair.instance(role).address
        self.boxes[name] = Box(name, address, self._machine(name, address))
        self.start(pair, role)

    def impair_monitor(self, *, delay_seconds: float, loss: float) -> None:
        """The monitor's cable delays and loses, each way: probes and calls of the API alike."""
        assert self.monitor_cable
        self.monitor_cable.impair(delay_seconds=delay_seconds, loss=loss)

    def _machine(self, name: str, address: str) -> Host:
        host = self.lab.host(name)
        self.lab.link(host, "eth0", self.hosts["vpc"], name)
        self.hosts["vpc"].run(["ip", "address", "add", f"{gateway(address)}/24", "dev", name])
        host.address("eth0", f"{address}/24")
        host.route("default", gateway(address))
        # A host that is gone leaves silence behind in AWS, and no "host unreachable" from a router.
        mac = json.loads(host.run(["ip", "-json", "link", "show", "eth0"]).stdout)[0]["address"]
        self.hosts["vpc"].run(
            ["ip", "neigh", "replace", address, "lladdr", mac, "dev", name, "nud", "permanent"]
        )
        return host

    def _plug(self, box: Box) -> None:
        state = json.loads(box.host.run(["ip", "-json", "link", "show", "eth0"]).stdout)[0]
        if "UP" not in state["flags"]:
            box.host.interface_up("eth0")
            box.host.route("default", gateway(box.address))


def gateway(address: str) -> str:
    """The VPC router's address in a host's subnet."""
    return f"{address.rpartition('.')[0]}.1"


@contextmanager
def failover_network(folder: Path, *, poor_cable: bool = False) -> Generator[FailoverNetwork]:
    """The lab with all servers running, the addresses on main, and no monitor yet."""
    with ExitStack() as stack:
        cloud = stack.enter_context(cloud_server(folder))
        tunnel = Tunnel(folder / "tunnel", cloud)
        tunnel.access("init")
        tunnel.access("publish")
        cloud.client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        (folder / "logs").mkdir()
        lab = stack.enter_context(Lab(folder / "logs"))
        hosts = {name: lab.host(name) for name in ("internet", "vpc", "laptop", "office", "pc", "web")}
        _internet(lab, hosts)
        ec2 = Ec2(cloud)
        pool, lan = str(tunnel.host.client_pool), str(tunnel.host.office_networks[0])
        staff = ec2.pair("staff", STAFF_ADDRESS, OPENVPN, (pool, lan))
        nat = ec2.pair("nat", NAT_ADDRESS, NAT, ("0.0.0.0/0",))
        door = Door(hosts["internet"], "198.51.100.1", 5000, cloud)
        hosts["monitor"], cable = _monitor_host(lab, hosts["vpc"], poor_cable=poor_cable)
        if cable:
            stack.callback(cable.cut)
        hosts["private"] = _vpc_host(lab, hosts["vpc"], "private", PRIVATE)
        own = {address: f"203.0.113.{100 + n}" for n, address in enumerate((*OPENVPN, *NAT, MONITOR))}
        _echoes(hosts)
        net = FailoverNetwork(folder, cloud, lab, ec2, tunnel, hosts, door, staff, nat, monitor_cable=cable)
        for pair in (staff, nat):
            for role in ("main", "standby"):
                net.build(pair, role)
        fabric = Fabric(ec2, hosts["vpc"], own, PRIVATE_TABLE)
        stack.callback(fabric.end)
        door.on_move = fabric.look
        net.fabrics.append(fabric)
        stack.callback(net.close_door)
        yield net


def connect_laptop(net: FailoverNetwork) -> Client:
    """The laptop's tunnel, up."""
    client = connect(net.hosts["laptop"], net.tunnel.profile("alice"))
    client.connected()
    return client


def connect_office(net: FailoverNetwork) -> Client:
    """The office router's tunnel, up."""
    client = connect(net.hosts["office"], net.tunnel.profile("site-potsdam"))
    client.connected()
    return client


def _internet(lab: Lab, hosts: Mapping[str, Host]) -> None:
    internet, vpc, office = hosts["internet"], hosts["vpc"], hosts["office"]
    for router in (internet, vpc, office):
        router.forward()
        router.run(["sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0"])
    for name, host, subnet in (
        ("laptop", hosts["laptop"], "198.51.100"),
        ("office", office, "192.0.2"),
        ("web", hosts["web"], "198.18.0"),
        ("vpc", vpc, "203.0.113"),
    ):
        lab.link(host, "eth0", internet, name)
        internet.address(name, f"{subnet}.1/24")
        host.address("eth0", f"{subnet}.2/24")
        host.route("default", f"{subnet}.1")
    lab.link(hosts["pc"], "eth0", office, "lan")
    office.address("lan", "192.168.60.1/24")
    hosts["pc"].address("eth0", f"{OFFICE_PC}/24")
    hosts["pc"].route("default", "192.168.60.1")
    for address in WEB:
        hosts["web"].run(["ip", "address", "add", f"{address}/32", "dev", "lo"])
        internet.route(f"{address}/32", "198.18.0.2")
    # All public addresses of the VPC are behind its internet gateway.
    for half in ("203.0.113.0/25", "203.0.113.128/25"):
        internet.route(half, "203.0.113.2")
    internet.run(["ip", "route", "add", "203.0.113.2/32", "dev", "vpc"])
    vpc.run(["ip", "route", "add", "blackhole", "10.10.0.0/16"])
    vpc.run(["ip", "rule", "add", "pref", "100", "to", "10.10.0.0/16", "lookup", "main"])
    vpc.run(["ip", "rule", "add", "pref", "101", "iif", "private", "lookup", str(PRIVATE_TABLE)])


def _monitor_host(lab: Lab, vpc: Host, *, poor_cable: bool) -> tuple[Host, PoorCable | None]:
    if not poor_cable:
        monitor, cable = _vpc_host(lab, vpc, "monitor", MONITOR), None
    else:
        monitor = lab.host("monitor")
        cable = PoorCable(monitor, "eth0", vpc, "monitor")
        attach(vpc, monitor, "monitor", MONITOR)
    monitor.run(["sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647"])
    return monitor, cable


def _vpc_host(lab: Lab, vpc: Host, name: str, address: str) -> Host:
    host = lab.host(name)
    lab.link(host, "eth0", vpc, name)
    attach(vpc, host, name, address)
    return host


def attach(vpc: Host, host: Host, name: str, address: str) -> None:
    """Give both ends of a link between a host and the VPC's router their addresses."""
    vpc.address(name, f"{gateway(address)}/24")
    host.address("eth0", f"{address}/24")
    host.route("default", gateway(address))


def _echoes(hosts: Mapping[str, Host]) -> None:
    for name, address in (("private", PRIVATE), ("web", WEB[1])):
        hosts[name].start("echo", ["/usr/bin/python3", "-c", ECHO, address])
    hosts["web"].start("https", ["/usr/bin/python3", "-c", HTTPS])
