"""A move while AWS's API fails, throttles, hangs or is away; configurations that change; drills."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labs.failover.checks import Failover, failover
from labs.failover.network import BUCKET
from labs.namespaces import wait_until

KEY = "failover/staff.json"


LABS = 3


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Generator[Failover]:
    with failover(tmp_path_factory.mktemp("api")) as lab:
        yield lab


@pytest.fixture
def lab(running: Failover) -> Generator[Failover]:
    running.put_in_order()
    yield running
    running.stop_monitors()


BAD_SECONDS = 5.0


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("AssociateAddress", "error"),
        ("AssociateAddress", "throttle"),
        ("AssociateAddress", "hang"),
        ("ReplaceRoute", "error"),
        ("*", "error"),
        ("*", "throttle"),
        ("*", "hang"),
    ],
)
def test_a_move_gets_through_an_api_that_is_bad_for_a_while(lab: Failover, action: str, kind: str) -> None:
    monitor = lab.monitor(lab.net.staff)
    lab.net.ec2.fault(action, kind, -1, 10)
    lab.net.freeze(lab.net.staff, "main")
    monitor.wait("move-attempt-failed", 30)
    time.sleep(BAD_SECONDS)
    lab.net.ec2.no_faults()
    monitor.wait("moved", 30)
    lab.settles_on("standby", "main")
    lab.traffic_flows()


def test_an_api_that_does_not_say_who_holds_the_address_does_not_hold_up_the_move(lab: Failover) -> None:
    monitor = lab.monitor(lab.net.staff)
    lab.net.ec2.fault("DescribeRouteTables", "hang", -1, 20)
    lab.net.freeze(lab.net.staff, "main")
    wait_until(lambda: lab.net.ec2.holder(lab.net.staff) == "standby", 15, "the address", every=0.05)
    lab.net.ec2.no_faults()
    monitor.wait("moved", 30)
    lab.settles_on("standby", "main")
    lab.traffic_flows()


def test_an_api_that_is_away_is_said_and_tried_again(lab: Failover) -> None:
    monitor = lab.monitor(lab.net.staff)
    lab.net.close_door()
    monitor.wait("api-unreachable", 30)
    lab.net.freeze(lab.net.staff, "main")
    monitor.wait("move-attempt-failed", 30, after=3)
    assert lab.all_on("main", "main")
    lab.net.open_door()
    monitor.wait("moved", 30)
    lab.settles_on("standby", "main")
    lab.traffic_flows()
    told = lab.net.ec2.messages()
    wait_until(lambda: told.extend(lab.net.ec2.messages()) or len(told) >= 2, 30, "the messages")
    assert told == ["dev/staff: move to standby does not get through", "dev/staff: moved to standby"]


def test_a_main_that_is_back_before_the_api_keeps_the_address(lab: Failover) -> None:
    monitor = lab.monitor(lab.net.staff)
    lab.net.ec2.fault("AssociateAddress", "error")
    lab.net.ec2.fault("ReplaceRoute", "error")
    lab.net.freeze(lab.net.staff, "main")
    monitor.wait("move-attempt-failed", 30)
    lab.net.repair(lab.net.staff, "main")
    monitor.wait("move-abandoned", 30)
    lab.net.ec2.no_faults()
    lab.stays(5, lambda: lab.all_on("main", "main"))
    lab.traffic_flows()


def test_routes_that_somebody_else_moved_follow_the_address_again(lab: Failover) -> None:
    monitor = lab.monitor(lab.net.staff)
    table, destination = lab.net.staff.routes[0]
    lab.net.ec2.client.replace_route(
        RouteTableId=table,
        DestinationCidrBlock=destination,
        NetworkInterfaceId=lab.net.staff.standby.interface,
    )
    assert lab.holders()["staff"] == ("main", {"main", "standby"})
    monitor.wait("routes-corrected", 30)
    lab.settles_on("main", "main")


def test_an_address_that_somebody_else_moved_is_told_and_followed(lab: Failover) -> None:
    monitor = lab.monitor(lab.net.staff)
    lab.net.ec2.client.associate_address(
        AllocationId=lab.net.staff.allocation_id,
        NetworkInterfaceId=lab.net.staff.standby.interface,
        AllowReassociation=True,
    )
    monitor.wait("changed-hands", 30)
    lab.settles_on("standby", "main")
    lab.traffic_flows()
    assert not monitor.events("moved")


@pytest.mark.parametrize("gone", ["main", "nobody"])
def test_a_replaced_server_gets_the_address_when_it_is_proven(lab: Failover, gone: str) -> None:
    """As after a deployment: the address is on no server that the configuration names, or on none at all."""
    if gone == "nobody":
        address = lab.net.ec2.client.describe_addresses(AllocationIds=[lab.net.staff.allocation_id])
        lab.net.ec2.client.disassociate_address(AssociationId=address["Addresses"][0]["AssociationId"])
    else:
        lab.net.ec2.client.associate_address(
            AllocationId=lab.net.staff.allocation_id,
            NetworkInterfaceId=lab.net.nat.standby.interface,
            AllowReassociation=True,
        )
    monitor = lab.monitor(lab.net.staff)
    assert monitor.wait("moved", 30)["to"] == "main"
    lab.settles_on("main", "main")
    lab.traffic_flows()


def test_a_changed_configuration_is_taken_over_and_a_wrong_one_is_not(lab: Failover) -> None:
    monitor = lab.monitor(lab.net.staff)
    document = _read(lab)
    _write(lab, {**document, "timing": {**document["timing"], "failuresToMove": 1}})
    refused = monitor.wait("configuration-refused", 30)
    assert refused["error"] == "timing.failuresToMove = 1; should be a whole number from 2 to 100"
    _write(lab, {**document, "timing": {**document["timing"], "failuresToMove": 20}})
    monitor.wait("configuration-changed", 30)
    monitor.wait("verdict", 30, after=3)
    lab.net.freeze(lab.net.staff, "main")
    lab.stays(5, lambda: lab.all_on("main", "main"))
    lab.settles_on("standby", "main")


def test_drills_go_through_the_running_monitor(lab: Failover) -> None:
    monitor = lab.monitor(lab.net.staff)
    before = _told(lab)
    there = monitor.ask("drill")
    assert there.returncode == 0
    assert there.stdout.startswith("moved to standby: address after 0.")
    lab.settles_on("standby", "main", 1)
    assert monitor.events("clients-told")[0]["server"] == "main"
    wait_until(lambda: _told(lab) == [count + 1 for count in before], 20, "the clients' restart")
    lab.traffic_flows()
    again = monitor.ask("drill", "--to", "standby")
    assert (again.returncode, again.stderr) == (
        1,
        "failover-monitor: drill refused: standby has the address already\n",
    )
    wait_until(lambda: monitor.ask("--check").returncode == 0, 30, "main, which has started again")
    back = monitor.ask("drill", "--to", "main")
    assert back.returncode == 0
    lab.settles_on("main", "main", 1)
    lab.traffic_flows()
    wait_until(lambda: _told(lab) == [count + 2 for count in before], 20, "the clients' restart")
    assert [event["reason"] for event in monitor.events("moved")] == ["drill", "drill"]


def _told(lab: Failover) -> list[int]:
    """How often the clients were told by a server to connect anew, rather than noticed by themselves."""
    clients = (one for host in ("laptop", "office") for one in lab.net.hosts[host].programs)
    logs = [client.log() for client in clients if client.name == "openvpn"]
    return [log.count("Connection reset command was pushed by server") for log in logs]


def test_a_drill_to_a_dead_server_is_refused(lab: Failover) -> None:
    monitor = lab.monitor(lab.net.staff)
    lab.net.kill(lab.net.staff, "standby")
    monitor.wait("verdict", 30, after=2)
    drill = monitor.ask("drill")
    assert drill.returncode == 1
    assert drill.stderr.startswith("failover-monitor: drill refused: standby is down (handshake ")
    assert lab.all_on("main", "main")


def test_a_drill_without_a_monitor_is_refused(lab: Failover) -> None:
    monitor = lab.monitor(lab.net.staff)
    monitor.program.stop()
    drill = monitor.ask("drill")
    assert drill.returncode == 2
    assert "no monitor answers on" in drill.stderr


def test_the_check_explains_what_it_sees(lab: Failover) -> None:
    monitor = lab.monitor(lab.net.staff)
    well = monitor.ask("--check")
    assert well.returncode == 0, well.stdout + well.stderr
    assert "is with main" in well.stdout
    lab.net.kill(lab.net.staff, "standby")
    sick = monitor.ask("--check")
    assert sick.returncode == 1
    assert re.search(r"^standby .* down \(handshake .*; host answers ping\)$", sick.stdout, re.MULTILINE)


def test_after_a_check_that_is_well_a_drill_is_not_refused(lab: Failover) -> None:
    monitor = lab.monitor(lab.net.staff)
    document = _read(lab)
    # A monitor that trusts nobody for half a minute, once it has taken this over.
    _write(lab, {**document, "timing": {**document["timing"], "successesToTrust": 100}})
    monitor.wait("configuration-changed", 30)
    early = monitor.ask("--check")
    assert early.returncode == 1
    assert "monitor  runs here, and has not proven main and standby itself\n" in early.stdout
    _write(lab, document)
    wait_until(lambda: monitor.ask("--check").returncode == 0, 90, "the check")
    drill = monitor.ask("drill")
    assert (drill.returncode, drill.stderr) == (0, "")


def test_a_monitor_that_starts_before_its_credentials_are_there_finds_them(
    lab: Failover, tmp_path: Path
) -> None:
    monitor = lab.monitor(lab.net.staff)
    monitor.program.stop()
    credentials = tmp_path / "credentials"
    environment = {
        **{name: value for name, value in monitor.environment.items() if "ACCESS_KEY" not in name},
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
    }
    early = lab.run_monitor(replace(monitor, environment=environment))
    assert "Unable to locate credentials" in early.wait("configuration-not-read", 30)["error"]
    credentials.write_text("[default]\naws_access_key_id = test\naws_secret_access_key = test\n")
    early.wait("watching", 30)


def test_a_monitor_with_a_wrong_configuration_says_so_and_ends(lab: Failover) -> None:
    monitor = lab.monitor(lab.net.staff)
    monitor.program.stop()
    document = _read(lab)
    _write(lab, {**document, "allocationId": "203.0.113.5"})
    done = monitor.ask("run", timeout=20)
    assert done.returncode == 2
    assert done.stderr == (
        f"failover-monitor: s3://{BUCKET}/{KEY}: allocationId = 203.0.113.5;"
        " should be an id such as eipalloc-0123456789abcdef0\n"
    )


def _read(lab: Failover) -> dict[str, Any]:
    stored = lab.net.cloud.client("s3").get_object(Bucket=BUCKET, Key=KEY)
    return json.loads(stored["Body"].read())


def _write(lab: Failover, document: dict[str, Any]) -> None:
    lab.net.configure(KEY, json.dumps(document))
