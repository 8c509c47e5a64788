from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.wrapper import pulumi_arguments, variables
from sandbox.wrapper.places import PROGRAMS, ROOT, SHIM, Places, engines, places


def test_the_user_s_own_accounts_do_not_reach_a_command() -> None:
    base = {
        "AWS_PROFILE": "work",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ROLE_ARN": "arn",
        "AWS_ENDPOINT_URL_EC2": "https://ec2.example",
        "PULUMI_ACCESS_TOKEN": "pul-1",
        "PULUMI_CONFIG_PASSPHRASE_FILE": "secret.txt",
        "HOME": "/home/me",
        "PATH": "/usr/bin",
    }
    inside = variables.inside(base, variables.aws("http://127.0.0.1:4566", "eu-central-1"))
    assert not {name for name in base if name.startswith(("AWS_", "PULUMI_"))} & set(inside)
    assert inside["HOME"] == "/home/me"
    assert inside["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert inside["AWS_REGION"] == inside["AWS_DEFAULT_REGION"] == "eu-central-1"
    assert inside["AWS_EC2_METADATA_DISABLED"] == "true"
    assert inside["AWS_CONFIG_FILE"] == inside["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"


def test_the_sandbox_s_choices_and_the_stack_do() -> None:
    base = {"AWS_VPN_ENGINE": "build", "AWS_VPN_SANDBOX_DIR": "/tmp/s", "PULUMI_STACK": "prod"}
    inside = variables.inside(base, {})
    assert {name: inside[name] for name in base} == base


def test_the_sandbox_s_pulumi_is_the_first_on_path_also_when_nested() -> None:
    once = variables.inside({"PATH": "/usr/local/bin:/usr/bin"}, {})
    twice = variables.inside(once, {})
    assert once["PATH"] == twice["PATH"] == f"{SHIM}:{PROGRAMS}:/usr/local/bin:/usr/bin"
    assert variables.outside_path(once) == "/usr/local/bin:/usr/bin"


def test_this_project_s_modules_do_not_reach_a_command() -> None:
    assert "PYTHONPATH" not in variables.inside({"PYTHONPATH": str(ROOT)}, {})
    assert variables.inside({"PYTHONPATH": f"{ROOT}:/mine"}, {})["PYTHONPATH"] == "/mine"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("", "127.0.0.1,localhost"),
        ("example.com", "example.com,127.0.0.1,localhost"),
        ("127.0.0.1,localhost", "127.0.0.1,localhost"),
    ],
)
def test_no_proxy_stands_before_the_cloud(given: str, wanted: str) -> None:
    inside = variables.inside({"no_proxy": given}, {})
    assert inside["NO_PROXY"] == inside["no_proxy"] == wanted


def test_a_shell_takes_over_the_exports() -> None:
    exports = variables.exports({"AWS_REGION": "a b", "AWS_X": "it's"})
    script = f"""{exports}
    printf '%s|%s|%s' "$AWS_REGION" "$AWS_X" "${{AWS_PROFILE-none}}"
    """
    shown = subprocess.run(
        ["sh", "-c", script], env={"AWS_PROFILE": "work"}, capture_output=True, text=True, check=True
    )
    assert shown.stdout == "a b|it's|none"


def test_the_engine_keeps_to_the_sandbox_s_folder() -> None:
    ours = variables.pulumi(Places(Path("/s")), Path("/e/pulumi"))
    assert ours["PULUMI_HOME"] == "/s/home"
    assert ours["PULUMI_BACKEND_URL"] == "file:///s/backend?metadata=skip"


def test_the_sandbox_s_folder_can_be_chosen() -> None:
    assert places({}).state == ROOT / ".sandbox" / "state"
    assert places({"AWS_VPN_SANDBOX_DIR": "/elsewhere"}).state == Path("/elsewhere")


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, Path.home() / ".cache" / "aws-vpn" / "engine"),
        ({"XDG_CACHE_HOME": "/cache"}, Path("/cache/aws-vpn/engine")),
        ({"XDG_CACHE_HOME": "relative"}, Path.home() / ".cache" / "aws-vpn" / "engine"),
        ({"XDG_CACHE_HOME": "/cache", "AWS_VPN_ENGINE_CACHE": "/engines"}, Path("/engines")),
    ],
)
def test_engines_are_kept_for_all_clones_of_a_user(environment: dict[str, str], wanted: Path) -> None:
    assert engines(environment) == wanted


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("up --stack dev", "dev"),
        ("up --stack=prod --yes", "prod"),
        ("-s staging preview", "staging"),
        ("up -s a -s b", "b"),
        ("up", "selected"),
    ],
)
def test_the_stack_is_read_from_the_command(command: str, wanted: str) -> None:
    assert pulumi_arguments.stack(shlex.split(command), {"PULUMI_STACK": "selected"}) == wanted


@pytest.mark.parametrize(
    ("command", "moved"),
    [
        ("up --policy-pack policy", "up --policy-pack /p/policy"),
        ("up --policy-pack=../policy", "up --policy-pack=/policy"),
        ("stack export --file out.json", "stack export --file /p/out.json"),
        ("preview --save-plan /tmp/plan", "preview --save-plan /tmp/plan"),
        ("up --event-log tcp://127.0.0.1:4711", "up --event-log tcp://127.0.0.1:4711"),
        ("-C sub up", "up"),
        ("up --cwd=sub --yes", "up --yes"),
        ("-C sub up --policy-pack policy -s dev", "up --policy-pack /p/policy -s dev"),
        ("policy ls", "policy ls"),
    ],
)
def test_paths_mean_the_same_from_another_folder(command: str, moved: str) -> None:
    assert pulumi_arguments.moved(shlex.split(command), Path("/p")) == shlex.split(moved)


def test_the_folder_is_read_from_the_command() -> None:
    assert pulumi_arguments.folder(["-C", "sub", "up"], Path("/p")) == Path("/p/sub")
    assert pulumi_arguments.folder(["up"], Path("/p")) == Path("/p")


def test_make_help_names_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {
        name for line in re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE) for name in line.split()
    }
    shown = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30
    ).stdout
    listed = set(re.findall(r"^  ([a-z-]+)  ", shown, re.MULTILINE))
    assert targets - listed == {"debian-packages", "engine", "policy-config"}
    assert listed <= targets
    wanted = "up preview refresh destroy outputs env down test lint format lock setup policies check-all"
    assert set(wanted.split()) <= listed


def exports(*arguments: str, sandbox: Path) -> subprocess.CompletedProcess[str]:
    """What `make env` runs, with the sandbox in a folder of the test's own."""
    return subprocess.run(
        [sys.executable, "-m", "sandbox.wrapper.exports", *arguments],
        cwd=ROOT,
        env={**os.environ, "AWS_VPN_SANDBOX_DIR": str(sandbox)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_folder_that_cannot_take_the_sandbox_is_told_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    told = exports(sandbox=file / "sandbox")
    assert told.returncode == 1
    assert told.stderr.splitlines() == [
        (
            f"sandbox: {file / 'sandbox'}: Not a directory; should be a folder that this user can write in "
            "(AWS_VPN_SANDBOX_DIR names another)"
        )
    ]


def test_an_unknown_stack_has_no_exports(tmp_path: Path) -> None:
    told = exports("nowhere", sandbox=tmp_path / "sandbox")
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == "sandbox: no stack 'nowhere': there is no stacks/Pulumi.nowhere.yaml\n"
    assert not (tmp_path / "sandbox").exists()
