"""Pydantic's errors in the words of a stack file: the key as written, and what would be right there."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, cast, get_args

from pydantic import BaseModel
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from stacks.sections.section import Problem
from stacks.settings import Settings
from stacks.settings_error import Unshown

Location = tuple[str | int, ...]

_MISPLACED = frozenset({"extra_forbidden", "model_type", "model_attributes_type"})
"""Errors whose value is never shown: under a misspelt key, or in place of a section, it may be a secret."""

_RIGHT_BY_TYPE = {
    "missing": "a value; this key is required",
    "too_short": "at least {min_length} of them",
    "too_long": "at most {max_length} of them",
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
    "string_pattern_mismatch": "text that matches {pattern}",
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "int_from_float": "a whole number",
    "finite_number": "a number",
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


def problem(detail: ErrorDetails, data: Any) -> Problem:
    """What pydantic found wrong in `data`."""
    place = written(detail, data)
    value = None if detail["type"] == "missing" else detail["input"]
    if detail["type"] in _MISPLACED and isinstance(value, str | int | float):
        value = Unshown()
    return Problem(key(place), value, _right(detail, place))


def written(detail: ErrorDetails, data: Any) -> Location:
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


def key(place: Location) -> str:
    """A place as people write it: `hardwareVpn.sites[0].name`."""
    text = ""
    for step in place:
        text += f"[{step}]" if isinstance(step, int) else f"{'.' if text else ''}{step}"
    return text


def _right(detail: ErrorDetails, place: Location) -> str:
    if detail["type"] == "extra_forbidden":
        return _known_key(str(place[-1]), _known_keys(place[:-1]))
    if detail["type"] == "string_type" and isinstance(detail["input"], bool | int | float | date):
        return "text, in quotes: without them YAML reads something else than text"
    template = _RIGHT_BY_TYPE.get(detail["type"], detail["msg"])
    context: dict[str, Any] = detail.get("ctx", {})
    return template.format(**context) if detail["type"] in _RIGHT_BY_TYPE else template


def _known_key(unknown: str, known: list[str]) -> str:
    camel = to_camel(unknown)
    close = [camel] if camel in known else difflib.get_close_matches(unknown, known, n=1)
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
