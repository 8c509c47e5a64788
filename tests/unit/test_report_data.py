"""What a report gathers: free blocks, policies' findings, changes, and the form of its data."""

from __future__ import annotations

import json
import re
from ipaddress import IPv4Network, collapse_addresses
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from model.errors import AwsVpnError
from operations.report import model
from operations.report.changes import changes
from operations.report.command import report
from operations.report.deployed import as_deployed
from operations.report.gather import PRIVATE, free_blocks, policy_findings
from operations.report.model import Range, Report
from operations.report.page import page
from operations.report.summary import summary

ROOT = Path(__file__).parents[2]
EMPTY: dict[str, Any] = {"generated_at": "2026-01-01T00:00:00Z", "ranges": (), "free": ()}
SCHEMA = Path(model.__file__).with_name("report.schema.json")


@pytest.fixture
def in_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def made(out: Path, *options: str) -> Report:
    words = ["--settings", "--out", str(out), *options]
    done = CliRunner().invoke(report, words, standalone_mode=False)
    assert done.return_value == 0, done.output
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


@pytest.mark.usefixtures("in_project")
def test_what_is_deployed_is_drawn_and_what_the_file_would_change_is_told(tmp_path: Path) -> None:
    planned = made(tmp_path, "--stack", "dev").environments[0]
    site = {
        "lanCidrs": ["192.168.99.0/24"],
        "tunnels": [{"options": {"ikeVersions": ["ikev2"], "startupAction": "start"}}] * 2,
    }
    outputs = {
        "network": {
            "cidr": "10.99.0.0/16",
            "publicSubnetIds": {"eu-central-1a": "subnet-1"},
            "privateSubnetIds": {"eu-central-1a": "subnet-2"},
        },
        "hardwareVpn": {"amazonSideAsn": 64999, "sites": {"berlin": site, "gone": site}},
        "nat": {"publicIp": "203.0.113.1"},
    }
    deployed = as_deployed(planned, outputs)
    assert (deployed.cidr, deployed.nat, deployed.amazon_side_asn) == ("10.99.0.0/16", "instances", 64999)
    assert [zone.zone for zone in deployed.zones] == ["eu-central-1a"]
    assert [(one.name, one.lan_cidrs) for one in deployed.sites] == [
        ("berlin", ("192.168.99.0/24",)),
        ("gone", ("192.168.99.0/24",)),
    ]
    assert deployed.open_vpn == ()
    assert deployed.pending is not None
    assert {line.split(":")[0] for line in deployed.pending} == {
        "NAT", "OpenVPN staff", "VPC", "site berlin", "site gone", "zone eu-central-1b"
    }  # fmt: skip
    assert page(Report.model_validate({**EMPTY, "environments": (deployed,)}))
    assert as_deployed(planned, {**outputs, "network": {**outputs["network"], "cidr": planned.cidr}}).pending


@pytest.mark.usefixtures("in_project")
def test_a_pull_requests_summary_draws_what_is_new_and_what_goes(tmp_path: Path) -> None:
    told = tmp_path / "summary.md"
    before = made(tmp_path, "--stack", "dev", "--summary", str(told))
    assert "nothing to compare it with" in told.read_text("utf-8")
    document: Any = before.model_dump(mode="json", by_alias=True)
    one = document["environments"][0]
    one["sites"][0] |= {"name": "munich"}
    one["nat"] = "gateways"
    text = summary(before, Report.model_validate(document))
    assert "- site munich: new" in text
    assert re.search(r"  site_munich\[.*\]:::added --- vpc", text)
    assert re.search(r"  site_berlin\[.*\]:::gone --- vpc", text)
    assert re.search(r"  openvpn_staff\[.*\] --- vpc", text)
    assert "Nothing changes in it." in summary(before, before)


@pytest.mark.usefixtures("in_project")
def test_what_could_not_be_asked_is_told_and_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = CliRunner().invoke(report, ["--stack", "dev", "--out", str(tmp_path / "r")], standalone_mode=False)
    assert done.return_value == 1
    assert "dev: outputs: pulumi is not on PATH" in done.stderr
    assert (tmp_path / "r/index.html").is_file()


@pytest.mark.usefixtures("in_project")
def test_clients_are_those_that_an_authority_lists(tmp_path: Path) -> None:
    client = {"name": "anna", "kind": "client", "validUntil": "2026-01-01T00:00:00+00:00", "state": "expired"}
    file = tmp_path / "staff.json"
    file.write_text(json.dumps({"stack": "dev", "tunnel": "staff", "clients": [client]}), "utf-8")
    found = made(tmp_path / "r", "--stack", "dev", "--clients", str(file)).clients
    assert found is not None
    assert [(one.tunnel, one.name, one.state) for one in found] == [("staff", "anna", "expired")]
    file.write_text("{}", "utf-8")
    done = CliRunner().invoke(report, ["--settings", "--all", "--out", str(tmp_path), "--clients", str(file)])
    assert "should be what `aws-vpn access list --json` prints" in str(done.exception)


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


@pytest.mark.parametrize("text", ["", "prefix,description\n10.1.0.0/16,abc\n", '{"policyEvent": '])
def test_what_is_no_event_log_is_not_taken_for_one_without_findings(tmp_path: Path, text: str) -> None:
    events = tmp_path / "events.json"
    events.write_text(text, encoding="utf-8")
    with pytest.raises(AwsVpnError, match="should be an event log"):
        policy_findings(events)


@pytest.mark.usefixtures("in_project")
def test_a_summary_that_cannot_be_written_is_told_by_its_own_option(tmp_path: Path) -> None:
    told = str(tmp_path / "gone" / "summary.md")
    words = ["--settings", "--stack", "dev", "--out", str(tmp_path), "--summary", told]
    done = CliRunner().invoke(report, words)
    assert f"{told}: No such file or directory; --summary should be" in str(done.exception)
