"""What a report gathers: free blocks, policies' findings, changes, and the form of its data."""

from __future__ import annotations

import json
from ipaddress import IPv4Network, collapse_addresses
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from operations.report import model
from operations.report.changes import changes
from operations.report.command import report
from operations.report.gather import PRIVATE, free_blocks, policy_findings
from operations.report.model import Range, Report

ROOT = Path(__file__).parents[2]
SCHEMA = Path(model.__file__).with_name("report.schema.json")


@pytest.fixture
def in_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def made(out: Path, *options: str) -> Report:
    done = CliRunner().invoke(report, ["--settings", "--out", str(out), *options])
    assert done.exit_code == 0, done.output
    return Report.model_validate_json((out / "report.json").read_bytes())


def test_free_and_taken_blocks_make_up_all_private_addresses() -> None:
    taken = ["10.30.0.0/16", "192.168.10.0/24", "192.168.10.0/25", "172.27.8.0/22", "203.0.113.0/24"]
    free = list(free_blocks(Range(cidr=cidr, owner="", key="", stack="") for cidr in taken))
    assert not any(block.overlaps(IPv4Network(cidr)) for block in free for cidr in taken)
    private = [IPv4Network(cidr) for cidr in taken if IPv4Network(cidr).is_private and "203" not in cidr]
    assert list(collapse_addresses([*free, *private])) == list(collapse_addresses(PRIVATE))


@pytest.mark.usefixtures("in_project")
def test_settings_alone_make_a_report_and_the_next_one_says_what_changed(tmp_path: Path) -> None:
    first = made(tmp_path, "--all")
    assert [one.stack for one in first.environments] == ["dev", "prod", "staging"]
    assert first.changes is None
    assert made(tmp_path, "--all").changes == ()
    assert made(tmp_path, "--stack", "dev").changes is not None
    assert "VPC 10.10.0.0/16" in (tmp_path / "index.html").read_text("utf-8")


@pytest.mark.usefixtures("in_project")
def test_the_data_has_the_form_that_its_schema_says(tmp_path: Path) -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    assert schema == Report.model_json_schema(by_alias=True), "write report.schema.json anew"
    made(tmp_path, "--all")
    jsonschema.validate(json.loads((tmp_path / "report.json").read_text("utf-8")), schema)


@pytest.mark.usefixtures("in_project")
def test_changes_name_what_was_and_what_is(tmp_path: Path) -> None:
    before = made(tmp_path, "--stack", "dev")
    document: Any = before.model_dump(mode="json", by_alias=True)
    document["environments"][0]["nat"] = "instances"
    document["environments"][0]["sites"] = []
    after = Report.model_validate(document)
    assert list(changes(before, after)) == ["dev: NAT: instances, was none", "dev: site berlin: gone"]


@pytest.mark.usefixtures("in_project")
def test_data_of_another_version_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text('{"version": 0}', encoding="utf-8")
    done = CliRunner().invoke(report, ["--settings", "--all", "--out", str(tmp_path)])
    assert "should be the data of a report of this version" in str(done.exception)


def test_policies_findings_are_read_from_a_previews_events(tmp_path: Path) -> None:
    event = {
        "resourceUrn": "urn:pulumi:dev::aws-vpn::aws:ec2/vpc:Vpc::network",
        "message": "No.\n  Because.",
        "policyName": "flow-logs",
        "enforcementLevel": "mandatory",
    }
    events = tmp_path / "events.json"
    events.write_text(json.dumps({"sequence": 1, "policyEvent": event}) + "\n", encoding="utf-8")
    (found,) = policy_findings(events)
    assert (found.policy, found.resource, found.text) == ("flow-logs", "network", "No. Because.")
