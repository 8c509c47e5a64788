"""Reasons to stop that the user can do something about."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NoReturn


class SandboxError(Exception):
    """One line for the user: what is wrong, and what would be right."""


def end_with(command: Callable[[], int]) -> NoReturn:
    """Runs `command` and ends the process with the exit code it returns.

    A problem is told in one line, with exit code 1; an interrupted command ends as shells expect, with 130.
    """
    try:
        code = command()
    except SandboxError as problem:
        print(f"sandbox: {problem}", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
