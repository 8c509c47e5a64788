"""The pack in the real engine: a folder of bad programs, and programs in other styles than this project's."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from labs.isolated_sandbox import Finished, IsolatedSandbox, Program
from policy.rules.registry import BY_NAME, FAMILIES, FAMILY_OF
from policy.service.report import Violation, violations

HERE = Path(__file__).parent
PACK = HERE.parent.parent / "policy"
BAD = sorted((HERE / "bad").glob("*.py"))
FOREIGN = sorted((HERE / "foreign").glob("*.py"))
STACK = "test"
UNREACHABLE = {"vpn-tunnels-up", "vpn-psk-secret", "resources-in-sight"}
"""Rules that a program cannot break by itself.

AWS says whether tunnels are up, pulumi-aws marks pre-shared keys as secrets whatever the program does, and
the sandbox makes no CloudFormation stacks.
"""


class Judged:
    """A program that the engine previewed or deployed with the pack at work."""

    def __init__(self, finished: Finished, events: Path) -> None:
        self.finished = finished
        self.found: list[Violation] = violations(events)

    @property
    def text(self) -> str:
        return self.finished.stdout + self.finished.stderr

    @property
    def mandatory(self) -> set[str]:
        return {violation.rule for violation in self.found if violation.is_mandatory}


def judged(program: Program, command: str, config: dict[str, object], *options: str) -> Judged:
    """Run `pulumi preview` or `up`, and read what the rules said from the engine's own event log."""
    file, events = program.folder / "policy-config.json", program.folder / f"{command}-events.json"
    file.write_text(json.dumps(config), encoding="utf-8")
    finished = program.sandbox.run(
        "env",
        "PULUMI_DEBUG_COMMANDS=true",
        "pulumi",
        command,
        "--stack",
        STACK,
        "--policy-pack",
        PACK,
        "--policy-pack-config",
        file,
        "--event-log",
        events,
        *options,
        cwd=program.folder,
    )
    return Judged(finished, events)


def made(sandbox: IsolatedSandbox, source: Path) -> Program:
    name = source.stem.replace("_", "-")
    shutil.rmtree(sandbox.folder / name, ignore_errors=True)
    config = {"aws:region": "eu-central-1"}
    return sandbox.program(name, source.read_text(encoding="utf-8"), {STACK: config})


def test_every_rule_has_a_bad_program() -> None:
    shown = {source.stem.split("__")[0].replace("_", "-") for source in BAD}
    alone = BY_NAME.keys() - FAMILY_OF.keys()
    assert shown >= alone - UNREACHABLE
    assert {FAMILY_OF[name].name for name in shown - alone} == {family.name for family in FAMILIES}


@pytest.mark.parametrize("source", BAD, ids=lambda source: source.stem)
def test_bad_program_is_refused_by_its_rule_and_no_other(
    shared_sandbox: IsolatedSandbox, source: Path
) -> None:
    result = judged(made(shared_sandbox, source), "preview", {"all": "mandatory"})
    rule = source.stem.split("__")[0].replace("_", "-")
    assert result.mandatory == {rule}, result.text
    assert result.finished.returncode != 0
    assert BY_NAME[rule].description in result.text


@pytest.mark.parametrize("source", FOREIGN, ids=lambda source: source.stem)
def test_foreign_program_passes_every_rule(shared_sandbox: IsolatedSandbox, source: Path) -> None:
    program = made(shared_sandbox, source)
    preview = judged(program, "preview", {"all": "mandatory"})
    assert preview.mandatory == set(), preview.text
    assert preview.finished.returncode == 0, preview.text


def test_refused_up_changes_nothing(sandbox: IsolatedSandbox) -> None:
    program = made(sandbox, HERE / "bad" / "vpc_has_one_vpg.py")
    result = judged(program, "up", {}, "--yes")
    assert result.finished.returncode != 0
    assert result.mandatory == {"vpc-has-one-vpg"}
    assert "Vpc shop has 2 VPGs: VpnGateway first, VpnGateway second." in result.text
    assert program.resources(STACK) == []


def test_resource_rule_stops_its_resource_even_without_a_preview(sandbox: IsolatedSandbox) -> None:
    program = made(sandbox, HERE / "bad" / "no_world_open_management.py")
    result = judged(program, "up", {}, "--yes", "--skip-preview")
    assert result.finished.returncode != 0
    assert "no-world-open-management" in result.mandatory
    types = {resource["type"] for resource in program.resources(STACK)}
    assert "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule" not in types


def test_misspelled_rule_in_the_configuration_is_refused(sandbox: IsolatedSandbox) -> None:
    program = made(sandbox, HERE / "bad" / "required_tags.py")
    file = program.folder / "config.json"
    file.write_text(json.dumps({"required-tag": "mandatory"}), encoding="utf-8")
    finished = program.preview(STACK, "--policy-pack", PACK, "--policy-pack-config", file)
    assert finished.returncode != 0
    assert "there is no rule required-tag; required-tags?" in finished.stdout + finished.stderr
    assert "Traceback" not in finished.stdout + finished.stderr


def test_stacks_that_each_passed_alone_are_compared_once_deployed(sandbox: IsolatedSandbox) -> None:
    source = (HERE / "foreign" / "flat.py").read_text(encoding="utf-8")
    for name, address in (("flat", "198.51.100.7"), ("copy", "198.51.100.8")):
        own = source.replace("plants", name).replace("198.51.100.7", address)
        program = sandbox.program(name, own, {STACK: {"aws:region": "eu-central-1"}})
        up = program.up(STACK, "--policy-pack", PACK)
        assert up.returncode == 0, up.stdout + up.stderr
        exported = program.pulumi("stack", "export", "--stack", STACK)
        (sandbox.folder / f"{name}.json").write_text(exported.stdout, encoding="utf-8")
    states = [sandbox.folder / f"{name}.json" for name in ("flat", "copy")]
    check = sandbox.run("aws-vpn", "policies", "judge-all-deployed", *states[:1])
    assert check.returncode == 0, check.stdout + check.stderr
    check = sandbox.run("aws-vpn", "policies", "judge-all-deployed", *states)
    assert check.returncode != 0
    assert "networks-do-not-overlap" in check.stdout
    assert (
        "10.80.0.0/16 (Vpc main in flat/test) overlaps 10.80.0.0/16 (Vpc main in copy/test)" in check.stdout
    )
