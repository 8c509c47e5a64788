"""Reading settings out of a stack file or the engine's configuration, with every problem told at once."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast, get_args

import yaml
from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from model.errors import AwsVpnError
from model.names import PROJECT
from stacks.sections.section import Problem, Section
from stacks.settings import Settings

REGION_KEY = "aws:region"
SECRET_KEYS = frozenset({"presharedKey"})

_MISPLACED = frozenset({"extra_forbidden", "model_type", "model_attributes_type"})
"""Errors whose value is never shown: under a misspelt key, or in place of a section, it may be a secret."""

Location = tuple[str | int, ...]
_RIGHT_BY_TYPE = {
    "missing": "a value; this key is required",
    "too_short": "at least {min_length} items",
    "too_long": "at most {max_length} items",
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
    "string_pattern_mismatch": "text that matches {pattern}",
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
    "literal_error": "{expected}",
    "tuple_type": "a list",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
}


class Unshown:
    """Stands for a value in a problem that is not to be shown."""

    def __str__(self) -> str:
        return "(not shown)"


class SettingsError(AwsVpnError):
    """Settings that cannot be used, a line each: file, key, value, and what would be right."""

    def __init__(self, source: str, problems: list[Problem]) -> None:
        self.source = source
        self.problems = problems
        super().__init__("\n".join(f"{source}: {_sentence(problem)}" for problem in problems))


def read_stack_file(path: Path) -> Settings:
    """The settings in one stack file.

    Encrypted values (`secure:`) are left out: they are not needed to know a stack's addresses.

    Raises:
        SettingsError: the file is no stack file, or its settings are wrong.
    """
    source = f"{path.parent.name}/{path.name}"
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        config = document["config"]
        values = {str(key): _without_encrypted(value) for key, value in config.items()}
    except OSError as error:
        raise SettingsError(source, [Problem("", None, f"a readable file: {error.strerror}")]) from None
    except yaml.YAMLError as error:
        raise SettingsError(source, [Problem("", None, f"YAML: {' '.join(str(error).split())}")]) from None
    except (TypeError, KeyError, AttributeError, RecursionError):
        raise SettingsError(source, [Problem("config", None, "a mapping of keys to values")]) from None
    return parse(source, values)


def read_engine_config(stack: str, config: Mapping[str, str]) -> Settings:
    """The settings as the engine hands them to the program, where structured values are JSON.

    Raises:
        SettingsError: the settings are wrong.
    """
    return parse(stack_file_name(stack), {key: _from_json(value) for key, value in config.items()})


def stack_file_name(stack: str) -> str:
    """A stack's file, as a user in the project's folder would write it."""
    return f"stacks/Pulumi.{stack}.yaml"


def parse(source: str, config: Mapping[str, Any]) -> Settings:
    """The settings among `config`'s fully named keys (`aws-vpn:network`, `aws:region`).

    Raises:
        SettingsError: the settings are wrong.
    """
    prefix = f"{PROJECT}:"
    data = {key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)}
    data["region"] = config.get(REGION_KEY)
    problems: list[Problem] = []
    settings, data = _validated(data, problems)
    refused = tuple(problem.key for problem in problems)
    rules = _section_problems(data) if settings is None else settings.problems()
    problems.extend(rule for rule in rules if not _is_told(rule, refused))
    if problems or settings is None:
        raise SettingsError(source, [_with_full_key(problem) for problem in problems])
    return settings


def _is_told(rule: Problem, refused: tuple[str, ...]) -> bool:
    """Whether a rule only misses what was there, was refused, and was therefore taken out."""
    return rule.value is None and any(key == rule.key or key.startswith(f"{rule.key}.") for key in refused)


def _validated(data: dict[str, Any], problems: list[Problem]) -> tuple[Settings | None, dict[str, Any]]:
    """Settings from what is valid in `data`, and that part of it.

    Whatever is wrong is noted, taken out, and the rest tried again, so that one wrong value does not hide the
    rules between the others.
    """
    reported: set[Location] = set()
    while True:
        try:
            return Settings.model_validate(data), data
        except ValidationError as error:
            places = {_written(detail, data) for detail in error.errors(include_url=False)}
            causes = [
                detail
                for detail in error.errors(include_url=False)
                if not _is_consequence(detail, _written(detail, data), places | reported)
            ]
            problems.extend(
                _problem(detail, data) for detail in causes if _written(detail, data) not in reported
            )
            reported |= places
            pruned = _pruned(data, [_written(detail, data) for detail in causes] or [*places])
            if pruned == data:
                return None, data
            data = pruned


def _section_problems(data: dict[str, Any]) -> Iterator[Problem]:
    """The rules within those sections that can be read, when the settings as a whole cannot."""
    for name, field in Settings.model_fields.items():
        key = field.alias or name
        try:
            value: Any = TypeAdapter[Any](cast("Any", field.annotation)).validate_python(data.get(key))
        except ValidationError:
            continue
        if isinstance(value, Section):
            yield from (problem.under(key) for problem in value.problems())
        elif isinstance(value, tuple):
            for i, part in enumerate(cast("tuple[Section, ...]", value)):
                yield from (problem.under(f"{key}[{i}]") for problem in part.problems())


def _written(detail: ErrorDetails, data: Any) -> Location:
    """Where an error is in the text: pydantic's location without the steps that stand for its own types."""
    place: list[str | int] = []
    for step in detail["loc"]:
        if isinstance(data, Mapping):
            branch = cast("Mapping[str, Any]", data)
            if step not in branch and step is not detail["loc"][-1]:
                continue
            if step == "[key]":
                continue
            place.append(step)
            data = branch.get(str(step))
        elif isinstance(data, list) and isinstance(step, int) and step < len(cast("list[Any]", data)):
            place.append(step)
            data = cast("list[Any]", data)[step]
    return tuple(place)


def _is_consequence(detail: ErrorDetails, place: Location, known: set[Location]) -> bool:
    """Whether an error only says that something is missing where a value inside it was refused."""
    return detail["type"] in ("missing", "too_short") and any(
        len(inner) > len(place) and inner[: len(place)] == place for inner in known
    )


def _pruned(data: Any, places: list[Location]) -> Any:
    """`data` without the given places; a place that is not there takes its container with it."""
    copy = json.loads(json.dumps(data, default=str))
    doomed = {place if _exists(copy, place) else place[:-1] for place in places}
    for place in sorted(doomed, key=_removal_order):
        if place and _exists(copy, place):
            del _at(copy, place[:-1])[place[-1]]
    return copy


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


def _problem(detail: ErrorDetails, data: Any) -> Problem:
    place = _written(detail, data)
    value = None if detail["type"] == "missing" else detail["input"]
    if detail["type"] in _MISPLACED and isinstance(value, str | int | float):
        value = Unshown()
    return Problem(_key(place), value, _right(detail, place))


def _right(detail: ErrorDetails, place: Location) -> str:
    if detail["type"] == "extra_forbidden":
        return _known_key(str(place[-1]), _known_keys(place[:-1]))
    template = _RIGHT_BY_TYPE.get(detail["type"], detail["msg"])
    context: dict[str, Any] = detail.get("ctx", {})
    return template.format(**context) if detail["type"] in _RIGHT_BY_TYPE else template


def _known_key(unknown: str, known: list[str]) -> str:
    close = difflib.get_close_matches(unknown, known, n=1)
    return f"{close[0]}?" if close else f"one of {', '.join(known)}"


def _known_keys(place: Location) -> list[str]:
    model: type[BaseModel] = Settings
    for step in place:
        if isinstance(step, str):
            model = next(
                (
                    inner
                    for field in model.model_fields.values()
                    if field.alias == step
                    for inner in _models(field.annotation)
                ),
                model,
            )
    return [field.alias or name for name, field in model.model_fields.items()]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _key(place: Location) -> str:
    text = ""
    for step in place:
        text += f"[{step}]" if isinstance(step, int) else f"{'.' if text else ''}{step}"
    return text


def _with_full_key(problem: Problem) -> Problem:
    full = REGION_KEY if problem.key == "region" else f"{PROJECT}:{problem.key}"
    return Problem(full if problem.key else "", problem.value, problem.right)


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


def _shown(value: Any) -> str:
    if isinstance(value, dict | list | tuple):
        return f"({type(cast('object', value)).__name__})".replace("dict", "mapping")
    text = json.dumps(value) if isinstance(value, bool | int | float) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


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
