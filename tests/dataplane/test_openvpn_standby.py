"""The standby knows what main knows: clients come over by themselves, fixed addresses keep their sessions."""

from __future__ import annotations

from pathlib import Path

from labs.moto_server import cloud_server
from labs.namespaces import wait_until
from labs.openvpn_network import OFFICE_PC, PRIVATE, login, network, served
from labs.openvpn_processes import connect, prepare, start_server
from labs.openvpn_tunnel import PUBLIC, Tunnel

STANDBY = "10.10.33.10"

SESSION = f"""
import socket, time
connection = socket.create_connection(("{PRIVATE}", 22))
stream = connection.makefile("rwb", buffering=0)
stream.write(b"fay\\nsecret\\n")
stream.readline()
for n in range(10_000):
    stream.write(b"line %d\\n" % n)
    print(n, stream.readline(), flush=True)
    time.sleep(0.1)
"""


def test_a_session_outlives_the_move_to_the_standby(tmp_path: Path) -> None:
    fixed = {"fay": "172.27.0.20", "site-potsdam": "172.27.0.21"}
    with cloud_server(tmp_path) as cloud, network(tmp_path / "logs") as net:
        tunnel = Tunnel(tmp_path / "tunnel", cloud, {"fixedAddresses": fixed})
        tunnel.access("init")
        tunnel.access("publish")
        standby = net.lab.host("standby")
        net.lab.link(standby, "eth0", net.vpc, "standby")
        net.vpc.address("standby", "10.10.33.1/24")
        standby.address("eth0", f"{STANDBY}/24")
        standby.route("default", "10.10.33.1")
        prepare(tunnel, standby, tmp_path / "standby")
        waiting = start_server(tunnel, standby, tmp_path / "standby")
        with served(tunnel, net, tmp_path / "main") as main:
            fay = connect(net.laptop, tunnel.profile("fay"))
            office = connect(net.office_router, tunnel.profile("site-potsdam"))
            fay.connected()
            office.connected()
            session = net.laptop.start("session", ["/usr/bin/python3", "-c", SESSION])
            wait_until(lambda: len(session.log().splitlines()) > 5, 30, "the session")
            main.program.kill()
            before = len(session.log().splitlines())
            net.vpc.run(["nft", "flush", "table", "ip", "gateway"])
            net.vpc.run(["nft", f"add rule ip gateway in ip daddr {PUBLIC} dnat to {STANDBY}"])
            net.vpc.run(["nft", f"add rule ip gateway out ip saddr {STANDBY} oifname eth0 snat to {PUBLIC}"])
            for destination in ("172.27.0.0/24", "192.168.60.0/24"):
                net.vpc.run(["ip", "route", "replace", destination, "via", STANDBY])
            took = wait_until(
                lambda: len(session.log().splitlines()) > before + 3, 30, "the session's return"
            )
            print(f"the session went on after {took:.1f} s")
            assert session.is_running()
            assert waiting.program.log().count("[fay] Peer Connection Initiated") == 1
            wait_until(lambda: net.office_pc.reaches(PRIVATE), 30, "the office's return")
            assert login(net.private, OFFICE_PC) == f"welcome alice from {PRIVATE}"
