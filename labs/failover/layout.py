"""A VPC with an OpenVPN pair, a NAT pair and their monitors, an office, a laptop, the internet and AWS's API.

         laptop      office router -- office pc      web 1.1.1.1, 8.8.8.8
            |              |                          |
            +----------- internet --------------------+      AWS's API: 198.51.100.1:5000
                           |
                      vpc router, which does what moto says (labs/failover/fabric.py)
      |           |              |           |            |              |
    main       standby       nat-main   nat-standby     monitor       private
    10.10.0.10  10.10.32.10  10.10.1.10  10.10.33.10   10.10.64.10   10.10.128.20

What runs on the servers and on the monitor is what their user data writes, run by Debian's own Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from labs.failover.traffic import ECHO
from labs.failover.wires import PoorCable
from labs.namespaces import Host, Lab, Program

OPENVPN = ("10.10.0.10", "10.10.32.10")
NAT = ("10.10.1.10", "10.10.33.10")
MONITOR = "10.10.64.10"
PRIVATE = "10.10.128.20"
OFFICE_PC = "192.168.60.20"
WEB = ("1.1.1.1", "8.8.8.8")
PRIVATE_TABLE = 100
HTTPS = """
import socket, threading
def serve(address):
    listener = socket.create_server((address, 443), backlog=256)
    while True:
        listener.accept()[0].close()
for address in ("1.1.1.1", "8.8.8.8"):
    threading.Thread(target=serve, args=(address,)).start()
"""


@dataclass
class Box:
    """A server's machine: its host, and how to build it again after it is gone."""

    name: str
    address: str
    host: Host
    program: Program | None = None


def gateway(address: str) -> str:
    """The VPC router's address in a host's subnet."""
    return f"{address.rpartition('.')[0]}.1"


def join_internet(lab: Lab, hosts: Mapping[str, Host]) -> None:
    """Connect everybody to the internet, and the VPC through its router."""
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


def monitor_host(lab: Lab, vpc: Host, *, poor_cable: bool) -> tuple[Host, PoorCable | None]:
    """The monitor's host, behind a cable that can be made poor if need be."""
    if not poor_cable:
        monitor, cable = vpc_host(lab, vpc, "monitor", MONITOR), None
    else:
        monitor = lab.host("monitor")
        cable = PoorCable(monitor, "eth0", vpc, "monitor")
        attach(vpc, monitor, "monitor", MONITOR)
    monitor.run(["sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647"])
    return monitor, cable


def vpc_host(lab: Lab, vpc: Host, name: str, address: str) -> Host:
    """A host in a subnet of its own."""
    host = lab.host(name)
    lab.link(host, "eth0", vpc, name)
    attach(vpc, host, name, address)
    return host


def attach(vpc: Host, host: Host, name: str, address: str) -> None:
    """Give both ends of a link between a host and the VPC's router their addresses."""
    vpc.address(name, f"{gateway(address)}/24")
    host.address("eth0", f"{address}/24")
    host.route("default", gateway(address))


def start_echoes(hosts: Mapping[str, Host]) -> None:
    """What answers in the private subnet and on the internet."""
    for name, address in (("private", PRIVATE), ("web", WEB[1])):
        hosts[name].start("echo", ["/usr/bin/python3", "-c", ECHO, address])
    hosts["web"].start("https", ["/usr/bin/python3", "-c", HTTPS])
