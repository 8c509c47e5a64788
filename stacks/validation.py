"""From plain values to settings, with every problem at once.

One wrong value must not hide the rules between the others, so that each round of validation leaves out what
was refused before. Places are reported as they were written, whatever was left out before them in a list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from model.names import PROJECT
from stacks import quotas, refusal
from stacks.refusal import Location
from stacks.sections.section import Problem, Section
from stacks.settings import Settings
from stacks.settings_error import SettingsError

REGION_KEY = "aws:region"

_PREFIX = f"{PROJECT}:"
_LISTED_KEY = re.compile(r"[A-Za-z][\w.-]*\[\d+\][\w.\[\]-]*")
"""A key with an index in it, as rules name other keys."""


def parse(source: str, config: Mapping[str, Any]) -> Settings:
    """The settings among `config`'s fully named keys (`aws-vpn:network`, `aws:region`).

    Raises:
        SettingsError: the settings are wrong.
    """
    data = {key.removeprefix(_PREFIX): value for key, value in config.items() if key.startswith(_PREFIX)}
    data["region"] = config.get(REGION_KEY)
    attempt = _Attempt(data)
    settings = attempt.validated()
    problems = attempt.problems
    refused = tuple(problem.key for problem in problems)
    rules = _section_problems(attempt.data) if settings is None else _all_problems(settings)
    placed = [attempt.as_written(rule) for rule in rules]
    problems.extend(rule for rule in placed if not _is_told(rule, refused))
    if problems or settings is None:
        raise SettingsError(source, [_with_full_key(problem) for problem in problems])
    return settings


class _Attempt:
    """Rounds of validation over `data`, which loses in each round what was refused.

    `removed` holds the places, as written, that were taken out so far.
    """

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.removed: set[Location] = set()
        self.problems: list[Problem] = []

    def validated(self) -> Settings | None:
        """Settings from what is valid; None when what is left is too little."""
        reported: set[Location] = set()
        while True:
            try:
                return Settings.model_validate(self.data, by_alias=True, by_name=False)
            except ValidationError as error:
                details = error.errors(include_url=False)
                places = {self._original(refusal.written(detail, self.data)) for detail in details}
                causes = [detail for detail in details if not self._is_consequence(detail, places | reported)]
                for detail in causes:
                    place = self._original(refusal.written(detail, self.data))
                    if place not in reported:
                        found = refusal.problem(detail, self.data)
                        self.problems.append(Problem(refusal.key(place), found.value, found.right))
                reported |= places
                if not self._prune({refusal.written(detail, self.data) for detail in causes or details}):
                    return None

    def as_written(self, rule: Problem) -> Problem:
        """A rule's problem, found in what is left, with the keys of the text."""
        section = re.split(r"[.\[]", rule.key, maxsplit=1)[0]

        def translated(match: re.Match[str]) -> str:
            named = match.group()
            is_whole = re.split(r"[.\[]", named, maxsplit=1)[0] in self.data
            return self._key(named) if is_whole else self._key(f"{section}.{named}").partition(".")[2]

        return Problem(self._key(rule.key), rule.value, _LISTED_KEY.sub(translated, rule.right))

    def _key(self, text: str) -> str:
        """`sites[0].name`, found in what is left, as it is in the text."""
        pieces = re.split(r"\[(\d+)\]", text)
        place = tuple(int(piece) if i % 2 else piece for i, piece in enumerate(pieces))
        whole = ""
        done: list[str | int] = []
        for step in place:
            if isinstance(step, int):
                original = self._original((*done, step))[-1]
                whole += f"[{original}]"
                done.append(step)
            else:
                whole += step
                done.extend(part for part in step.split(".") if part)
        return whole

    def _original(self, place: Location) -> Location:
        """A place in what is left, as it was written: each index counts what was taken out before it."""
        original: Location = ()
        for step in place:
            at = step
            if isinstance(at, int):
                gone = [taken[-1] for taken in self.removed if taken[:-1] == original]
                for index in sorted(index for index in gone if isinstance(index, int)):
                    at += index <= at
            original = (*original, at)
        return original

    def _is_consequence(self, detail: ErrorDetails, known: set[Location]) -> bool:
        """Whether an error only says that something is missing where a value inside it was refused."""
        place = self._original(refusal.written(detail, self.data))
        return detail["type"] in ("missing", "too_short", "two", "none") and any(
            len(inner) > len(place) and inner[: len(place)] == place for inner in known
        )

    def _prune(self, places: set[Location]) -> bool:
        """Take the places out; one that is not there takes its container with it. Whether any was there."""
        copy = json.loads(json.dumps(self.data, default=str))
        doomed = {place if _exists(copy, place) else place[:-1] for place in places} - {()}
        taken = {self._original(place) for place in doomed}
        for place in sorted(doomed, key=_removal_order):
            if _exists(copy, place):
                del _at(copy, place[:-1])[place[-1]]
        is_changed = copy != self.data
        self.data, self.removed = copy, self.removed | taken
        return is_changed


def _all_problems(settings: Settings) -> Iterator[Problem]:
    yield from settings.problems()
    yield from quotas.problems(settings)


def _is_told(rule: Problem, refused: tuple[str, ...]) -> bool:
    """Whether a rule only misses what was there, was refused, and was therefore taken out."""
    return rule.value is None and any(key == rule.key or key.startswith(f"{rule.key}.") for key in refused)


def _section_problems(data: dict[str, Any]) -> Iterator[Problem]:
    """The rules within those sections that can be read, when the settings as a whole cannot."""
    for name, field in Settings.model_fields.items():
        key = field.alias or name
        adapter = TypeAdapter[Any](cast("Any", field.annotation))
        try:
            value: Any = adapter.validate_python(data.get(key), by_alias=True, by_name=False)
        except ValidationError:
            continue
        if isinstance(value, Section):
            yield from (problem.under(key) for problem in value.problems())
        elif isinstance(value, tuple):
            for i, part in enumerate(cast("tuple[Section, ...]", value)):
                yield from (problem.under(f"{key}[{i}]") for problem in part.problems())


def _removal_order(place: Location) -> tuple[int, list[int]]:
    return -len(place), [-step if isinstance(step, int) else 0 for step in place]


def _exists(data: Any, place: Location) -> bool:
    try:
        _at(data, place)
    except (KeyError, IndexError, TypeError):
        return False
    return True


def _at(data: Any, place: Location) -> Any:
    for step in place:
        data = data[step]
    return data


def _with_full_key(problem: Problem) -> Problem:
    full = REGION_KEY if problem.key == "region" else f"{_PREFIX}{problem.key}"
    return Problem(full if problem.key else "", problem.value, problem.right)
