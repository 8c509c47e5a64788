"""What was changed outside of Pulumi: a refresh that takes nothing over."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.errors import AwsVpnError

DRIFT_TIMEOUT = 600
"""Seconds. Every resource is read from AWS."""


class DriftError(AwsVpnError):
    """The comparison could not be made."""


def read_drift(stack: str, root: Path) -> tuple[str, ...]:
    """The names of the resources that differ from what was deployed.

    Raises:
        DriftError: pulumi fails or takes too long.
    """
    command = ["pulumi", "refresh", "--preview-only", "--json", "--non-interactive", "--stack", stack]
    try:
        done = subprocess.run(
            command, cwd=root, capture_output=True, text=True, timeout=DRIFT_TIMEOUT, check=False
        )
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        raise DriftError(f"pulumi refresh of {stack}: {error}") from None
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise DriftError(f"pulumi refresh of {stack} failed: {lines[-1] if lines else done.returncode}")
    try:
        return differing(json.loads(done.stdout))
    except ValueError:
        raise DriftError(f"pulumi refresh of {stack} did not answer in JSON") from None


def differing(preview: Mapping[str, Any]) -> tuple[str, ...]:
    """The resources that the document of a refresh's preview shows as changed or gone."""
    return tuple(
        f"{name_of(step['urn'])}: {step['op']}"
        for step in preview.get("steps", ())
        if step["op"] in ("update", "delete", "replace")
    )


def name_of(urn: str) -> str:
    """A resource's name and type, from its URN: the type is the last behind `$`."""
    _, _, types, name = urn.split("::", 3)
    return f"{name} ({types.rsplit('$', 1)[-1]})"
