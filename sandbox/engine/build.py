"""The Pulumi CLI, built from the Go modules that go.mod and go.sum pin."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from sandbox.engine import version
from sandbox.error import SandboxError

SOURCES = Path(__file__).parent
_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_STAMP = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_REPORT_SECONDS = 15.0
_BUILD_SECONDS = 3600.0
_REASONS = {
    "checksum mismatch": "a module is not the one that sandbox/engine/go.sum pins",
    "no space left on device": "the disk is full",
    "signal: killed": "the compiler was killed, most likely for want of memory; about 3 GB are needed",
    "no such host": "the Go module proxy could not be reached; check GOPROXY and the network",
    "connection refused": "the Go module proxy could not be reached; check GOPROXY and the network",
    "i/o timeout": "the Go module proxy could not be reached; check GOPROXY and the network",
    "module lookup disabled": "GOPROXY=off, and the modules are not in Go's module cache",
    "toolchain not available": "Go is too old, and the version that go.mod names could not be fetched",
    "requires go >=": "Go is too old, and GOTOOLCHAIN keeps it from fetching the version that go.mod names",
}


def cached(cache: Path) -> Path | None:
    """The CLI that an earlier build of exactly these sources left in `cache`."""
    command = _root(cache) / "bin" / "pulumi"
    return command if command.exists() else None


def build(cache: Path, say: Callable[[str], None]) -> Path:
    """The CLI built into `cache`, where it appears in one step.

    Raises:
        SandboxError: there is no Go, or the build failed; the message says why.
    """
    go = shutil.which("go")
    if go is None:
        raise SandboxError(
            "building the Pulumi engine needs Go (https://go.dev/dl) on PATH, and there is none"
        )
    say(f"Building the Pulumi engine {version.WANTED} from Go modules; done once, and takes minutes ...")
    root = _root(cache)
    unfinished = root.with_name(f"{root.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    (unfinished / "bin").mkdir(parents=True)
    log = cache / "build.log"
    _run_go(go, unfinished / "bin" / "pulumi", log, say)
    unfinished.rename(root)
    return root / "bin" / "pulumi"


def folder_name() -> str:
    """The name of the cache's folder for what these sources build; other sources have another."""
    sources = b"".join((SOURCES / name).read_bytes() for name in ("go.mod", "go.sum"))
    return f"build-{version.WANTED}-{hashlib.sha256(sources).hexdigest()[:12]}"


def _root(cache: Path) -> Path:
    return cache / folder_name()


def _run_go(go: str, output: Path, log: Path, say: Callable[[str], None]) -> None:
    arguments = ["build", "-mod=readonly", "-trimpath", "-ldflags", f"-s -w -X {_STAMP}=v{version.WANTED}"]
    started = time.monotonic()
    with (
        log.open("wb") as sink,
        subprocess.Popen(
            [go, *arguments, "-o", str(output), _PACKAGE],
            cwd=SOURCES,
            env={**os.environ, "GOWORK": "off", "GOFLAGS": ""},
            stdout=sink,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            _wait(process, started, say)
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        raise SandboxError(f"building the Pulumi engine failed: {_reason(log)} (all of it: {log})")
    say(f"Built the Pulumi engine in {_elapsed(started)}.")


def _wait(process: subprocess.Popen[bytes], started: float, say: Callable[[str], None]) -> None:
    while time.monotonic() - started < _BUILD_SECONDS:
        try:
            process.wait(timeout=_REPORT_SECONDS)
        except subprocess.TimeoutExpired:
            say(f"  building, {_elapsed(started)} so far")
        else:
            return
    raise SandboxError(f"building the Pulumi engine did not end within {_BUILD_SECONDS / 60:.0f} minutes")


def _elapsed(started: float) -> str:
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    return f"{minutes}:{seconds:02} min"


def _reason(log: Path) -> str:
    text = log.read_text(encoding="utf-8", errors="replace")
    for sign, reason in _REASONS.items():
        if sign in text:
            return reason
    lines = [line for line in text.splitlines() if not line.startswith("go: downloading")]
    return lines[-1][:200] if lines else "go gave no reason"
