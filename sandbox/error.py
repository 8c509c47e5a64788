"""Reasons to stop that the user can do something about."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from typing import NoReturn

_UNUSABLE = frozenset(
    (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR, errno.EEXIST)
)
"""What the system says of a folder that cannot take the sandbox: another user's, read-only, full, or none."""


class SandboxError(Exception):
    """One line for the user: what is wrong, and what would be right."""


def end_with(command: Callable[[], int]) -> NoReturn:
    """Runs `command` and ends the process with the exit code it returns.

    A problem is reported in one line, with exit code 1, as is a folder that cannot be used; an interrupted
    command ends as shells expect, with 130.
    """
    try:
        code = command()
    except SandboxError as problem:
        print(f"sandbox: {problem}", file=sys.stderr)
        code = 1
    except OSError as problem:
        if problem.errno not in _UNUSABLE:
            raise
        place = f"{problem.filename}: " if problem.filename else ""
        print(
            f"sandbox: {place}{problem.strerror}; should be a folder that this user can write in "
            "(AWS_VPN_SANDBOX_DIR names another)",
            file=sys.stderr,
        )
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
