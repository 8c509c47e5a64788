"""What people and code hosts read: the catalogue, the documentation, SARIF, annotations, workflows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from command.root import main
from policy.rules.registry import BY_NAME, FAMILIES, RULES
from policy.service import catalogue
from policy.service.catalogue import EXAMPLE_CONFIGURATION
from policy.service.configuration import schema_of_file
from policy.service.report import sarif, summary, violations, workflow_commands

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
EVENTS = [
    {"sequence": 1, "preludeEvent": {"config": {}}},
    {
        "sequence": 2,
        "policyEvent": {
            "resourceUrn": "urn:pulumi:prod::aws-vpn::aws:ec2/vpnGateway:VpnGateway::second",
            "message": f"{BY_NAME['vpc-has-one-vpg'].description}\nvpc-1 has 2 VPGs: a, b | 100%",
            "policyName": "vpc-has-one-vpg",
            "enforcementLevel": "mandatory",
        },
    },
    {
        "sequence": 3,
        "policyEvent": {
            "resourceUrn": "urn:pulumi:prod::aws-vpn::pulumi:pulumi:Stack::aws-vpn-prod",
            "message": "advice",
            "policyName": "required-tags",
            "enforcementLevel": "advisory",
        },
    },
]


FAKE_GH = f"""#!{sys.executable}
import json, os, sys
from pathlib import Path
kept = Path(os.environ["COMMENTS"])
comments = json.loads(kept.read_text())
if "--jq" in sys.argv:
    print(*(each["id"] for each in comments if each["body"].startswith(os.environ["MARK"])), sep="\\n")
else:
    body = Path(sys.argv[-1].partition("@")[2]).read_text()
    if "PATCH" in sys.argv:
        ident = next(part for part in sys.argv if "/comments/" in part).rsplit("/", 1)[-1]
        next(each for each in comments if str(each["id"]) == ident)["body"] = body
    else:
        comments.append({{"id": 8, "body": body}})
    kept.write_text(json.dumps(comments))
"""


@pytest.fixture
def events(tmp_path: Path) -> Path:
    file = tmp_path / "events.json"
    file.write_text("\n".join(json.dumps(event) for event in [*EVENTS, EVENTS[1]]), encoding="utf-8")
    return file


def test_documentation_is_up_to_date() -> None:
    written = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
    assert written == catalogue.page(RULES), "run aws-vpn policies docs > docs/policies.md"


def test_catalogue_says_everything_about_each_rule() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("aws-vpn"), "policies", "list"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    text = " ".join(done.stdout.split())
    for each in RULES:
        assert f"{each.name} [{each.level.value}, {each.severity.value}, {each.scope}" in text
        assert each.risk in text
        assert each.references[0].control in text
        assert each.remediation in text


def test_names_are_unique_and_every_level_is_used() -> None:
    assert len({each.name for each in RULES}) == len(RULES)
    assert {each.level.value for each in RULES} == {"mandatory", "advisory"}
    assert not {each.name for each in RULES} & {family.name for family in FAMILIES}
    assert [family.name for family in FAMILIES] == [
        "one-vpg-per-vpc",
        "no-overlapping-cidrs",
        "ha-across-azs",
    ]
    assert {each.level.value for family in FAMILIES for each in family.rules} == {"mandatory"}


def test_a_rule_is_a_module_of_its_name() -> None:
    folder = ROOT / "policy" / "rules"
    modules = {
        path.stem.replace("_", "-") for path in folder.glob("*/*.py") if "\nRULE = " in path.read_text()
    }
    assert modules == {each.name for each in RULES}


def test_example_configuration_fits_the_schema() -> None:
    schema = schema_of_file(RULES)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(EXAMPLE_CONFIGURATION, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"one-vpg-per-vcp": "mandatory"}, schema)


def test_sarif_names_rule_place_and_resource(events: Path) -> None:
    (run,) = sarif(violations(events))["runs"]
    assert [each["id"] for each in run["tool"]["driver"]["rules"]] == [each.name for each in RULES]
    first, second = run["results"]
    assert first["ruleId"] == "vpc-has-one-vpg"
    assert first["level"] == "error"
    assert first["message"]["text"] == "vpc-1 has 2 VPGs: a, b | 100%"
    location = first["locations"][0]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "stacks/Pulumi.prod.yaml"
    assert location["logicalLocations"][0]["fullyQualifiedName"].endswith("::second")
    assert second["level"] == "warning"


def test_annotations_cannot_be_broken_out_of(events: Path) -> None:
    error, warning = workflow_commands(violations(events))
    assert error == (
        "::error file=stacks/Pulumi.prod.yaml,title=vpc-has-one-vpg%3A second::"
        "vpc-1 has 2 VPGs: a, b | 100%25"
    )
    assert warning.startswith("::warning ")


def test_summary_lists_mandatory_findings_first(events: Path) -> None:
    text = summary(violations(events), "prod")
    assert "1 mandatory and 1 advisory findings." in text
    assert text.index("vpc-has-one-vpg") < text.index("required-tags")
    assert "a, b \\| 100%" in text
    assert f"All {len(RULES)} rules are kept." in summary([], "dev")


@pytest.mark.parametrize("command", ["sarif", "annotate"])
@pytest.mark.parametrize("text", ["no events", "[1]", "1", '{"policyEvent": "x"}', '{"policyEvent": [1]}'])
def test_a_log_that_is_none_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, text: str
) -> None:
    file = tmp_path / "events.json"
    file.write_text(text, encoding="utf-8")
    assert main(["policies", command, str(file)]) == 1
    said = capsys.readouterr().err
    assert said == f"{file}: not an event log of the engine, which has a JSON object a line\n"
    assert main(["policies", "sarif", str(tmp_path / "missing")]) == 1
    assert "No such file" in capsys.readouterr().err


def test_annotate_writes_the_summary_where_it_is_told(events: Path, tmp_path: Path) -> None:
    target = tmp_path / "summary.md"
    assert main(["policies", "annotate", str(events), "--stack", "prod", "--summary", str(target)]) == 0
    assert target.read_text(encoding="utf-8").startswith("### Policies: prod")


def test_a_summary_that_cannot_be_written_is_one_line(
    events: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policies", "annotate", str(events), "--summary", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"{tmp_path}: Is a directory\n"


def test_workflows_fit_githubs_schema() -> None:
    checker = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    done = subprocess.run([*checker, *WORKFLOWS], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [path.stem for path in WORKFLOWS if path.stem in ("drift", "preview", "up")] == [
        "drift",
        "preview",
        "up",
    ]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_pin_actions_and_limit_tokens_and_time(path: Path) -> None:
    workflow: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        if job.get("uses") == "./.github/workflows/test.yml":
            continue
        assert job["timeout-minutes"] <= 120
        for step in job["steps"]:
            assert re.search(r"@[0-9a-f]{40}$", step.get("uses", "@" + 40 * "0")), "a tag can be moved"
            assert "${{ github.event" not in step.get("run", ""), "an expression in a script is an injection"


def test_no_workflow_takes_a_role_without_an_environment_that_guards_it() -> None:
    for path in WORKFLOWS:
        jobs: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
        for job in jobs.values():
            takes_role = any("configure-aws" in step.get("uses", "") for step in job.get("steps", ()))
            assert takes_role == ("environment" in job), path


def test_main_is_deployed_after_its_tests_and_judges_pull_requests() -> None:
    workflows = ROOT / ".github" / "workflows"
    up: dict[str, Any] = yaml.safe_load((workflows / "up.yml").read_text(encoding="utf-8"))["jobs"]
    assert up["up"]["needs"] == "test"
    assert up["test"] == {"name": "test", "uses": "./.github/workflows/test.yml"}
    preview = (workflows / "preview.yml").read_text(encoding="utf-8")
    assert preview.count("ref: ${{ github.event.pull_request.base.sha }}") == 2
    assert "--policy-pack judge/policy" in preview
    assert "policyPacks: judge/policy" in preview


def test_summary_comment_is_found_again_among_others_of_the_same_user(tmp_path: Path) -> None:
    """The script of the comment job, with a `gh` that keeps comments in files."""
    jobs = yaml.safe_load((ROOT / ".github/workflows/preview.yml").read_text(encoding="utf-8"))["jobs"]
    step = jobs["comment"]["steps"][-1]
    (tmp_path / "gh").write_text(FAKE_GH, encoding="utf-8")
    (tmp_path / "gh").chmod(0o755)
    summaries = tmp_path / "summaries"
    summaries.mkdir()
    kept = tmp_path / "comments.json"
    kept.write_text(json.dumps([{"id": 7, "body": "a preview against AWS"}]), encoding="utf-8")
    for summary_text in ("first", "second"):
        (summaries / "dev.md").write_text(summary_text, encoding="utf-8")
        subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", step["run"]],
            cwd=summaries,
            env={
                "PATH": f"{tmp_path}:{os.environ['PATH']}",
                "RUNNER_TEMP": str(tmp_path),
                "COMMENTS": str(kept),
                "MARK": step["env"]["MARK"],
                "REPOSITORY": "a/b",
                "PULL_REQUEST": "1",
            },
            check=True,
        )
    bodies = [comment["body"] for comment in json.loads(kept.read_text(encoding="utf-8"))]
    assert bodies == ["a preview against AWS", f"{step['env']['MARK']}\nsecond"]


def test_workflows_cover_every_stack() -> None:
    stacks = {path.name.split(".")[1] for path in (ROOT / "stacks").glob("Pulumi.*.yaml")}
    for name in ("preview", "up", "drift"):
        path = ROOT / ".github" / "workflows" / f"{name}.yml"
        jobs: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
        matrices = [set(job["strategy"]["matrix"]["stack"]) for job in jobs.values() if "strategy" in job]
        assert matrices
        assert all(matrix == stacks for matrix in matrices)
