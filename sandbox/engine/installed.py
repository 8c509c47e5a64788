"""The Pulumi CLI that is already on PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from sandbox.engine import version

_ANSWER_SECONDS = 30.0


def find(search_path: str, say: Callable[[str], None]) -> Path | None:
    """The first `pulumi` on `search_path`, or None when there is none that works here.

    One that is passed over is named to `say` together with the reason.
    """
    found = shutil.which("pulumi", path=search_path)
    if found is None:
        return None
    reason = _why_not(found)
    if reason is not None:
        say(f"Passing over {found}: {reason}.")
        return None
    return Path(found)


def _why_not(command: str) -> str | None:
    try:
        answer = subprocess.run(
            [command, "version"],
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "1"},
            capture_output=True,
            text=True,
            timeout=_ANSWER_SECONDS,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return "`pulumi version` fails"
    found = version.parse(answer)
    if found is None:
        return f"`pulumi version` says {answer.strip()[:60]!r}, which is no version"
    if not version.is_good(found):
        return f"its version is {found}; at least {version.OLDEST} (and below 4) is needed"
    return None
