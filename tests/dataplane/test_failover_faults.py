"""Faults that take main away: address and routes go to standby, traffic flows again, nothing else moves."""

from __future__ import annotations

import re
import signal
import socket
import time
from collections.abc import Callable, Generator

import pytest

from labs.failover.checks import Failover, failover
from labs.failover.ec2 import Pair
from labs.failover.layout import WEB
from labs.failover.network import FailoverNetwork
from labs.failover.wires import inside
from labs.namespaces import wait_until

Fault = Callable[[FailoverNetwork, Pair, str], None]

STAFF_FAULTS: tuple[Fault, ...] = (
    FailoverNetwork.kill,
    FailoverNetwork.freeze,
    FailoverNetwork.unplug,
    FailoverNetwork.remove,
)
NAT_FAULTS: tuple[Fault, ...] = (
    FailoverNetwork.forget_forwarding,
    FailoverNetwork.unplug,
    FailoverNetwork.remove,
)


LABS = 3


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Generator[Failover]:
    with failover(tmp_path_factory.mktemp("faults")) as lab:
        yield lab


@pytest.fixture
def lab(running: Failover) -> Generator[Failover]:
    running.put_in_order()
    yield running
    running.stop_monitors()


@pytest.mark.parametrize("fault", STAFF_FAULTS, ids=lambda fault: fault.__name__)
def test_openvpn_moves_to_standby(lab: Failover, fault: Fault) -> None:
    monitor, _ = lab.monitor(lab.net.staff), lab.monitor(lab.net.nat)
    fault(lab.net, lab.net.staff, "main")
    moved = monitor.wait("moved", 30)
    assert moved["to"] == "standby"
    lab.settles_on("standby", "main")
    lab.traffic_flows()
    wait_until(lambda: "dev/staff: moved to standby" in lab.net.ec2.messages(), 30, "the message")


@pytest.mark.parametrize("fault", NAT_FAULTS, ids=lambda fault: fault.__name__)
def test_nat_moves_to_standby(lab: Failover, fault: Fault) -> None:
    monitor, _ = lab.monitor(lab.net.nat), lab.monitor(lab.net.staff)
    fault(lab.net, lab.net.nat, "main")
    assert monitor.wait("moved", 30)["to"] == "standby"
    lab.settles_on("main", "standby")
    lab.traffic_flows()


def test_a_connection_that_began_on_the_other_nat_instance_is_reset(lab: Failover) -> None:
    web, private = lab.net.hosts["web"], lab.net.hosts["private"]
    server = inside(web, lambda: socket.create_server((WEB[1], 0)))
    target: tuple[str, int] = server.getsockname()
    with server, inside(private, lambda: socket.create_connection(target, 20)) as connection:
        lab.net.ec2.give(lab.net.nat, "standby")
        lab.net.fabric.look()
        wait_until(lambda: _is_reset(connection), 20, "the reset")
        inside(private, lambda: socket.create_connection(target, 20)).close()


def _is_reset(connection: socket.socket) -> bool:
    """Whether the other end is known to be gone; what is sent brings it out."""
    try:
        connection.send(b"still there?")
    except (ConnectionResetError, BrokenPipeError):
        return True
    return False


@pytest.mark.parametrize("role", ["main", "standby"])
def test_nat_sends_no_redirects(lab: Failover, role: str) -> None:
    host = lab.net.box(lab.net.nat, role).host
    assert host.run(["sysctl", "-n", "net.ipv4.conf.eth0.send_redirects"]).stdout == "0\n"


def test_a_dead_process_is_told_from_a_dead_host(lab: Failover) -> None:
    monitor = lab.monitor(lab.net.staff)
    lab.net.freeze(lab.net.staff, "main")
    assert "host answers ping" in monitor.wait("moved", 30)["reason"]
    lab.put_in_order()
    monitor = lab.monitor(lab.net.staff, "-second")
    # A ping is a second old at most, so a host that is gone is told a moment after it was left.
    lab.net.remove(lab.net.staff, "main")
    monitor.wait("moved", 30)
    wait_until(
        lambda: "host does not answer ping" in monitor.ask("--check").stdout, 30, "the explanation", every=0.5
    )


def test_nothing_moves_when_standby_is_dead_too(lab: Failover) -> None:
    monitor = lab.monitor(lab.net.staff)
    lab.net.kill(lab.net.staff, "standby")
    lab.net.kill(lab.net.staff, "main")
    monitor.wait("no-move-possible", 30)
    wait_until(lambda: "dev/staff: no move possible" in lab.net.ec2.messages(), 30, "the alarm")
    lab.stays(5, lambda: lab.all_on("main", "main"))
    lab.net.repair(lab.net.staff, "main")
    monitor.wait("no-longer-stuck", 30)
    lab.traffic_flows()
    assert lab.all_on("main", "main")


def test_standby_that_comes_back_takes_over_from_a_dead_main(lab: Failover) -> None:
    monitor = lab.monitor(lab.net.staff)
    lab.net.kill(lab.net.staff, "standby")
    lab.net.kill(lab.net.staff, "main")
    monitor.wait("no-move-possible", 30)
    lab.net.repair(lab.net.staff, "standby")
    lab.settles_on("standby", "main")
    lab.traffic_flows()


def test_main_that_is_back_does_not_take_the_address_back(lab: Failover) -> None:
    monitor = lab.monitor(lab.net.staff)
    lab.net.kill(lab.net.staff, "main")
    lab.settles_on("standby", "main")
    lab.net.repair(lab.net.staff, "main")
    lab.stays(15, lambda: lab.all_on("standby", "main"))
    lab.traffic_flows()
    assert len(monitor.events("moved")) == 1


def test_automatic_failback_waits_until_main_is_healthy_for_long_enough(lab: Failover) -> None:
    monitor = lab.monitor(lab.net.staff, failback="automatic", failbackAfterMinutes=0.2)
    lab.net.kill(lab.net.staff, "main")
    lab.settles_on("standby", "main")
    lab.net.repair(lab.net.staff, "main")
    repaired = time.monotonic()
    monitor.wait("moved", 40, after=1)
    assert 10 < time.monotonic() - repaired < 40
    lab.settles_on("main", "main")
    lab.traffic_flows()


def test_a_sick_pair_does_not_pass_the_address_to_and_fro(lab: Failover) -> None:
    monitor = lab.monitor(lab.net.staff)
    for _ in range(4):
        for down, up in (("main", "standby"), ("standby", "main")):
            lab.net.repair(lab.net.staff, up)
            lab.net.freeze(lab.net.staff, down)
            time.sleep(3.5)
    # 28 s, in which each server went down four times: the pauses are 10 s, then 20 s.
    assert len(monitor.events("moved")) <= 3


def test_people_are_told_when_a_move_has_to_wait(lab: Failover) -> None:
    monitor = lab.monitor(lab.net.staff)
    lab.net.ec2.give(lab.net.staff, "standby")
    lab.net.fabric.look()
    monitor.wait("changed-hands", 30)
    lab.net.freeze(lab.net.staff, "standby")
    waiting = monitor.wait("no-move-yet", 30)
    assert re.search(r"^standby is down .*; moved a moment ago, waiting \d+ s$", waiting["reason"])
    lab.settles_on("main", "main")
    lab.traffic_flows()
    subjects = [message.partition(": ")[2] for message in lab.net.ec2.messages()]
    assert subjects == [
        "address changed hands, now standby",
        "no move yet",
        "no longer stuck",
        "moved to main",
    ]


def test_two_monitors_end_in_the_same_state(lab: Failover) -> None:
    monitors = [lab.monitor(lab.net.staff, suffix) for suffix in ("-a", "-b")]
    lab.net.freeze(lab.net.staff, "main")
    lab.settles_on("standby", "main")
    lab.traffic_flows()
    lab.stays(6, lambda: lab.all_on("standby", "main"))
    told = {event["event"] for monitor in monitors for event in monitor.events()}
    assert "moved" in told
    assert all(event["to"] == "standby" for monitor in monitors for event in monitor.events("moved"))


def test_a_monitor_killed_between_address_and_routes_finishes_when_it_is_back(lab: Failover) -> None:
    monitor = lab.monitor(lab.net.staff)
    lab.net.ec2.fault("ReplaceRoute", "error")
    lab.net.freeze(lab.net.staff, "main")
    wait_until(lambda: lab.holders()["staff"] == ("standby", {"main"}), 30, "half a move", every=0.02)
    monitor.program.kill()
    lab.net.ec2.no_faults()
    again = lab.start_monitor(lab.net.staff, "-again")
    again.wait("routes-corrected", 30)
    lab.settles_on("standby", "main")
    lab.traffic_flows()


def test_a_monitor_killed_before_the_address_moved_finishes_when_it_is_back(lab: Failover) -> None:
    monitor = lab.monitor(lab.net.staff)
    lab.net.ec2.fault("AssociateAddress", "hang", seconds=1.5, count=1)
    lab.net.ec2.fault("AssociateAddress", "error")
    lab.net.freeze(lab.net.staff, "main")
    monitor.wait("move-began", 30)
    monitor.program.signal(signal.SIGKILL)
    lab.net.ec2.no_faults()
    lab.start_monitor(lab.net.staff, "-again")
    lab.settles_on("standby", "main")
    lab.traffic_flows()


def test_a_monitor_that_stood_still_does_not_move(lab: Failover) -> None:
    monitor = lab.monitor(lab.net.staff)
    for _ in range(3):
        monitor.program.signal(signal.SIGSTOP)
        time.sleep(3)
        monitor.program.signal(signal.SIGCONT)
        time.sleep(1)
    lab.stays(3, lambda: lab.all_on("main", "main"))
    assert not monitor.events("move-began")
