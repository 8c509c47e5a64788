"""Reading settings out of a stack file, or out of the configuration that the engine makes of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from stacks.sections.section import Problem
from stacks.settings import Settings
from stacks.settings_error import SettingsError, Unshown
from stacks.stack_text import encrypted_keys, keys_in_clear, odd_encryption, read_config, source_name
from stacks.validation import parse

__all__ = [
    "SettingsError",
    "parse",
    "read_engine_config",
    "read_stack_file",
    "stack_file_name",
    "warnings_of",
]


def read_stack_file(path: Path) -> Settings:
    """The settings in one stack file.

    Encrypted values (`secure:`) are left out: they are not needed to know a stack's addresses.

    Raises:
        SettingsError: the file is no stack file, or its settings are wrong.
    """
    source, config = source_name(path), read_config(path)
    odd = list(odd_encryption(config))
    try:
        settings = parse(source, {key: _without_encrypted(value) for key, value in config.items()})
    except SettingsError as error:
        encrypted = {key for section, value in config.items() for key in encrypted_keys(value, (section,))}
        told = [_in_clear(problem) if problem.key in encrypted else problem for problem in error.problems]
        raise SettingsError(source, [*odd, *told]) from None
    if odd:
        raise SettingsError(source, odd)
    return settings


def _in_clear(problem: Problem) -> Problem:
    """What is said of a value that is there, and encrypted although it is needed in clear."""
    right = "in clear: a stack's addresses and names are compared with those of other stacks"
    return replace(problem, value=Unshown(), right=right)


def read_engine_config(
    stack: str, config: Mapping[str, str], file: Path | None = None, secret: Collection[str] = ()
) -> Settings:
    """The settings as the engine hands them to the program, where structured values are JSON.

    Args:
        stack: the stack's name.
        config: each value by its full key.
        file: the stack file, if there is one, for mistakes in its text that the engine lets through.
        secret: the full keys that the engine knows to hold a secret somewhere. What is encrypted there is
            not shown in a problem, wherever it was put.

    Raises:
        SettingsError: the text or the settings are wrong.
    """
    written = read_config(file) if file is not None and file.is_file() else {}
    encrypted = [place for key, value in written.items() for place in encrypted_keys(value, (key,))]
    unknown = [key for key in secret if not any(place.startswith(key) for place in encrypted)]
    try:
        return parse(stack_file_name(stack), {key: _from_json(value) for key, value in config.items()})
    except SettingsError as error:
        raise error.without_values_at((*encrypted, *unknown)) from None


def warnings_of(file: Path) -> list[str]:
    """What should be otherwise in a stack file that works: keys in clear, and how to encrypt them.

    The engine can be told of another file; where there is none, nothing is said.

    Raises:
        SettingsError: the file is no stack file.
    """
    if not file.is_file():
        return []
    return [
        f"{source_name(file)}: {key} is in clear, and so in git; encrypt it: "
        f"pulumi config set --secret --path '{key}'"
        for section, value in read_config(file).items()
        for key in keys_in_clear(value, (section,))
    ]


def stack_file_name(stack: str) -> str:
    """A stack's file, as a user in the project's folder would write it."""
    return f"stacks/Pulumi.{stack}.yaml"


def _from_json(text: str) -> Any:
    """A structured value, or the text itself: the engine hands text over as it is and all else as JSON."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _without_encrypted(value: Any) -> Any:
    if isinstance(value, dict):
        mapping = cast("dict[str, Any]", value)
        return {key: _without_encrypted(inner) for key, inner in mapping.items() if not _is_encrypted(inner)}
    if isinstance(value, list):
        return [_without_encrypted(inner) for inner in cast("list[Any]", value) if not _is_encrypted(inner)]
    return value


def _is_encrypted(value: Any) -> bool:
    return isinstance(value, dict) and set(cast("dict[str, Any]", value)) == {"secure"}
