"""The official Pulumi CLI, fetched by Pulumi's own installer."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path

from sandbox.engine import version
from sandbox.error import SandboxError

INSTALLER = "https://get.pulumi.com/install.sh"
REACH_SECONDS = 5.0
"""How long a site that does not answer is waited for."""

_INSTALL_SECONDS = 600.0
_INSTALL = """
import sys
from pulumi.automation import PulumiCommand
PulumiCommand.install(root=sys.argv[1])
"""


def cached(cache: Path) -> Path | None:
    """The CLI that an earlier download left in `cache`."""
    command = _root(cache) / "bin" / "pulumi"
    return command if command.exists() else None


def fetch(cache: Path, say: Callable[[str], None]) -> Path:
    """The official CLI of the wanted version, installed into `cache`.

    Raises:
        SandboxError: the download site does not answer within seconds, or the installer fails.
    """
    if not _reachable(INSTALLER):
        raise SandboxError(f"{INSTALLER} could not be reached within {REACH_SECONDS:.0f} seconds")
    say(f"Downloading the Pulumi CLI {version.WANTED} ...")
    root = _root(cache)
    unfinished = root.with_name(f"{root.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        subprocess.run(
            [sys.executable, "-c", _INSTALL, str(unfinished)],
            capture_output=True,
            timeout=_INSTALL_SECONDS,
            check=True,
        )
    except subprocess.TimeoutExpired:
        raise SandboxError(f"Pulumi's installer did not end within {_INSTALL_SECONDS:.0f} seconds") from None
    except subprocess.CalledProcessError as error:
        raise SandboxError(f"Pulumi's installer failed: {_last_line(error.stderr)}") from None
    unfinished.rename(root)
    return root / "bin" / "pulumi"


def _root(cache: Path) -> Path:
    return cache / f"download-{version.WANTED}"


def _reachable(url: str) -> bool:
    """Whether the address answers.

    Tried in a thread of its own, because resolving a name has no time limit that a program can set.
    """
    answered = threading.Event()

    def ask() -> None:
        try:
            with urllib.request.urlopen(url, timeout=REACH_SECONDS):  # noqa: S310 - a constant https address
                answered.set()
        except (OSError, ValueError):
            return

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(REACH_SECONDS)
    return answered.is_set()


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1][:200] if lines else "no reason given"
