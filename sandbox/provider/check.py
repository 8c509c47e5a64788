"""Whether a resource's inputs are right, before anything is asked of the cloud."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sandbox.provider.constraints import json_document, member, violations
from sandbox.provider.table import Kind, Property, ResourceType
from sandbox.provider.values import Unknown, Values

_TYPES: dict[Kind, tuple[type, ...]] = {
    Kind.TEXT: (str,),
    Kind.DOCUMENT: (str,),
    Kind.NUMBER: (int, float),
    Kind.FLAG: (bool,),
    Kind.LIST: (list,),
    Kind.SET: (list,),
    Kind.MAP: (dict,),
    Kind.OBJECT: (dict,),
}


@dataclass(frozen=True)
class Problem:
    """A property that is wrong, and why, in words for the user."""

    path: str
    reason: str


def problems(kind: ResourceType, inputs: Values) -> Iterator[Problem]:
    """Everything that is wrong with a resource's inputs."""
    found = tuple(_object_problems(kind, "", kind.inputs, inputs))
    yield from found
    yield from _tag_problems(inputs.get("tags"))
    if not found:
        for path, wanted in kind.problems(inputs):
            yield Problem(path, f"{kind.typename}: {path}: {wanted}")


def _object_problems(
    kind: ResourceType, under: str, properties: Sequence[Property], given: Values
) -> Iterator[Problem]:
    by_name = {one.name: one for one in properties}
    for name, value in given.items():
        if name in by_name:
            if value is not None:
                yield from _value_problems(kind, f"{under}{name}", by_name[name], value)
        elif not name.startswith("__"):
            yield Problem(under + name, _unknown_property(kind, under + name, name, by_name))
    for one in properties:
        if one.required and given.get(one.name) is None:
            yield Problem(under + one.name, f"{kind.typename} needs {under}{one.name}")


def _unknown_property(kind: ResourceType, path: str, name: str, known: dict[str, Property]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"{kind.typename} has no input {path} in the sandbox{hint}"


def _value_problems(kind: ResourceType, path: str, one: Property, value: Any) -> Iterator[Problem]:
    if isinstance(value, Unknown):
        return
    if not _is_a(one.kind, value):
        yield Problem(path, f"{kind.typename}: {path} must be {one.kind.value}{_shown(one, value)}")
        return
    for wanted in _wanted(kind, one, value):
        yield Problem(path, f"{kind.typename}: {path} must be {wanted}{_shown(one, value)}")
    if one.kind is Kind.OBJECT:
        yield from _object_problems(kind, f"{path}.", one.fields, value)
    elif one.kind in (Kind.LIST, Kind.SET):
        yield from _element_problems(kind, path, one, value)
    elif one.kind is Kind.MAP:
        for key, item in value.items():
            if not _is_a(Kind.TEXT, item):
                yield Problem(f"{path}.{key}", f"{kind.typename}: {path}.{key} must be a string")


def _element_problems(kind: ResourceType, path: str, one: Property, value: list[Any]) -> Iterator[Problem]:
    for i, item in enumerate(value):
        here = f"{path}[{i}]"
        if not _is_a(one.element, item):
            yield Problem(here, f"{kind.typename}: {here} must be {one.element.value}{_shown(one, item)}")
        elif one.element is Kind.OBJECT and not isinstance(item, Unknown):
            yield from _object_problems(kind, f"{here}.", one.fields, item)


def _wanted(kind: ResourceType, one: Property, value: Any) -> Iterator[str]:
    if one.kind is Kind.DOCUMENT and (wanted := json_document(value)):
        yield wanted
    if one.rule:
        items = cast("list[Any]", value) if isinstance(value, list) else [value]
        found = [one.rule(item) for item in items if not isinstance(item, Unknown)]
        yield from dict.fromkeys(wanted for wanted in found if wanted)
    if one.aws:
        yield from dict.fromkeys(violations(member(kind.service, kind.creator, one.aws), value))


def _is_a(kind: Kind, value: Any) -> bool:
    if isinstance(value, Unknown):
        return True
    if isinstance(value, bool):
        return kind is Kind.FLAG
    return isinstance(value, _TYPES[kind])


def _shown(one: Property, value: Any) -> str:
    return "" if one.secret else f", not {value!r}"


def _tag_problems(tags: Any) -> Iterator[Problem]:
    """AWS's limits on tags (Tag your Amazon EC2 resources, tag restrictions)."""
    if not isinstance(tags, dict):
        return
    given = cast("dict[str, Any]", tags)
    if len(given) > 50:
        yield Problem("tags", f"tags must be at most 50, not {len(given)}")
    for key, value in given.items():
        if not 1 <= len(key) <= 128 or key.startswith("aws:"):
            yield Problem(f"tags.{key}", "a tag's key must have 1 to 128 characters and not start with aws:")
        if isinstance(value, str) and len(value) > 256:
            yield Problem(f"tags.{key}", "a tag's value must have at most 256 characters")
