"""Building the engine with Go, as far as that can be tried in seconds."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from sandbox.engine import build
from sandbox.error import SandboxError


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty engine cache, with an empty module cache for Go."""
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "modules"))
    monkeypatch.setenv("GOTOOLCHAIN", "local")
    folder = tmp_path / "engine"
    folder.mkdir()
    return folder


def test_a_module_proxy_out_of_reach_is_said_in_one_line(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("GOPROXY", f"http://127.0.0.1:{port}")
    said: list[str] = []
    with pytest.raises(SandboxError, match="the Go module proxy could not be reached") as told:
        build.build(cache, said.append)
    assert "\n" not in str(told.value)
    assert "127.0.0.1" not in str(told.value)
    assert len(said) == 1
    assert build.cached(cache) is None


def test_go_without_network_and_modules_is_said_in_one_line(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOPROXY", "off")
    with pytest.raises(SandboxError, match="GOPROXY=off, and the modules are not in Go's module cache"):
        build.build(cache, print)


def test_a_build_that_was_broken_off_is_begun_anew(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOPROXY", "off")
    left = cache / f"{build.folder_name()}.unfinished" / "bin" / "pulumi"
    left.parent.mkdir(parents=True)
    left.touch()
    assert build.cached(cache) is None
    with pytest.raises(SandboxError):
        build.build(cache, print)
    assert not left.exists()
