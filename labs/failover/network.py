"""The failover lab as tests use it: its servers, its monitors, and everything that can be done to them.

What is where in it: `labs/failover/layout.py`.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from itertools import count
from pathlib import Path
from typing import Any

from hosts.failover_monitor import MonitorHost
from hosts.failover_monitor import content as monitor_content
from hosts.nat import NatHost
from hosts.nat.host import files as nat_files
from labs.failover.door import Door
from labs.failover.ec2 import REGION, Ec2, Pair, configuration
from labs.failover.fabric import Fabric
from labs.failover.layout import (
    MONITOR,
    NAT,
    OPENVPN,
    PRIVATE,
    PRIVATE_TABLE,
    Box,
    gateway,
    join_internet,
    monitor_host,
    start_echoes,
    vpc_host,
)
from labs.failover.monitor import Monitor
from labs.failover.wires import PoorCable
from labs.moto_server import CloudServer, cloud_server
from labs.namespaces import Host, Lab, wait_until
from labs.openvpn_network import one_more_laptop
from labs.openvpn_processes import start_server
from labs.openvpn_tunnel import Tunnel, unpack

BUCKET = "aws-vpn-dev-123456789012"
STAFF_ADDRESS = "203.0.113.5"
NAT_ADDRESS = "203.0.113.6"
TIMING: Mapping[str, Any] = {
    "probeIntervalSeconds": 0.3,
    "probeTimeoutSeconds": 0.7,
    "failuresToMove": 3,
    "successesToTrust": 3,
    "failback": "manual",
    "failbackAfterMinutes": 30,
}


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
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def fabric(self) -> Fabric:
        """What makes the VPC's router follow the API."""
        return self.fabrics[0]

    def box(self, pair: Pair, role: str) -> Box:
        """The machine of main or standby."""
        return self.boxes[f"{pair.name}-{role}"]

    def another_laptop(self) -> Host:
        """One more laptop on the internet, with an address of its own."""
        return one_more_laptop(self.lab, self.hosts["internet"], next(self.numbers))

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
            if not any(program.name == "tell-clients" for program in box.host.programs):
                self._listen(box, root)
        else:
            files = nat_files(NatHost("dev", REGION, (IPv4Network("10.10.0.0/16"),), "nat"))
            path = self.folder / f"{box.name}.nft"
            path.write_text(files["/etc/nftables.conf"], encoding="utf-8")
            box.host.run(["nft", "-f", str(path)])
            settings = self.folder / f"{box.name}.conf"
            settings.write_text(files["/etc/sysctl.d/60-nat.conf"], encoding="utf-8")
            # How many connections there may be is the machine's to say, not a namespace's: refused here.
            refused = box.host.run(["sysctl", "-q", "-p", str(settings)], check=False).stderr
            assert refused.count("sysctl:") == refused.count("nf_conntrack_max"), refused

    def _listen(self, box: Box, root: Path) -> None:
        """What the server's unit runs, to hear of a planned move."""
        unit = (root / "etc/systemd/system/tell-clients.service").read_text(encoding="utf-8")
        command = next(line for line in unit.splitlines() if line.startswith("ExecStart="))
        program, *arguments = command.removeprefix("ExecStart=").split()
        box.host.start(
            "tell-clients",
            ["/usr/bin/python3", str(root / program.lstrip("/")), *arguments],
            mounts={"/etc/openvpn/server": root / "etc/openvpn/server", "/run": root / "run"},
        )

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


@contextmanager
def failover_network(
    folder: Path, *, poor_cable: bool = False, protocol: str = "udp"
) -> Generator[FailoverNetwork]:
    """The lab with all servers running, the addresses on main, and no monitor yet."""
    with ExitStack() as stack:
        cloud = stack.enter_context(cloud_server(folder))
        tunnel = Tunnel(folder / "tunnel", cloud, {"protocol": protocol})
        tunnel.access("init")
        tunnel.access("publish")
        cloud.client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        (folder / "logs").mkdir()
        lab = stack.enter_context(Lab(folder / "logs"))
        hosts = {name: lab.host(name) for name in ("internet", "vpc", "laptop", "office", "pc", "web")}
        join_internet(lab, hosts)
        ec2 = Ec2(cloud)
        pool, lan = str(tunnel.host.client_pool), str(tunnel.host.office_networks[0])
        staff = ec2.pair("staff", STAFF_ADDRESS, OPENVPN, (pool, lan))
        nat = ec2.pair("nat", NAT_ADDRESS, NAT, ("0.0.0.0/0",))
        door = Door(hosts["internet"], "198.51.100.1", 5000, cloud)
        hosts["monitor"], cable = monitor_host(lab, hosts["vpc"], poor_cable=poor_cable)
        if cable:
            stack.callback(cable.cut)
        hosts["private"] = vpc_host(lab, hosts["vpc"], "private", PRIVATE)
        own = {address: f"203.0.113.{100 + n}" for n, address in enumerate((*OPENVPN, *NAT, MONITOR))}
        start_echoes(hosts)
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
