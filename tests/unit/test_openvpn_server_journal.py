"""Shipping the journal: whole batches, in order, of one day each, and from where it left off."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from hosts.programs import ship_journal
from hosts.programs.ship_journal import DAY_MILLISECONDS, event, ship

GROUP = {"logGroupName": "/group", "logStreamName": "main"}
START = 20_000 * DAY_MILLISECONDS


def entry(number: int, milliseconds: int, message: object = "text") -> dict[str, Any]:
    return {
        "MESSAGE": message,
        "SYSLOG_IDENTIFIER": "openvpn",
        "__REALTIME_TIMESTAMP": str(milliseconds * 1000),
        "__CURSOR": f"place-{number}",
    }


@pytest.fixture
def journalctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Entries that a journalctl on PATH prints; it writes its arguments to `arguments`."""
    program = tmp_path / "bin" / "journalctl"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\ncat {tmp_path}/entries\n', encoding="utf-8"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return tmp_path / "entries"


def test_it_ends_when_there_are_no_credentials_yet_to_be_started_again(journalctl: Path) -> None:
    ended = subprocess.run(
        [
            *(sys.executable, ship_journal.__file__, "--region", "eu-central-1", "--log-group", "/group"),
            *("--stream", "main", "--cursor", str(journalctl.parent / "cursor")),
        ],
        env={"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(journalctl.parent)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (1, "ship-journal: Unable to locate credentials\n")


def test_a_gap_of_days_is_sent_in_batches_that_cloudwatch_takes(journalctl: Path, tmp_path: Path) -> None:
    times = [START, START + 5, START + DAY_MILLISECONDS, START + 3 * DAY_MILLISECONDS + 9]
    journalctl.write_text(
        "".join(json.dumps(entry(number, time)) + "\n" for number, time in enumerate(times)), encoding="utf-8"
    )
    cursor = tmp_path / "cursor"
    cursor.write_text("", encoding="utf-8")
    logs: Any = boto3.client(  # pyright: ignore[reportUnknownMemberType]
        "logs", "eu-central-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    with Stubber(logs) as stubber:
        stubber.add_response("create_log_stream", {}, GROUP)
        for day in (times[:2], times[2:3], times[3:]):
            events = [{"timestamp": time, "message": "openvpn: text"} for time in day]
            stubber.add_response("put_log_events", {}, {**GROUP, "logEvents": events})
        ship(logs, "/group", "main", cursor)
        stubber.assert_no_pending_responses()
        assert cursor.read_text(encoding="utf-8") == "place-3"
        assert "--after-cursor" not in (tmp_path / "arguments").read_text(encoding="utf-8")
        stubber.add_client_error("create_log_stream", "ResourceAlreadyExistsException", expected_params=GROUP)
        stubber.add_client_error("put_log_events", "ThrottlingException")
        journalctl.write_text(json.dumps(entry(9, START)) + "\n", encoding="utf-8")
        with pytest.raises(logs.exceptions.ClientError):
            ship(logs, "/group", "main", cursor)
    assert "--after-cursor=place-3" in (tmp_path / "arguments").read_text(encoding="utf-8")
    assert cursor.read_text(encoding="utf-8") == "place-3"


@pytest.mark.parametrize(
    ("message", "sent"),
    [
        ("text", "openvpn: text"),
        (None, "openvpn: "),
        ([99, 97, 102, 233], "openvpn: caf�"),
        ("é" * 2000, "openvpn: " + "é" * 495),
    ],
)
def test_any_message_fits(message: object, sent: str) -> None:
    assert event(entry(1, START, message)) == {"timestamp": START, "message": sent}
