"""Telling the user something without getting into a command's output."""

from __future__ import annotations

import sys


def say(line: str) -> None:
    """Shows one line on standard error."""
    print(line, file=sys.stderr, flush=True)
