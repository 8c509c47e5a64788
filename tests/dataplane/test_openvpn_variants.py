"""What a tunnel can be asked for beyond the ordinary: all traffic through it, DNS, clients together, TCP."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from labs.moto_server import cloud_server
from labs.namespaces import wait_until
from labs.openvpn_network import (
    NOT_PERMITTED,
    OFFICE_PC,
    PRIVATE,
    SERVER,
    SERVER_IN_TUNNEL,
    Network,
    is_refused,
    login,
    network,
    probed,
    served,
)
from labs.openvpn_processes import Client, Server, connect
from labs.openvpn_tunnel import PUBLIC, Tunnel

RESOLVER = "10.10.0.2"
WEBSITE = "93.184.216.34"

WHO_ASKS = f"""
import socketserver
class Resolver(socketserver.BaseRequestHandler):
    def handle(self):
        self.request[1].sendto(self.client_address[0].encode(), self.client_address)
socketserver.UDPServer(("{RESOLVER}", 53), Resolver).serve_forever()
"""
ASK = f"""
import socket
asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asking.settimeout(5)
asking.sendto(b"?", ("{RESOLVER}", 53))
print(asking.recv(100).decode())
"""


@dataclass
class Running:
    """A tunnel with everything turned on."""

    net: Network
    tunnel: Tunnel
    server: Server
    alice: Client
    office: Client


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Generator[Running]:
    folder = tmp_path_factory.mktemp("variants")
    changes = {
        "fullTunnel": True,
        "clientToClient": True,
        "dnsServers": [RESOLVER],
        "dnsDomain": "dev.internal",
        "protocol": "tcp",
    }
    with ExitStack() as stack:
        cloud = stack.enter_context(cloud_server(folder))
        tunnel = Tunnel(folder / "tunnel", cloud, changes)
        tunnel.access("init")
        tunnel.access("publish")
        net = stack.enter_context(network(folder / "logs"))
        net.internet.address("lo", f"{WEBSITE}/32")
        net.vpc.address("server", f"{RESOLVER}/24")
        net.vpc.start("resolver", ["/usr/bin/python3", "-c", WHO_ASKS])
        server = stack.enter_context(served(tunnel, net, folder / "server"))
        alice = connect(net.laptop, tunnel.profile("alice"))
        office = connect(net.office_router, tunnel.profile("site-potsdam"))
        alice.connected()
        office.connected()
        yield Running(net, tunnel, server, alice, office)


def test_tcp_443_carries_the_tunnel(running: Running) -> None:
    established = running.net.laptop.run(["ss", "-tnH", "state", "established"]).stdout
    assert f"{PUBLIC}:443" in established
    assert login(running.net.laptop, PRIVATE) == f"welcome alice from {running.alice.address()}"


def test_the_monitors_probe_is_answered_over_tcp(running: Running) -> None:
    assert probed(running.tunnel, running.net) == "True"


def test_everything_goes_through_the_tunnel_and_leaves_by_the_servers_address(running: Running) -> None:
    assert login(running.net.laptop, WEBSITE) == f"welcome alice from {PUBLIC}"


def test_a_full_tunnel_opens_no_more_of_the_vpc(running: Running) -> None:
    assert is_refused(running.net.laptop, NOT_PERMITTED)
    assert is_refused(running.net.laptop, "169.254.169.254")
    assert is_refused(running.net.laptop, "10.99.0.1")


def test_the_vpcs_resolver_is_asked_by_an_address_of_the_vpc(running: Running) -> None:
    assert running.net.laptop.run(["/usr/bin/python3", "-c", ASK]).stdout.strip() == SERVER
    assert "dhcp-option DNS 10.10.0.2" in running.alice.program.log()
    assert "dhcp-option DOMAIN dev.internal" in running.alice.program.log()


def test_an_office_keeps_its_own_way_to_the_internet(running: Running) -> None:
    assert running.net.office_router.run(["ip", "route", "get", WEBSITE]).stdout.startswith(
        f"{WEBSITE} via 192.0.2.1"
    )
    assert "dhcp-option" not in running.office.program.log()
    assert login(running.net.office_pc, PRIVATE) == f"welcome alice from {OFFICE_PC}"


def test_clients_and_offices_reach_each_other_when_asked_for(running: Running) -> None:
    bob = connect(running.net.another_laptop(), running.tunnel.profile("bob"))
    bob.connected()
    wait_until(lambda: bob.host.reaches(running.alice.address()), 30, "alice from bob")
    assert login(bob.host, OFFICE_PC) == f"welcome alice from {bob.address()}"
    assert running.net.office_pc.reaches(bob.address())
    bob.program.stop()


def test_the_tunnels_own_address_stays_shut(running: Running) -> None:
    assert running.net.laptop.reaches(SERVER_IN_TUNNEL)
    assert not login_answers(running, SERVER_IN_TUNNEL)


def login_answers(running: Running, address: str) -> bool:
    connecting = f"import socket; socket.create_connection(('{address}', 22), 1)"
    return running.net.laptop.run(["/usr/bin/python3", "-c", connecting], check=False).returncode == 0
