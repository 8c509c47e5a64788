"""What is wrong with settings, in lines that people read: file, key, value, and what would be right."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

from pydantic import SecretStr

from model.errors import AwsVpnError
from model.printable import printable
from stacks.sections.section import Problem

SECRET_KEYS = frozenset({"presharedKey"})
PROVIDER_SECRETS = frozenset({"aws:accessKey", "aws:secretKey", "aws:token"})
"""What the AWS provider may be given to sign in with, instead of the caller's own environment."""


class Unshown:
    """Stands for a value in a problem that is not to be shown."""

    def __str__(self) -> str:
        return "(not shown)"


class SettingsError(AwsVpnError):
    """Settings that cannot be used, a line each: file, key, value, and what would be right."""

    def __init__(self, source: str, problems: list[Problem]) -> None:
        self.source = source
        self.problems = problems
        super().__init__("\n".join(f"{source}: {sentence(problem)}" for problem in problems))

    def without_values_at(self, keys: Iterable[str]) -> SettingsError:
        """The same, showing no value at these keys or below them."""
        hidden = tuple(keys)
        return SettingsError(
            self.source,
            [
                replace(problem, value=Unshown()) if _is_at(problem.key, hidden) else problem
                for problem in self.problems
            ],
        )


def sentence(problem: Problem) -> str:
    """A problem in one line of words, without the file; a secret's value is never among them."""
    return printable(_sentence(problem))


def _sentence(problem: Problem) -> str:
    if not problem.key:
        return f"should be {problem.right}"
    last = problem.key.rsplit(".", 1)[-1]
    if problem.value is None:
        return f"{problem.key} is missing; should be {problem.right}"
    shown = (
        "(secret)" if last in SECRET_KEYS or isinstance(problem.value, SecretStr) else _shown(problem.value)
    )
    return f"{problem.key} = {shown}; should be {problem.right}"


def _is_at(key: str, places: tuple[str, ...]) -> bool:
    return any(key == place or key.startswith((f"{place}.", f"{place}[")) for place in places)


def _shown(value: Any) -> str:
    if isinstance(value, dict | list | tuple):
        return f"({type(cast('object', value)).__name__})".replace("dict", "mapping")
    text = json.dumps(value) if isinstance(value, bool | int | float) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
