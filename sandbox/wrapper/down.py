"""`make down`: stops the sandbox's own processes and clears its state."""

from __future__ import annotations

import shutil

from sandbox.error import SandboxError, end_with
from sandbox.wrapper import locks, moto_process
from sandbox.wrapper.places import places
from sandbox.wrapper.say import say


def main() -> int:
    """Stops the cloud and removes the sandbox's folder; engines stay, they hold nothing of it.

    Raises:
        SandboxError: an engine is at work on a stack.
    """
    here = places()
    if not here.state.exists():
        say("The sandbox is down already.")
        return 0
    for lock in locks.held(here):
        raise SandboxError(f"an engine (pid {lock.pid}) is at work on the stack {lock.stack}; end it first")
    stopped = moto_process.stop(here)
    shutil.rmtree(here.state)
    say("The sandbox is down." if stopped else "The sandbox was not running; its state is cleared.")
    return 0


if __name__ == "__main__":
    end_with(main)
