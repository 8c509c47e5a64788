"""What a deployed stack exports, as `pulumi stack output` tells it, without its secrets."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, cast

from model.errors import AwsVpnError

PULUMI_TIMEOUT = 60
"""Seconds. Reading a stack's outputs is one request to the backend."""


class NotDeployedError(AwsVpnError):
    """The stack is in no backend yet, or has exported nothing."""


class OutputsError(AwsVpnError):
    """Pulumi could not tell the stack's outputs."""


def stack_names(root: Path) -> tuple[str, ...]:
    """The stacks that the project's folder has files of."""
    return tuple(sorted(file.name.split(".")[1] for file in (root / "stacks").glob("Pulumi.*.yaml")))


def chosen_stacks(root: Path, stack: str | None, every: bool) -> tuple[str, ...]:
    """The stacks that `--stack S` or `--all` mean.

    Raises:
        AwsVpnError: not exactly one of both, not the project's folder, or no such stack.
    """
    if not (root / "Pulumi.yaml").is_file():
        raise AwsVpnError(f"{root} has no Pulumi.yaml; run this in the project's folder")
    if (stack is None) != every:
        raise AwsVpnError("one of --stack S and --all should be given")
    known = stack_names(root)
    if stack is not None and stack not in known:
        raise AwsVpnError(f"no stack {stack!r}; should be one of {', '.join(known)}")
    return known if stack is None else (stack,)


def read_outputs(stack: str, root: Path) -> dict[str, Any]:
    """The outputs of a stack.

    Raises:
        NotDeployedError: there are none.
        OutputsError: pulumi is missing, refuses or takes too long.
    """
    command = ["pulumi", "stack", "output", "--json", "--stack", stack]
    try:
        done = subprocess.run(
            command, cwd=root, capture_output=True, text=True, timeout=PULUMI_TIMEOUT, check=False
        )
    except FileNotFoundError:
        raise OutputsError("pulumi is not on PATH; install it, or put bin/sandbox in front") from None
    except subprocess.TimeoutExpired:
        raise OutputsError(f"pulumi stack output took longer than {PULUMI_TIMEOUT} s") from None
    if done.returncode != 0 and "no stack named" in done.stderr:
        raise NotDeployedError(f"stack {stack} is not deployed")
    if done.returncode != 0:
        said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise OutputsError(f"pulumi stack output of {stack} failed: {said}")
    outputs = cast("dict[str, Any]", json.loads(done.stdout))
    if "network" not in outputs:
        raise NotDeployedError(f"stack {stack} is not deployed")
    return outputs
