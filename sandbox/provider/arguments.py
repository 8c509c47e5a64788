"""The arguments of AWS operations, from a resource's inputs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from sandbox.provider.table import Kind, Property
from sandbox.provider.values import Values, part


def arguments(properties: Sequence[Property], inputs: Values) -> Values:
    """What the creating operation is to be given: every input that names its member, nested ones with it.

    Members of list elements (their path has a `[]`) only constrain: each type builds such lists itself.
    """
    found: Values = {}
    for one in properties:
        value = inputs.get(one.name)
        if value is None:
            continue
        if one.kind is Kind.OBJECT:
            _merge(found, arguments(one.fields, value))
        elif one.aws and "[]" not in one.aws:
            _put(found, one.aws.split("."), value)
    return found


def _put(into: Values, path: list[str], value: Any) -> None:
    for step in path[:-1]:
        into = into.setdefault(step, {})
    into[path[-1]] = value


def _merge(into: Values, more: Values) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and key in into:
            _merge(into[key], value)  # pyright: ignore[reportUnknownArgumentType]
        else:
            into[key] = value


def given(**values: Any) -> Values:
    """The arguments that have a value."""
    return {key: value for key, value in values.items() if value is not None}


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Tags as most services take them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tag_map(tags: Iterable[dict[str, str]] | None) -> dict[str, str]:
    """Tags as most services return them, as a map."""
    return {tag["Key"]: tag.get("Value", "") for tag in tags or ()}


def surplus(state: Values, tags: dict[str, str]) -> list[str]:
    """The keys of tags that a resource has and is not to have any more."""
    return [key for key in part(state, "tagsAll") if key not in tags]


def joined_id(prefix: str, *parts: str) -> str:
    """The id of something that AWS has no id for, made of what identifies it."""
    return f"{prefix}-{hashlib.sha256(','.join(parts).encode()).hexdigest()[:10]}"
