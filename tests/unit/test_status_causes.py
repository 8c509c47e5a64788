"""Why a tunnel is down, told from excerpts of AWS's logs in both formats, and of strongSwan's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from operations.status.causes import NO_BGP_LINE, cause
from operations.status.command import status

UP = "Established"


def activity(details: str, phase1: str = "Down", phase2: str = "Down") -> str:
    """A line of AWS's tunnel activity log, as JSON."""
    return json.dumps(
        {
            "event_timestamp": 1762580429,
            "timestamp": "2025-11-08 05:40:29.641Z",
            "details": details,
            "dpd_enabled": True,
            "nat_t_detected": False,
            "ike_phase1_state": phase1.lower(),
            "ike_phase2_state": phase2.lower(),
        }
    )


def text(details: str) -> str:
    """The same as text."""
    return f"event_timestamp: 1762580429, details: {details}, ike_phase1_state: down, ike_phase2_state: down"


def bgp(details: str, state: str = "DOWN") -> str:
    """A line of AWS's BGP log."""
    return json.dumps(
        {
            "resource_id": "vpn-1234abcd_1.2.3.4",
            "event_timestamp": 1762580429641,
            "type": "BGPStatus",
            "status": state,
            "message": {"details": details},
        }
    )


TIMEOUT = "AWS tunnel Timeout: deleting un-established Phase 1 IKE_SA with cgw: 203.0.113.10"

EXCERPTS: list[tuple[str, list[str]]] = [
    ("no-proposal", [activity("No Proposal Match Found by AWS"), activity(TIMEOUT)]),
    ("no-proposal", [text('No Proposal Match Found. Notifying with "No proposal chosen"'), text(TIMEOUT)]),
    ("wrong-key", [activity("AWS tunnel detected a pre-shared key mismatch with cgw: 203.0.113.10")]),
    ("wrong-key", [text("AWS tunnel payload decryption was unsuccessful due to invalid Pre-shared Key")]),
    (
        "wrong-key",
        [
            activity("AWS tunnel detected a pre-shared key mismatch with cgw: 203.0.113.10"),
            activity("AWS tunnel is sending AUTHENTICATION_FAILED as the response"),
        ],
    ),
    ("authentication", [activity("AWS tunnel is sending AUTHENTICATION_FAILED as the response")]),
    ("traffic-selectors", [activity("AWS: Traffic Selector: TS_UNACCEPTABLE: received from responder", UP)]),
    (
        "no-phase2-proposal",
        [activity("AWS tunnel Phase 2 was unable to establish while keeping Phase 1", UP)],
    ),
    ("no-answer", [activity(TIMEOUT), activity(TIMEOUT)]),
    ("dpd", [activity("established", UP, UP), activity("AWS tunnel DPD timed out after 3 retransmits")]),
    ("dpd", [text("Peer is not responsive - Declaring peer dead")]),
    ("router-closed", [activity("up", UP, UP), activity("AWS tunnel received DELETE for IKE_SA from CGW")]),
    ("router-closed", [text("AWS tunnel received DELETE for Phase 2 SA with SPI: 0xc0ffee")]),
    (
        "wrong-asn",
        [
            activity("up", UP, UP),
            bgp(
                "AWS-side peer detected a bad OPEN message "
                "from neighbor 1.2.3.4 - remote AS is 65011, expected 65010"
            ),
            bgp("AWS-side peer is initiating a connection (via Connect) to neighbor 1.2.3.4"),
        ],
    ),
    (
        "bgp-hold-timer",
        [bgp("AWS-side peer sent a Hold Timer Expired notification to neighbor 1.2.3.4")],
    ),
    (
        "too-many-routes",
        [
            bgp(
                "AWS-side peer sent a notification 6/1 "
                "(Cease/Maximum Number of Prefixes Reached) to neighbor 1.2.3.4"
            )
        ],
    ),
    (
        "bgp-shut-down",
        [
            bgp(
                "AWS-side peer received notification 6/2 "
                "(Cease/Administrative Shutdown) from neighbor 1.2.3.4"
            )
        ],
    ),
    (
        "no-bgp",
        [
            activity("up", UP, UP),
            bgp("AWS-side peer BGP session state has changed from Connect to Active with neighbor 1.2.3.4"),
        ],
    ),
    ("no-bgp", [activity("up", UP, UP), NO_BGP_LINE]),
    (
        "dpd",
        [
            activity("AWS tunnel detected a pre-shared key mismatch with cgw: 203.0.113.10"),
            activity("mended", UP, UP),
            activity("AWS tunnel DPD timed out after 3 retransmits"),
        ],
    ),
    ("not-told", [activity("AWS tunnel processed request (id=3) for CREATE_CHILD_SA")]),
    ("no-negotiation", []),
]


@pytest.mark.parametrize(
    ("expected", "lines"), EXCERPTS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_the_cause_is_told_from_awss_log(expected: str, lines: list[str]) -> None:
    told = cause(lines)
    assert told.id == expected
    assert told.mend


def test_a_log_cannot_speak_to_the_terminal(tmp_path: Path) -> None:
    log = tmp_path / "charon.log"
    log.write_text("\x1b[2J\x1b]0;owned\x07 no shared key found\r\n", encoding="utf-8")
    done = CliRunner().invoke(status, ["--explain", str(log)])
    assert "no shared key found" in done.output
    assert not any(ord(letter) < 32 and letter != "\n" for letter in done.output)


def test_a_log_file_is_explained_without_a_stack(tmp_path: Path) -> None:
    log = tmp_path / "charon.log"
    log.write_text("10[IKE] tried 1 shared key for 'a' - 'b', but MAC mismatched\n", encoding="utf-8")
    done = CliRunner().invoke(status, ["--explain", str(log)])
    assert done.exit_code == 0
    assert "pre-shared keys of the two ends differ" in done.output
