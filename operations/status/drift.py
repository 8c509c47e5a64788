"""What was changed outside of Pulumi: a refresh that takes nothing over."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, cast

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
    return differing(done.stdout)


def differing(events: str) -> tuple[str, ...]:
    """The resources that a refresh's events (a JSON document a line) show as changed or gone."""
    found: list[str] = []
    for line in events.splitlines():
        event = cast("dict[str, Any]", json.loads(line)) if line.startswith("{") else {}
        metadata = event.get("resOutputsEvent", {}).get("metadata", {})
        if metadata.get("op") in ("update", "delete", "replace"):
            found.append(f"{metadata['urn'].rsplit('::', 1)[-1]} ({metadata['type']}): {metadata['op']}")
    return tuple(found)
