"""`bin/sandbox COMMAND...`: any command, run against the sandbox."""

from __future__ import annotations

import os
import sys

from sandbox.error import SandboxError, end_with
from sandbox.wrapper import pulumi_arguments, variables
from sandbox.wrapper.places import places
from sandbox.wrapper.ready import ready


def main() -> int:
    """Gets the sandbox ready, then becomes the command.

    Raises:
        SandboxError: no command was given, there is none of that name, or the sandbox cannot be had.
    """
    command = sys.argv[1:]
    if not command:
        raise SandboxError("which command? usage: bin/sandbox COMMAND [ARGUMENT...]")
    settings = ready(places(), pulumi_arguments.stack(command, os.environ))
    inside = variables.inside(os.environ, settings)
    try:
        os.execvpe(command[0], command, inside)  # noqa: S606 - the command is the user's own
    except OSError as error:
        raise SandboxError(f"{command[0]}: {error.strerror}") from None


if __name__ == "__main__":
    end_with(main)
