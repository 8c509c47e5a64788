"""The stack file of an adoption: whole or not there, whenever pulumi fails or the command is killed."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from model.errors import AwsVpnError
from operations.adopt.description import Description
from operations.adopt.pulumi_stack import PulumiStack
from operations.adopt.writing import draft_of, refuse_taken, stack_file, write
from sandbox.wrapper import ready

SITE = "aws-vpn:hardwareVpn.sites[0].tunnels"
KEYS = {f"{SITE}[0].presharedKey": "First.Key_123", f"{SITE}[1].presharedKey": "Second.Key_45"}
CONFIG: dict[str, Any] = {
    "aws:region": "eu-central-1",
    "aws-vpn:account": "012345678901",
    "aws-vpn:hardwareVpn": {
        "sites": [
            {"name": "a", "tunnels": [{"insideCidr": "169.254.9.0/30"}, {"insideCidr": "169.254.9.4/30"}]}
        ]
    },
}
CALLS = 3
"""Commands of pulumi that make a stack and encrypt two keys."""


class Killed(BaseException):
    """Stands for the end of the process: nothing of it is run any more."""


@dataclass(frozen=True)
class Failing(PulumiStack):
    """A stack whose commands fail, or end the process, at one of them."""

    at: int = 0
    killed: bool = False
    reads_too: bool = False
    calls: list[str] = field(default_factory=list[str])

    def _run(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        writes = self.reads_too or arguments[:2] in (("stack", "init"), ("config", "set"))
        if writes:
            self.calls.append(" ".join(arguments[:2]))
        if writes and len(self.calls) == self.at and not self.killed:
            return subprocess.CompletedProcess(["pulumi", *arguments], 1, "", "error: the backend is away")
        done = super()._run(*arguments, text=text)
        if writes and len(self.calls) == self.at:
            raise Killed
        return done


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder, and the genuine engine with a backend of its own."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "backend").mkdir()
    text = "name: aws-vpn\nruntime: python\nstackConfigDir: stacks\n"
    (tmp_path / "Pulumi.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("PATH", f"{ready.engine().parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PULUMI_BACKEND_URL", (tmp_path / "backend").as_uri())
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "for tests")
    monkeypatch.setenv("PULUMI_SKIP_UPDATE_CHECK", "1")
    return tmp_path


def description() -> Description:
    return Description(CONFIG, (), (), KEYS)


def check_whole(stack: PulumiStack) -> None:
    """The file is there with all that belongs in it, its keys readable with the passphrase."""
    document = yaml.safe_load(stack_file(stack).read_text(encoding="utf-8"))
    tunnels = document["config"]["aws-vpn:hardwareVpn"]["sites"][0]["tunnels"]
    assert [set(tunnel["presharedKey"]) for tunnel in tunnels] == [{"secure"}, {"secure"}]
    assert document["config"]["aws-vpn:account"] == "012345678901"
    shown = subprocess.run(
        ["pulumi", "config", "get", "--path", f"{SITE}[1].presharedKey", "--stack", stack.name],
        cwd=stack.root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.strip() == "Second.Key_45"
    assert not draft_of(stack).exists()


def keys_in_clear(folder: Path) -> list[Path]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path for path in files if any(key.encode() in path.read_bytes() for key in KEYS.values())]


def test_a_stack_that_is_there_is_left_alone(root: Path) -> None:
    stack = PulumiStack("legacy", root)
    write(stack, description(), "adopted")
    check_whole(stack)
    assert keys_in_clear(root) == []
    with pytest.raises(AwsVpnError, match=r"Pulumi\.legacy\.yaml is there already"):
        refuse_taken(stack)
    stack_file(stack).unlink()
    with pytest.raises(AwsVpnError, match="a stack legacy is there already; should be another --stack"):
        refuse_taken(stack)


@pytest.mark.parametrize("call", range(1, CALLS + 1))
def test_what_fails_is_undone(root: Path, call: int) -> None:
    stack = Failing("legacy", root, at=call)
    with pytest.raises(AwsVpnError, match="the backend is away"):
        write(stack, description(), "adopted")
    assert list((root / "stacks").iterdir()) == []
    assert not stack.exists()


@pytest.mark.parametrize("call", range(1, CALLS + 1))
def test_who_was_killed_is_run_again_to_the_same_end(root: Path, call: int) -> None:
    with pytest.raises(Killed):
        write(Failing("legacy", root, at=call, killed=True), description(), "adopted")
    assert keys_in_clear(root) == []
    stack = PulumiStack("legacy", root)
    assert "config" not in (
        yaml.safe_load(stack_file(stack).read_text()) or {} if stack_file(stack).exists() else {}
    )
    refuse_taken(stack)
    write(stack, description(), "adopted")
    check_whole(stack)


def test_a_file_that_was_written_since_an_interrupted_adoption_is_left_alone(root: Path) -> None:
    stack = PulumiStack("legacy", root)
    draft_of(stack).touch()
    stack_file(stack).write_text("config:\n  aws:region: eu-central-1\n", encoding="utf-8")
    with pytest.raises(AwsVpnError, match=r"Pulumi\.legacy\.yaml is there already"):
        refuse_taken(stack)


def test_who_is_killed_once_more_while_looking_what_is_there_is_run_again_to_the_same_end(root: Path) -> None:
    with pytest.raises(Killed):
        write(Failing("legacy", root, at=2, killed=True), description(), "adopted")
    with pytest.raises(Killed):
        write(Failing("legacy", root, at=1, killed=True, reads_too=True), description(), "adopted")
    assert keys_in_clear(root) == []
    stack = PulumiStack("legacy", root)
    write(stack, description(), "adopted")
    check_whole(stack)
