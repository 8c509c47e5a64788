"""Reading and moving the arguments of a `pulumi` command."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

_FOLDER = ("-C", "--cwd")
_STACK = ("-s", "--stack")
_PATHS = (
    "--config-file",
    "--event-log",
    "--file",
    "--import-file",
    "--out",
    "--plan",
    "--policy-pack",
    "--policy-pack-config",
    "--save-plan",
)


def stack(arguments: list[str], environment: Mapping[str, str]) -> str | None:
    """The stack that a command names, or that PULUMI_STACK does."""
    named = [value for _, value in _values(arguments, _STACK)]
    return named[-1] if named else environment.get("PULUMI_STACK")


def names_file(arguments: list[str]) -> bool:
    """Whether a command says which stack file it is about."""
    return any(True for _ in _values(arguments, ("--config-file",)))


def words(arguments: list[str]) -> list[str]:
    """The command's words without its flags, such as `stack init dev`."""
    return [argument for argument in arguments if not argument.startswith("-")]


def folder(arguments: list[str], current: Path) -> Path:
    """The folder in which the command is to run."""
    named = [value for _, value in _values(arguments, _FOLDER)]
    return current / named[-1] if named else current


def moved(arguments: list[str], start: Path) -> list[str]:
    """The arguments as they read from any other folder: the paths among them made absolute from `start`.

    The Automation API has events sent to an address, where a user names a file.
    """
    result = list(arguments)
    for position, value in _values(arguments, _PATHS):
        if "://" in value:
            continue
        flag, equals, _ = result[position].partition("=")
        absolute = os.path.normpath(start / value)
        result[position] = f"{flag}={absolute}" if equals else absolute
    for position, _ in reversed(list(_values(arguments, _FOLDER))):
        del result[position if "=" in arguments[position] else position - 1 : position + 1]
    return result


def _values(arguments: list[str], flags: tuple[str, ...]) -> Iterable[tuple[int, str]]:
    """The values given to some flags (`--flag value`, `--flag=value`), with the positions they stand at."""
    for position, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if equals and name in flags:
            yield position, value
        elif position > 0 and arguments[position - 1] in flags:
            yield position, argument
