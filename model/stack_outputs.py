"""What a deployed stack is, as pulumi tells it: what it exports, and what it is made of."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, cast

from model.errors import AwsVpnError


class NotDeployedError(AwsVpnError):
    """The stack is in no backend yet, or has exported nothing."""


class OutputsError(AwsVpnError):
    """Pulumi could not tell the stack's outputs or resources."""


def stack_outputs(stack: str, root: Path, *, secrets: bool, timeout: float) -> dict[str, Any]:
    """A stack's outputs, read in the project's folder `root` with the caller's environment.

    `secrets` shows those too; `timeout` is in seconds.

    Raises:
        NotDeployedError: there are none.
        OutputsError: pulumi is missing, refuses or takes too long.
    """
    shown = ("--show-secrets",) if secrets else ()
    return _told(("output", "--json", *shown), stack, root, timeout)


def stack_resources(stack: str, root: Path, *, timeout: float) -> list[dict[str, Any]]:
    """The resources of a stack's last deployment, as its state has them: secrets stay encrypted.

    Raises:
        NotDeployedError: there are none.
        OutputsError: pulumi is missing, refuses or takes too long.
    """
    state = _told(("export",), stack, root, timeout)
    resources = cast("list[dict[str, Any]]", state.get("deployment", {}).get("resources") or [])
    if not resources:
        raise NotDeployedError(f"stack {stack} is not deployed")
    return resources


def _told(words: tuple[str, ...], stack: str, root: Path, timeout: float) -> dict[str, Any]:
    asked = f"pulumi stack {words[0]}"
    command = ["pulumi", "stack", *words, "--stack", stack]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=timeout, check=False)
    except FileNotFoundError:
        raise OutputsError(
            "pulumi is not on PATH; should be installed, or run this with bin/sandbox in front"
        ) from None
    except subprocess.TimeoutExpired:
        raise OutputsError(f"{asked} took longer than {timeout:g} s") from None
    if done.returncode != 0 and "no stack named" not in done.stderr:
        said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise OutputsError(f"{asked} of {stack} failed: {said}")
    try:
        told = cast("dict[str, Any]", json.loads(done.stdout)) if done.returncode == 0 else {}
    except ValueError:
        raise OutputsError(f"{asked} of {stack} did not answer in JSON") from None
    if not told:
        raise NotDeployedError(f"stack {stack} is not deployed")
    return told
