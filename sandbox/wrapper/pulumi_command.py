"""The `pulumi` command inside the sandbox: the engine, working on the project's stand-in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from sandbox.error import SandboxError, end_with
from sandbox.wrapper import locks, project, pulumi_arguments
from sandbox.wrapper.places import Places, places
from sandbox.wrapper.project import Project
from sandbox.wrapper.say import say
from sandbox.wrapper.variables import ENGINE

_NEEDS_STACK = frozenset(("destroy", "import", "pre", "preview", "refresh", "up", "update", "watch"))
_WRITES_SETTINGS = frozenset(("cp", "refresh", "rm", "rm-all", "set", "set-all"))
_ENGINE_SECONDS = 120.0


def main() -> int:
    """Prepares what the engine needs, then becomes the engine.

    Raises:
        SandboxError: the stack is unknown, its file is broken, or the command would lose what it writes.
    """
    arguments = sys.argv[1:]
    engine = os.environ.get(ENGINE)
    if engine is None:
        raise SandboxError("this pulumi works inside the sandbox only: bin/sandbox pulumi ...")
    start = pulumi_arguments.folder(arguments, Path.cwd())
    real = project.find(start)
    if real is not None:
        arguments = _in_stand_in(engine, arguments, start, real)
    os.execv(engine, [engine, *arguments])  # noqa: S606 - the engine that the sandbox chose


def _in_stand_in(engine: str, arguments: list[str], start: Path, real: Path) -> list[str]:
    """Goes to the project's stand-in and returns the arguments as they read from there."""
    here = places()
    ours = project.prepare(real, here)
    words = pulumi_arguments.words(arguments)
    named = pulumi_arguments.stack(arguments, os.environ)
    _refuse_lost_settings(words, ours, named, elsewhere=pulumi_arguments.names_file(arguments))
    for stack in ours.known_stacks() if named is None else [named]:
        _refresh(ours, stack)
    os.chdir(ours.stand_in)
    os.environ["PWD"] = str(ours.stand_in)
    for lock in locks.clear_abandoned(here):
        say(f"Removed the lock that an engine now gone (pid {lock.pid}) left on the stack {lock.stack}.")
        if lock.project == ours.name:
            _forget_pending(engine, lock.stack)
    if named is not None and _NEEDS_STACK.intersection(words[:1]):
        _require_stack(engine, ours, here, named)
    return pulumi_arguments.moved(arguments, start)


def _refuse_lost_settings(words: list[str], ours: Project, stack: str | None, *, elsewhere: bool) -> None:
    """A file that the command names itself is written where it is."""
    if words[:1] == ["config"] and _WRITES_SETTINGS.intersection(words[1:2]) and not elsewhere:
        raise SandboxError(
            f"`pulumi {' '.join(words[:2])}` would change the sandbox's copy of the settings only; "
            f"edit {ours.shown(stack or '<stack>')} instead"
        )


def _refresh(ours: Project, stack: str) -> None:
    if not ours.stack_file(stack).exists():
        return
    stand_ins = ours.refresh(stack)
    if stand_ins:
        say(
            f"{ours.shown(stack)}: encrypted values cannot be read in the sandbox; "
            f"stand-ins take their place: {', '.join(stand_ins)}"
        )


def _forget_pending(engine: str, stack: str) -> None:
    """Takes out of a stack's state what a killed engine had begun.

    The engine keeps such operations and warns of them at every later command; but here the provider itself
    knows what it began, and goes on with it.
    """
    exported = _run(engine, "stack", "export", "--stack", stack)
    if exported.returncode != 0:
        return
    state = json.loads(exported.stdout)
    if state["deployment"].pop("pending_operations", None):
        _run(engine, "stack", "import", "--stack", stack, text=json.dumps(state))


def _require_stack(engine: str, ours: Project, here: Places, stack: str) -> None:
    if _exists(ours, here, stack):
        return
    if not ours.stack_file(stack).exists():
        known = ", ".join(ours.known_stacks()) or "none"
        raise SandboxError(f"no stack {stack!r}: there is no {ours.shown(stack)}; known stacks: {known}")
    made = _run(engine, "stack", "init", stack, "--no-select")
    if made.returncode != 0 and not _exists(ours, here, stack):
        raise SandboxError(f"the stack {stack} could not be created: {' '.join(made.stderr.split())}")


def _run(engine: str, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [engine, *arguments, "--non-interactive"],
        input=text,
        capture_output=True,
        text=True,
        timeout=_ENGINE_SECONDS,
        check=False,
    )


def _exists(ours: Project, here: Places, stack: str) -> bool:
    return (here.backend / ".pulumi" / "stacks" / ours.name / f"{stack}.json").exists()


if __name__ == "__main__":
    end_with(main)
