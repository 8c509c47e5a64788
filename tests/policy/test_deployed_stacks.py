"""The state of all stacks together: what of each gets into it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi_policy.deserialize import SPECIAL_SECRET_SIG, SPECIAL_SIG_KEY

from command.root import main
from labs.policy_programs import Engine, Program, rule
from policy.service.deployed_stacks import merged

SECRET = {SPECIAL_SIG_KEY: SPECIAL_SECRET_SIG, "ciphertext": "v1:key-of-this-stack:text"}


def state(stack: str, *resources: dict[str, Any]) -> dict[str, Any]:
    named = [{"urn": f"urn:pulumi:{stack}::x::t::{i}", **each} for i, each in enumerate(resources)]
    return {"version": 3, "deployment": {"resources": named}}


def test_resources_of_all_stacks_that_are_not_being_deleted() -> None:
    both = merged([state("a", {}, {"delete": True}), state("b", {})])
    assert [each["urn"] for each in both["deployment"]["resources"]] == [
        "urn:pulumi:a::x::t::0",
        "urn:pulumi:b::x::t::0",
    ]


def test_secrets_are_unknown_to_the_rules_and_stay_secrets() -> None:
    together = merged([state("a", {"outputs": {"policy": SECRET, "listed": [{"deep": SECRET}]}})])
    assert "key-of-this-stack" not in json.dumps(together)
    outputs = together["deployment"]["resources"][0]["outputs"]
    assert outputs["policy"] == outputs["listed"][0]["deep"]
    assert outputs["policy"][SPECIAL_SIG_KEY] == SPECIAL_SECRET_SIG
    hidden = {"fn::secret": json.loads(outputs["policy"]["plaintext"])}
    program = Program(resources={"p": {"type": "aws:iam:RolePolicy", "properties": {"policy": hidden}}})
    (verdict,) = Engine(known=True, rules=rule("failover-iam-limited")).verdicts(program)
    assert verdict.level == "advisory"
    assert verdict.message.startswith("cannot be checked: policy is not known yet")


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pulumi that prints what the file beside it says."""
    program = tmp_path / "pulumi"
    program.write_text('#!/bin/sh\ncat "$(dirname "$0")/$2"\n')
    program.chmod(0o755)
    (tmp_path / "ls").write_text('[{"name": "dev"}]')
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return tmp_path


@pytest.mark.parametrize(
    ("asked", "answer", "line"),
    [
        ("ls", "warning: a new version", "pulumi stack ls --json printed no list of stacks: 'warning:"),
        ("ls", "{}", "pulumi stack ls --json printed no list of stacks: '{}'"),
        ("ls", "[1]", "pulumi stack ls --json printed no list of stacks: '[1]'"),
        ("export", "", "pulumi stack export --stack dev: not a state written by pulumi stack export"),
        ("export", "[]", "pulumi stack export --stack dev: not a state written by pulumi stack export"),
        ("export", '{"deployment": {"resources": [1]}}', "pulumi stack export --stack dev: not a state"),
    ],
)
def test_a_pulumi_that_answers_otherwise_is_one_line(
    pulumi: Path, capfd: pytest.CaptureFixture[str], asked: str, answer: str, line: str
) -> None:
    (pulumi / asked).write_text(answer)
    assert main(["policies", "judge-all-deployed"]) == 1
    said = capfd.readouterr().err
    assert line in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("text", ["x", "[]", "{}", '{"deployment": 1}', '{"deployment": {"resources": 5}}'])
def test_a_file_that_is_no_state_is_one_line(
    pulumi: Path, capfd: pytest.CaptureFixture[str], text: str
) -> None:
    (pulumi / "ls").write_text("[]")
    file = pulumi / "state.json"
    file.write_text(text)
    assert main(["policies", "judge-all-deployed", str(file)]) == 1
    assert f"{file}: not a state written by pulumi stack export\n" in capfd.readouterr().err


def test_a_configuration_with_a_misspelt_rule_is_refused_before_anything_is_asked(
    pulumi: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = pulumi / "config.json"
    config.write_text('{"vpn-tunels-up": "mandatory"}')
    assert main(["policies", "judge-all-deployed", "--policy-pack-config", str(config)]) == 1
    assert "there is no rule vpn-tunels-up; vpn-tunnels-up?" in capfd.readouterr().err
