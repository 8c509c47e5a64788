"""What a deployed stack exports, as `pulumi stack output` tells it: all that is known of what runs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, cast

from model.errors import AwsVpnError


class NotDeployedError(AwsVpnError):
    """The stack is in no backend yet, or has exported nothing."""


class OutputsError(AwsVpnError):
    """Pulumi could not tell the stack's outputs."""


def stack_outputs(stack: str, root: Path, *, secrets: bool, timeout: float) -> dict[str, Any]:
    """A stack's outputs, read in the project's folder `root` with the caller's environment.

    `secrets` shows those too; `timeout` is in seconds.

    Raises:
        NotDeployedError: there are none.
        OutputsError: pulumi is missing, refuses or takes too long.
    """
    shown = ["--show-secrets"] if secrets else []
    command = ["pulumi", "stack", "output", "--json", *shown, "--stack", stack]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=timeout, check=False)
    except FileNotFoundError:
        raise OutputsError(
            "pulumi is not on PATH; should be installed, or run this with bin/sandbox in front"
        ) from None
    except subprocess.TimeoutExpired:
        raise OutputsError(f"pulumi stack output took longer than {timeout:g} s") from None
    if done.returncode != 0 and "no stack named" not in done.stderr:
        said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise OutputsError(f"pulumi stack output of {stack} failed: {said}")
    try:
        outputs = cast("dict[str, Any]", json.loads(done.stdout)) if done.returncode == 0 else {}
    except ValueError:
        raise OutputsError(f"pulumi stack output of {stack} did not answer in JSON") from None
    if not outputs:
        raise NotDeployedError(f"stack {stack} is not deployed")
    return outputs
