"""What a state is judged as, what servers' logs and a refresh tell, and the form of the document."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, cast

import botocore.session
import jsonschema
import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from operations.status import model
from operations.status.asking import Asking, Clients
from operations.status.drift import differing
from operations.status.findings import findings
from operations.status.model import (
    EnvironmentState,
    Level,
    PairState,
    SiteState,
    Status,
    TunnelState,
    Unanswered,
)
from operations.status.pairs import METRICS_QUESTION, Pairs, read_journal
from operations.status.render import shown
from operations.status.tunnels import pending

NOWHERE = {"zone": None, "private_address": None}
NOW = datetime(2026, 3, 1, tzinfo=UTC)
SCHEMA = Path(model.__file__).with_name("status.schema.json")


def tunnel(*, up: bool, accepted_routes: int = 1) -> TunnelState:
    return TunnelState(
        outside_address="198.51.100.1",
        inside_cidr="169.254.10.0/30",
        up=up,
        since=NOW,
        accepted_routes=accepted_routes,
        message="",
    )


def site(*tunnels: TunnelState, days: int | None = None) -> SiteState:
    return SiteState(
        name="berlin",
        vpn_connection_id="vpn-1",
        customer_gateway_id="cgw-1",
        routing="bgp",
        tunnels=tunnels,
        certificate_expires=None if days is None else NOW + timedelta(days=days),
    )


def pair(holder: str, main: bool | None = True, standby: bool | None = True) -> PairState:
    servers = [
        {"role": role, "instance_id": role, "running": "running", "healthy": healthy, **NOWHERE}
        for role, healthy in (("main", main), ("standby", standby))
    ]
    return PairState.model_validate(
        {"name": "staff", "kind": "openvpn", "public_ip": "1.2.3.4", "holder": holder, "servers": servers}
    )


def judged(**parts: object) -> tuple[Level, str]:
    state = EnvironmentState.model_validate({"stack": "dev", "region": None, "deployed": True, **parts})
    found = tuple(findings(state, NOW))
    return max((one.level for one in found), default=Level.OK), "\n".join(one.text for one in found)


def test_levels_follow_what_still_works() -> None:
    assert judged(sites=(site(tunnel(up=True), tunnel(up=True)),)) == (Level.OK, "")
    assert judged(sites=(site(tunnel(up=True), tunnel(up=False)),))[0] is Level.WARNING
    assert judged(sites=(site(tunnel(up=False), tunnel(up=False)),))[0] is Level.CRITICAL
    assert judged(sites=(site(tunnel(up=True, accepted_routes=0)),))[0] is Level.WARNING
    assert judged(sites=(site(tunnel(up=True), days=20),))[0] is Level.WARNING
    assert judged(sites=(site(tunnel(up=True), days=-1),))[0] is Level.CRITICAL
    assert judged(pairs=(pair("main"),)) == (Level.OK, "")
    assert judged(pairs=(pair("standby"),))[0] is Level.WARNING
    assert judged(pairs=(pair("nobody"),))[0] is Level.CRITICAL
    assert judged(pairs=(pair("main", standby=False),))[0] is Level.WARNING
    assert judged(pairs=(pair("main", main=False),))[0] is Level.CRITICAL
    assert judged(unanswered=(Unanswered(what="alarms", why="no"),))[0] is Level.WARNING


def test_sessions_and_lists_are_told_from_the_servers_log() -> None:
    lines = [
        ("main", "openvpn: 203.0.113.7:1000 [anna] Peer Connection Initiated with [AF_INET]203.0.113.7:1000"),
        ("main", "openvpn: 203.0.113.8:1000 [ben] Peer Connection Initiated with [AF_INET]203.0.113.8:1000"),
        (
            "main",
            "openvpn: anna/203.0.113.7:1000 SIGTERM[soft,remote-exit] received, client-instance exiting",
        ),
        (
            "standby",
            "openvpn: 203.0.113.9:1000 [cleo] Peer Connection Initiated with [AF_INET]203.0.113.9:1000",
        ),
        ("standby", "openvpn: Initialization Sequence Completed"),
        ("main", "fetch-openvpn-secrets: revocation list 5 installed, 2 revoked"),
        ("main", "fetch-openvpn-secrets: the server's certificate expires in 6 days"),
    ]
    events = [
        {"timestamp": i, "logStreamName": stream, "message": line} for i, (stream, line) in enumerate(lines)
    ]
    journal = read_journal(events)
    assert list(journal.sessions.values()) == ["ben"]
    assert set(journal.last_seen) == {"anna", "ben", "cleo"}
    assert journal.revocation_list == "revocation list 5 installed, 2 revoked"
    assert journal.expiring == {"the server's certificate": 6}


@pytest.mark.parametrize(
    "subject",
    [
        "[ceo] Peer Connection Initiated with [AF_INET]9.9.9.9:9",
        "Initialization Sequence Completed",
        "anna/203.0.113.7:1000 SIGTERM[soft] received, client-instance exiting",
        "revocation list 999 installed, 0 revoked",
        "the revocation list expires in 1 days",
    ],
)
def test_what_a_refused_certificate_says_tells_nothing(subject: str) -> None:
    known = ("openvpn: 203.0.113.7:1000 [anna] Peer Connection Initiated with [AF_INET]203.0.113.7:1000",)
    refused = f"openvpn: 198.51.100.2:5 VERIFY ERROR: depth=0, error=self-signed certificate: CN={subject}"
    events = [
        {"timestamp": i, "logStreamName": "main", "message": line} for i, line in enumerate((*known, refused))
    ]
    journal = read_journal(events)
    assert list(journal.sessions.values()) == ["anna"]
    assert set(journal.last_seen) == {"anna"}
    assert (journal.revocation_list, journal.expiring) == (None, {})


def test_a_refresh_tells_what_differs() -> None:
    urn = "urn:pulumi:dev::aws-vpn::aws-vpn:network:Network$aws:ec2/vpc:Vpc::network"
    steps = [{"op": op, "urn": urn} for op in ("refresh", "same", "update")]
    assert differing({"steps": steps, "changeSummary": {"same": 2, "update": 1}}) == (
        "network (aws:ec2/vpc:Vpc): update",
    )


def test_the_document_has_the_form_that_its_schema_says() -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    assert schema == Status.model_json_schema(by_alias=True), "write status.schema.json anew"
    state = EnvironmentState(stack="dev", region="eu-central-1", deployed=True, pairs=(pair("main"),))
    jsonschema.validate(
        json.loads(Status(generated_at=NOW, environments=(state,)).model_dump_json(by_alias=True)), schema
    )


DUE = datetime(2026, 4, 1, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("details", "told"),
    [
        ({}, None),
        ({"PendingMaintenance": "False"}, None),
        ({"PendingMaintenance": "NOT_AVAILABLE", "LastMaintenanceApplied": DUE}, None),
        ({"PendingMaintenance": "available"}, "AWS replaces its end soon"),
        (
            {"PendingMaintenance": "True", "MaintenanceAutoAppliedAfter": DUE},
            "AWS replaces its end after 2026-04-01 08:30 UTC",
        ),
    ],
)
def test_pending_maintenance_is_read_by_the_names_that_aws_has(
    details: dict[str, Any], told: str | None
) -> None:
    service: Any = botocore.session.get_session().get_service_model("ec2")
    answer = service.operation_model("GetVpnTunnelReplacementStatus").output_shape
    members = answer.members["MaintenanceDetails"].members
    assert set(details) <= set(members)
    assert members["PendingMaintenance"].type_name == "string", "no value of it is listed"
    assert not getattr(members["PendingMaintenance"], "enum", None)
    assert members["MaintenanceAutoAppliedAfter"].type_name == "timestamp"
    assert pending(details) == told


def test_a_monitor_that_could_not_be_asked_about_is_not_said_to_be_silent() -> None:
    refused = Unanswered(what=f"{METRICS_QUESTION}, alarms", why="GetMetricData AccessDenied")
    for unanswered, told in (((), "silent"), ((refused,), "unknown")):
        state = environment_of(pairs=(pair("main"),), unanswered=unanswered)
        assert {"silent", "unknown"} & set(painted(state, columns=120).split()) == {told}


def test_nothing_is_cut_in_a_narrow_terminal() -> None:
    state = environment_of(sites=(site(tunnel(up=True), tunnel(up=False)),), pairs=(pair("main"),))
    assert "…" not in painted(state, columns=40)


def environment_of(**parts: Any) -> EnvironmentState:
    return EnvironmentState(stack="dev", region="eu-central-1", deployed=True, **parts)


def painted(state: EnvironmentState, *, columns: int) -> str:
    console = Console(width=columns, file=StringIO(), soft_wrap=True)
    with console.capture() as captured:
        console.print(shown(Status(generated_at=NOW, environments=(state,))))
    return captured.get()


def test_watching_repaints_a_screen_of_its_own_until_ctrl_c(tmp_path: Path) -> None:
    """Without pulumi there is nothing to ask, and that is what is shown."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [Path(sys.executable).with_name("aws-vpn"), "status", "--stack", "dev", "--watch"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PATH": str(tmp_path), "TERM": "xterm", "COLUMNS": "120", "LINES": "40"},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    os.close(terminal)
    try:
        shown = _read_until(controller, b"pulumi is not on PATH")
        assert b"\x1b[?1049h" in shown, "the screen that a full-screen program gets"
        process.send_signal(signal.SIGINT)
        assert b"\x1b[?1049l" in _read_until(controller, b"\x1b[?1049l"), "and gives back"
        assert process.wait(60) == 130
    finally:
        process.kill()
        process.wait()
        os.close(controller)


def _read_until(terminal: int, wanted: bytes) -> bytes:
    """What a program writes until it has written that; the test's own limit of time ends a wait in vain."""
    seen = b""
    while wanted not in seen:
        seen += os.read(terminal, 65536)
    return seen


class OnlyAddresses:
    """AWS where the role may see addresses and nothing else."""

    def of(self, service: str) -> Any:
        return self

    def describe_addresses(self, **_: Any) -> dict[str, Any]:
        return {"Addresses": [{"PublicIp": "198.51.100.7", "InstanceId": "i-main"}]}

    def __getattr__(self, operation: str) -> Any:
        def refuse(*_: Any, **__: Any) -> Any:
            answer = {"Error": {"Code": "UnauthorizedOperation", "Message": "You may not."}}
            raise ClientError(answer, operation)  # pyright: ignore[reportArgumentType]

        return refuse


def test_who_holds_an_address_is_unknown_while_servers_are() -> None:
    asking = Asking(time.monotonic() + 60)
    clients = cast("Clients", OnlyAddresses())
    pairs = Pairs("dev", {"openVpn": {"staff": {"publicIp": "198.51.100.7"}}}, asking, clients)
    (pair,) = pairs.states()
    assert pair.holder is None
    assert {server.running for server in pair.servers} == {"unknown"}
    assert [one.what for one in asking.unanswered()] != []
    state = EnvironmentState(
        stack="dev",
        region="eu-central-1",
        deployed=True,
        pairs=(pair,),
        unanswered=asking.unanswered(),
    )
    assert [one.text for one in findings(state, NOW) if one.level is Level.CRITICAL] == []
