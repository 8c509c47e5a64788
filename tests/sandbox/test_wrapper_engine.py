"""The engine and the language host, as programs, policy packs and their users see them."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from labs.isolated_sandbox import Finished, IsolatedSandbox, Program
from sandbox.wrapper.places import ROOT

WAIT_SECONDS = 60.0

TWO_COMPONENTS = """
import pulumi

class Office(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("tests:index:Office", name)
        self.register_outputs({})

Office("berlin")
Office("potsdam")
pulumi.export("key", pulumi.Config().require("key"))
"""

USER_ERROR = """
import pulumi
raise pulumi.RunError("stacks/Pulumi.dev.yaml: size = 0; should be 1 or more")
"""

BUG = """
def place_subnets():
    raise ValueError("no room")

place_subnets()
"""

WAITS_FOR_A_FILE = """
import pathlib, time, pulumi

pathlib.Path("started").touch()
while not pathlib.Path("go").exists():
    time.sleep(0.05)
pulumi.export("done", True)
"""

NO_POTSDAM = """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

def judge(args, report):
    if args.name == "potsdam":
        report("Potsdam is not to be connected.")

PolicyPack("offices", [ResourceValidationPolicy(
    "no-potsdam", "Keeps Potsdam out.", judge, enforcement_level=EnforcementLevel.MANDATORY)])
"""


def shown(finished: Finished) -> str:
    return finished.stdout + finished.stderr


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder, but for what Python caches."""
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def offices(shared_sandbox: IsolatedSandbox) -> Program:
    return shared_sandbox.program(
        "offices",
        TWO_COMPONENTS,
        {"dev": {"offices:key": "open"}, "prod": {"offices:key": {"secure": "v1:x"}}},
    )


@pytest.fixture
def waiting(sandbox: IsolatedSandbox) -> tuple[Program, subprocess.Popen[str]]:
    """A program and the engine that is deploying it, held up in the middle."""
    program = sandbox.program("waiting", WAITS_FOR_A_FILE, {"dev": {}})
    engine = sandbox.start("pulumi", "up", "--yes", "--skip-preview", "--stack", "dev", cwd=program.folder)
    wait_until((program.folder / "started").exists)
    return program, engine


def test_a_second_up_changes_nothing(offices: Program) -> None:
    before = contents(offices.folder)
    first, second = offices.up("dev"), offices.up("dev", "--expect-no-changes")
    assert first.returncode == 0, shown(first)
    assert second.returncode == 0, shown(second)
    assert "3 unchanged" in second.stdout
    assert offices.outputs("dev") == {"key": "open"}
    assert contents(offices.folder) == before


def test_the_output_is_free_of_warnings(offices: Program) -> None:
    finished = offices.preview("dev")
    assert finished.stderr == ""
    assert "warning" not in finished.stdout


def test_encrypted_settings_get_stand_ins_and_a_line_says_so(offices: Program) -> None:
    finished = offices.up("prod")
    assert finished.returncode == 0, shown(finished)
    assert finished.stderr.splitlines() == [
        (
            "Pulumi.prod.yaml: encrypted values cannot be read in the sandbox; "
            "stand-ins take their place: offices:key"
        )
    ]
    assert offices.outputs("prod")["key"].startswith("sandbox.")


def test_deleting_a_stack_leaves_the_user_s_file(offices: Program) -> None:
    before = contents(offices.folder)
    assert offices.up("dev").returncode == 0
    assert offices.destroy("dev").returncode == 0
    removed = offices.pulumi("stack", "rm", "--yes", "--stack", "dev")
    assert removed.returncode == 0, shown(removed)
    assert contents(offices.folder) == before


def test_settings_are_not_set_where_they_would_be_lost(offices: Program) -> None:
    finished = offices.pulumi("config", "set", "key", "lost", "--stack", "dev")
    assert finished.returncode == 1
    assert finished.stderr == (
        "sandbox: `pulumi config set` would change the sandbox's copy of the settings only; "
        "edit Pulumi.dev.yaml instead\n"
    )


def test_an_unknown_stack_is_told_with_the_known_ones(offices: Program) -> None:
    finished = offices.up("nope")
    assert finished.returncode == 1
    assert finished.stderr == (
        "sandbox: no stack 'nope': there is no Pulumi.nope.yaml; known stacks: dev, prod\n"
    )


def test_an_error_of_the_user_s_is_one_message(shared_sandbox: IsolatedSandbox) -> None:
    finished = shared_sandbox.program("wrong", USER_ERROR, {"dev": {}}).up("dev")
    assert finished.returncode != 0
    diagnostics = shown(finished).split("Diagnostics:")[1]
    assert diagnostics.count("stacks/Pulumi.dev.yaml: size = 0; should be 1 or more") == 1
    assert "Traceback" not in shown(finished)


def test_a_bug_shows_where_it_is(shared_sandbox: IsolatedSandbox) -> None:
    finished = shared_sandbox.program("buggy", BUG, {"dev": {}}).preview("dev")
    assert finished.returncode != 0
    assert "in place_subnets" in finished.stdout
    assert "ValueError: no room" in finished.stdout


def test_a_policy_pack_stops_what_it_forbids(shared_sandbox: IsolatedSandbox, offices: Program) -> None:
    pack = shared_sandbox.policy_pack("pack", NO_POTSDAM)
    finished = offices.preview("dev", "--policy-pack", pack)
    assert finished.returncode != 0
    assert "Potsdam is not to be connected." in finished.stdout
    relative = offices.preview("dev", "--policy-pack", "../pack")
    assert "Potsdam is not to be connected." in relative.stdout


def test_a_killed_engine_leaves_nothing_that_stops_the_next(
    waiting: tuple[Program, subprocess.Popen[str]],
) -> None:
    program, engine = waiting
    children = psutil.Process(engine.pid).children()
    plugins = [child for child in children if "sandbox.engine.language_host" in child.cmdline()]
    assert plugins
    engine.kill()
    engine.wait()
    _, alive = psutil.wait_procs(plugins, timeout=WAIT_SECONDS)
    assert alive == []
    (program.folder / "go").touch()
    finished = program.up("dev")
    assert finished.returncode == 0, shown(finished)
    assert finished.stderr == (
        f"Removed the lock that an engine now gone (pid {engine.pid}) left on the stack dev.\n"
    )
    assert program.outputs("dev") == {"done": True}


def test_a_stack_being_deployed_is_refused_to_others(
    waiting: tuple[Program, subprocess.Popen[str]],
) -> None:
    program, engine = waiting
    finished = program.up("dev")
    assert finished.returncode != 0
    assert "currently locked" in shown(finished)
    (program.folder / "go").touch()
    assert engine.wait(WAIT_SECONDS) == 0


def test_an_interrupted_engine_ends_without_a_traceback(
    waiting: tuple[Program, subprocess.Popen[str]],
) -> None:
    _, engine = waiting
    engine.send_signal(signal.SIGINT)
    text, _ = engine.communicate(timeout=WAIT_SECONDS)
    assert engine.returncode != 0
    assert "Traceback" not in text
    assert "KeyboardInterrupt" not in text


def test_this_project_s_files_stay_as_they_are(shared_sandbox: IsolatedSandbox) -> None:
    before = contents(ROOT / "stacks")
    shared_sandbox.project.preview("dev")
    assert contents(ROOT / "stacks") == before
    assert not list(ROOT.glob("Pulumi.*.yaml"))
