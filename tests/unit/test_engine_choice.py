from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from filelock import FileLock

from sandbox.engine import bootstrap, build, version
from sandbox.error import SandboxError


@dataclass
class Machine:
    """A machine with its own PATH and cache, and what it told the user."""

    folder: Path
    said: list[str] = field(default_factory=list[str])

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    def install(self, answer: str, code: int = 0) -> Path:
        """Puts a `pulumi` on PATH that answers `pulumi version` like this."""
        command = self.folder / "bin" / "pulumi"
        command.parent.mkdir()
        command.write_text(f"#!/bin/sh\necho '{answer}'\nexit {code}\n", encoding="utf-8")
        command.chmod(0o755)
        return command

    def leave_download(self) -> Path:
        """What an earlier download leaves."""
        root = self.cache / f"download-{version.WANTED}"
        (root / "bin").mkdir(parents=True)
        (root / "bin" / "pulumi").touch()
        return root / "bin" / "pulumi"

    def leave_build(self, name: str) -> Path:
        """What an earlier build leaves."""
        command = self.cache / name / "bin" / "pulumi"
        command.parent.mkdir(parents=True)
        command.touch()
        return command

    def engine(self, choice: str) -> Path:
        request = bootstrap.Request(choice, str(self.folder / "bin"), self.cache, self.said.append)
        return bootstrap.engine(request)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine without Pulumi, without Go, and with a download site that refuses connections."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setattr("sandbox.engine.download.INSTALLER", "http://127.0.0.1:9/install.sh")
    return Machine(tmp_path)


@pytest.fixture
def silent_site(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """A download site that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr("sandbox.engine.download.INSTALLER", f"http://127.0.0.1:{port}/install.sh")
        monkeypatch.setattr("sandbox.engine.download.REACH_SECONDS", 0.3)
        yield


@pytest.mark.parametrize("text", ["v3.249.0", "v3.249.1", "3.259.0\n", "v3.300.0"])
def test_a_recent_cli_is_good(text: str) -> None:
    parsed = version.parse(text)
    assert parsed is not None
    assert version.is_good(parsed)


@pytest.mark.parametrize("text", ["v3.248.9", "v3.99.0", "v2.300.0", "v4.0.0", "v3.249.0-alpha.1"])
def test_an_old_or_foreign_cli_is_not(text: str) -> None:
    parsed = version.parse(text)
    assert parsed is not None
    assert not version.is_good(parsed)


@pytest.mark.parametrize("text", ["", "v3", "3.259", "command not found"])
def test_what_is_no_version_is_told_apart(text: str) -> None:
    assert version.parse(text) is None


def test_the_installed_cli_comes_first(machine: Machine) -> None:
    installed = machine.install("v3.260.1")
    machine.leave_download()
    assert machine.engine("auto") == installed
    assert machine.said == []


@pytest.mark.parametrize(
    ("answer", "code", "reason"),
    [
        ("v3.100.0", 0, "its version is 3.100.0; at least 3.249.0"),
        ("v4.1.0", 0, "its version is 4.1.0"),
        ("huh", 0, "'huh', which is no version"),
        ("v3.260.0", 1, "`pulumi version` fails"),
    ],
)
def test_a_cli_that_does_not_do_is_passed_over_with_a_line(
    machine: Machine, answer: str, code: int, reason: str
) -> None:
    installed = machine.install(answer, code)
    downloaded = machine.leave_download()
    assert machine.engine("auto") == downloaded
    assert len(machine.said) == 1
    assert str(installed) in machine.said[0]
    assert reason in machine.said[0]


def test_a_download_is_used_before_a_build(machine: Machine) -> None:
    machine.leave_build(build.folder_name())
    downloaded = machine.leave_download()
    assert machine.engine("auto") == downloaded


def test_a_build_at_hand_is_used_before_the_network(machine: Machine) -> None:
    built = machine.leave_build(build.folder_name())
    assert machine.engine("auto") == built
    assert machine.said == []


def test_a_build_from_other_modules_is_not_used(machine: Machine) -> None:
    machine.leave_build(f"build-{version.WANTED}-000000000000")
    with pytest.raises(SandboxError, match="needs Go"):
        machine.engine("build")


def test_an_unfinished_download_is_not_used(machine: Machine) -> None:
    machine.leave_download().parents[1].rename(machine.cache / f"download-{version.WANTED}.unfinished")
    with pytest.raises(SandboxError, match="could not be reached"):
        machine.engine("download")


def test_without_download_site_and_go_the_reasons_are_told(machine: Machine) -> None:
    with pytest.raises(SandboxError, match=r"needs Go \(https://go.dev/dl\) on PATH"):
        machine.engine("auto")
    assert len(machine.said) == 1
    assert machine.said[0].startswith("No download of the Pulumi CLI: http://127.0.0.1:9/install.sh")


@pytest.mark.usefixtures("silent_site")
def test_a_site_that_never_answers_is_given_up_quickly(machine: Machine) -> None:
    started = time.monotonic()
    with pytest.raises(SandboxError, match="could not be reached within"):
        machine.engine("download")
    assert time.monotonic() - started < 10


def test_what_another_command_is_building_is_waited_for(machine: Machine) -> None:
    machine.cache.mkdir()
    lock = FileLock(machine.cache / "lock")
    lock.acquire()
    found: list[Path] = []
    waiting = threading.Thread(target=lambda: found.append(machine.engine("build")))
    waiting.start()
    while not machine.said:
        time.sleep(0.01)
    built = machine.leave_build(build.folder_name())
    lock.release()
    waiting.join()
    assert found == [built]
    assert machine.said == ["Another command is getting the Pulumi engine; waiting for it ..."]


def test_installed_means_installed_only(machine: Machine) -> None:
    machine.leave_download()
    with pytest.raises(SandboxError, match=r"no pulumi on PATH of version 3\.249\.0 or later"):
        machine.engine("installed")


def test_build_means_build_though_one_is_installed(machine: Machine) -> None:
    machine.install("v3.260.0")
    built = machine.leave_build(build.folder_name())
    assert machine.engine("build") == built


def test_an_unknown_choice_names_the_known(machine: Machine) -> None:
    with pytest.raises(SandboxError, match="=docker: should be one of auto, installed, download, build"):
        machine.engine("docker")


def test_the_pinned_modules_are_of_the_sdk_s_version() -> None:
    module = (build.SOURCES / "go.mod").read_text(encoding="utf-8")
    pinned = re.search(r"github.com/pulumi/pulumi/pkg/v3 v(\S+)", module)
    assert pinned is not None
    assert pinned[1] == str(version.WANTED)
    assert version.is_good(version.WANTED)
