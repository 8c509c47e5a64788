"""Nested properties in the form in which AWS takes and describes them, by the paths in their declarations.

The path of a nested property starts with its parent's: `Data.Disks` holds `Data.Disks.[].Size`, as a block of
`Data.Options` holds `Data.Options.Speed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.provider.arguments import tag_list, tag_map
from sandbox.provider.constraints import member
from sandbox.provider.table import Kind, Property, ResourceType
from sandbox.provider.values import Values


def encode(kind: ResourceType, properties: Sequence[Property], values: Values, base: str) -> Values:
    """Values, or their defaults, as members of the structure at `base`."""
    found: Values = {}
    for one in properties:
        value = values.get(one.name, one.implied if one.default is None else one.default)
        if value is not None and one.aws:
            _put(found, _relative(one, base), _encoded(kind, one, value))
    return found


def decode(kind: ResourceType, properties: Sequence[Property], described: Values, base: str) -> Values:
    """The values that a description of the structure at `base` has."""
    found: Values = {}
    for one in properties:
        value = _get(described, _relative(one, base)) if one.aws else None
        if value is not None:
            found[one.name] = _decoded(kind, one, value)
    return found


def _relative(one: Property, base: str) -> list[str]:
    return one.aws.removeprefix(f"{base}.").split(".")


def _encoded(kind: ResourceType, one: Property, value: Any) -> Any:
    if one.kind is Kind.OBJECT:
        return encode(kind, one.fields, value, one.aws)
    if one.element is Kind.OBJECT:
        return [encode(kind, one.fields, item, f"{one.aws}.[]") for item in value]
    if one.kind is Kind.MAP:
        return tag_list(value)
    if one.kind is Kind.TEXT and member(kind.service, kind.creator, one.aws).type_name == "boolean":
        return value == "true"
    return value


def _decoded(kind: ResourceType, one: Property, value: Any) -> Any:
    if one.kind is Kind.OBJECT:
        return decode(kind, one.fields, value, one.aws)
    if one.element is Kind.OBJECT:
        return [decode(kind, one.fields, item, f"{one.aws}.[]") for item in value]
    if one.kind is Kind.MAP:
        return tag_map(value)
    if one.kind is Kind.TEXT and isinstance(value, bool):
        return str(value).lower()
    return value


def _put(into: Values, path: list[str], value: Any) -> None:
    for part in path[:-1]:
        into = into.setdefault(part, {})
    into[path[-1]] = value


def _get(described: Values, path: list[str]) -> Any:
    value: Any = described
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return value  # pyright: ignore[reportUnknownVariableType]
