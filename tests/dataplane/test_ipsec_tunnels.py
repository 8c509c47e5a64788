"""The rendered files on a router, against AWS's end: real IKE and ESP, BGP or static routes, and failures."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from labs.ipsec.daemons import Daemon
from labs.ipsec.network import IpsecLab
from labs.ipsec.running import FAULTS, TUN_SEGMENT, Running
from labs.namespaces import Lab, wait_until
from labs.onprem_connections import BGP, STATIC, Case, connection
from model.tunnel_options import TunnelOptions
from onprem.connection import Tunnel
from onprem.watch import PROBES_A_ROUND, ROUNDS_TO_LEAVE

FOUND_DEAD = 90
"""Seconds: 30 s until DPD or BGP's hold time finds a tunnel dead, and room for a busy machine."""
LEFT = 20
"""Seconds until the watch has left a dead tunnel: about 5, and room, but less than DPD's 30."""
BACK = 120
"""Seconds until a tunnel that is back is used again: it is called every few seconds, and BGP every 10."""


@pytest.fixture(params=[BGP, STATIC], ids=["bgp", "static"])
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    case: Case = request.param
    with Lab(tmp_path) as lab:
        yield Running(IpsecLab(lab, tmp_path, connection(replace(case, largest_segment=TUN_SEGMENT))))


@pytest.fixture
def running_bgp(tmp_path: Path) -> Iterator[Running]:
    with Lab(tmp_path) as lab:
        yield Running(IpsecLab(lab, tmp_path, connection(BGP)))


def _keys(daemon: Daemon) -> tuple[list[str], list[str]]:
    """What names the keys in use: of IKE, and of ESP."""
    status = daemon.swanctl("--list-sas")
    ike = re.findall(r"IKEv2, (\w+)_i", status)
    esp = re.findall(r"^    (?:in|out) +(\w+)", status, re.MULTILINE)
    return ike, esp


def _change_keys(lab: IpsecLab, tunnel: Tunnel) -> None:
    daemon = lab.daemons[tunnel.position]
    ike, esp = _keys(daemon)
    daemon.swanctl("--rekey", "--child", tunnel.name)
    wait_until(
        lambda: len(_keys(daemon)[1]) == 2 and not set(_keys(daemon)[1]) & set(esp), BACK, "new keys for ESP"
    )
    daemon.swanctl("--rekey", "--ike", tunnel.name)
    wait_until(lambda: len(_keys(daemon)[0]) == 1 and _keys(daemon)[0] != ike, BACK, "new keys for IKE")


def test_both_tunnels_come_up_with_the_connections_algorithms(running: Running) -> None:
    print(f"in use after {running.seconds_to_start:.1f} s")
    for tunnel in running.lab.connection.tunnels:
        status = running.lab.daemons[tunnel.position].swanctl("--list-sas")
        assert re.search(rf"^{tunnel.name}: #\d+, ESTABLISHED, IKEv2", status, re.MULTILINE)
        assert "INSTALLED, TUNNEL-in-UDP" in status
        assert "AES_GCM_16-256" in status
        assert "ECP_384" in status
        assert f"remote '{tunnel.amazon_outside}'" in status
        addresses = running.lab.router.run(["ip", "address", "show", "dev", tunnel.name]).stdout
        assert f"inet {tunnel.customer_inside} " in addresses
        assert f"mtu {tunnel.mtu} " in addresses


def test_routes_appear_on_both_sides(running_bgp: Running) -> None:
    def learned() -> str:
        return running_bgp.router.vtysh("show bgp ipv4 unicast 10.30.0.0/16")

    wait_until(lambda: re.search(r"2 available, best #[12]", learned()), BACK, "the route over both tunnels")

    def announced() -> str:
        return running_bgp.vpg.vtysh("show bgp ipv4 unicast")

    wait_until(lambda: announced().count("65010 i") == 2, BACK, "the office over both tunnels")
    assert "192.168.11.0" not in announced(), "a LAN that the router has no route to"
    office = str(running_bgp.lab.office_address)
    wait_until(lambda: running_bgp.lab.private.reaches(office), BACK, "the office, from the VPC")


def test_new_keys_take_over_without_a_break(running_bgp: Running) -> None:
    _change_keys(running_bgp.lab, running_bgp.lab.connection.tunnels[0])
    wait_until(running_bgp.is_normal, BACK, "traffic with new keys")
    sessions = json.loads(running_bgp.router.vtysh("show bgp neighbors json")).values()
    assert [session["connectionsDropped"] for session in sessions] == [0, 0]


def test_a_tunnel_with_new_keys_is_down_when_its_end_dies(running_bgp: Running) -> None:
    """The daemon numbers an SA anew when its keys change, and says so to no script."""
    lab = running_bgp.lab
    second = lab.connection.tunnels[1]
    _change_keys(lab, second)
    lab.kill_endpoint(second)
    wait_until(lambda: not running_bgp.is_up(second), FOUND_DEAD, "the interface going down")
    lab.start_endpoint(second)
    wait_until(running_bgp.is_normal, BACK, "the interface being up again")


def test_large_transfers_fit_through_the_tunnel(running: Running, tmp_path: Path) -> None:
    lab = running.lab
    payload = tmp_path / "served"
    payload.mkdir()
    (payload / "file").write_bytes(bytes(range(256)) * 8192)
    server = lab.private.start("http", ["python3", "-m", "http.server", "--directory", str(payload), "80"])
    url = f"http://{lab.private_address}/file"
    fetch = f"import urllib.request as u; print(len(u.urlopen({url!r}, timeout=60).read()))"
    wait_until(lambda: lab.private.run(["ss", "-Hltn", "sport = 80"]).stdout, 60, "the web server")
    assert lab.office.run(["python3", "-c", fetch], timeout=90).stdout.strip() == str(256 * 8192)
    assert server.is_running()


def test_a_dead_endpoint_moves_traffic_and_its_return_takes_it_back(
    running: Running, record_property: Callable[[str, object], None]
) -> None:
    _fails_and_returns(running, "killed", record_property)


@pytest.mark.parametrize(
    ("case", "ike_version", "fault"), [(BGP, 2, "silent"), (BGP, 1, "half-dead"), (STATIC, 2, "half-dead")]
)
def test_a_silent_tunnel_moves_traffic_and_its_return_takes_it_back(
    case: Case, ike_version: int, fault: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Half dead, IKE lives and ESP does not: dead peer detection sees nothing. AWS has to be told."""
    options = TunnelOptions.model_validate({"ike_versions": (f"ikev{ike_version}",), "startup_action": "add"})
    with Lab(tmp_path) as hosts:
        running = Running(IpsecLab(hosts, tmp_path, connection(case, options)))
        _fails_and_returns(running, fault, record_property)
        status = running.lab.daemons[1].swanctl("--list-sas")
        assert re.search(rf"ESTABLISHED, IKEv{ike_version}, ", status)
        (watch,) = (program for program in running.lab.router.programs if program.name == "watch")
        assert ("tunnel 1: ended" in watch.log()) == (case is STATIC)


def _fails_and_returns(running: Running, fault: str, record: Callable[[str, object], None]) -> None:
    moved, back = running.seconds_to_recover(FAULTS[fault], LEFT, BACK)
    record("seconds", f"moved after {moved}, returned after {back}")
    assert moved is not None, f"traffic through tunnel 2: not within {LEFT} s"


def test_both_tunnels_stay_when_aws_answers_no_pings(running: Running) -> None:
    """Both fall silent in one moment, or the first one would be left."""
    lab = running.lab
    rules = ["add table inet deaf", "add chain inet deaf input { type filter hook input priority 0; }"]
    for tunnel in lab.connection.tunnels:
        told = f"ip daddr {tunnel.amazon_inside} icmp type echo-request counter drop"
        rules.append(f"add rule inet deaf input {told}")
    lab.vpg.run(["nft", "; ".join(rules)])

    def unanswered() -> list[int]:
        counted = lab.vpg.run(["nft", "list", "table", "inet", "deaf"]).stdout
        return [int(packets) for packets in re.findall(r"packets (\d+)", counted)]

    rounds = 2 * ROUNDS_TO_LEAVE * PROBES_A_ROUND
    wait_until(lambda: min(unanswered()) >= rounds, BACK, "rounds without answers")
    wait_until(running.is_normal, BACK, "traffic")
    (watch,) = (program for program in lab.router.programs if program.name == "watch")
    assert watch.is_running()
    assert not re.search("left|ended", watch.log())


def test_nothing_but_what_was_agreed_is_accepted(running_bgp: Running) -> None:
    vpg = running_bgp.vpg
    vpg.vtysh("configure terminal", "router bgp 64514", "address-family ipv4", "network 172.16.0.0/12")
    sent = "show bgp ipv4 unicast neighbors 169.254.30.2 advertised-routes"
    wait_until(lambda: "172.16.0.0/12" in vpg.vtysh(sent), 60, "the other network's announcement")
    received = "show bgp ipv4 unicast neighbors 169.254.30.1 received-routes"
    wait_until(lambda: "172.16.0.0/12" in running_bgp.router.vtysh(received), 60, "its arrival")
    table = running_bgp.router.vtysh("show ip route bgp")
    assert "10.30.0.0/16" in table
    assert "172.16.0.0/12" not in table
