"""How the inputs that a program asks for differ from the state that the cloud has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, cast

from sandbox.provider.table import Change, Kind, Property, ResourceType
from sandbox.provider.values import Values, has_unknown


class Effect(IntEnum):
    """What a difference asks for; the greater includes the lesser."""

    NOTHING = 0
    UPDATE = 1
    REPLACE = 2


def with_defaults(kind: ResourceType, inputs: Values) -> Values:
    """Inputs with the documented defaults of what is not given."""
    defaults = {one.name: one.default for one in kind.inputs if one.default is not None}
    return {**defaults, **{key: value for key, value in inputs.items() if not key.startswith("__")}}


def difference(kind: ResourceType, old: Values, new: Values) -> dict[str, Effect]:
    """The properties that differ, and what each asks for. `new` may carry `tagsAll`."""
    effects = {one.name: _effect(one, new.get(one.name), old.get(one.name)) for one in kind.inputs}
    if (
        kind.tagged
        and "tagsAll" in new
        and _canonical(TAGS_ALL, new["tagsAll"]) != _canonical(TAGS_ALL, old.get("tagsAll"))
    ):
        effects["tagsAll"] = Effect.UPDATE
    changed = {name: effect for name, effect in effects.items() if effect is not Effect.NOTHING}
    replacing = kind.replaced_by(Change(old, new, frozenset(changed)))
    return {name: Effect.REPLACE if name in replacing else effect for name, effect in changed.items()}


TAGS_ALL = Property("tagsAll", Kind.MAP)


def same(one: Property, new: Any, old: Any) -> bool:
    """Whether two values of a property mean the same to AWS."""
    return _effect(one, new, old) is Effect.NOTHING


def _effect(one: Property, new: Any, old: Any) -> Effect:
    asked = one.default if new is None else new
    if asked is None and one.computed:
        return Effect.NOTHING
    if not asked and _is_implied(one, old):
        return Effect.NOTHING
    if one.kind is Kind.OBJECT and not has_unknown(asked):
        return _object_effect(one, asked, old)
    if not has_unknown(asked) and _canonical(one, asked) == _canonical(one, old):
        return Effect.NOTHING
    return Effect.REPLACE if one.force_new else Effect.UPDATE


def _is_implied(one: Property, old: Any) -> bool:
    """Whether a value is what AWS has when none is asked for."""
    return one.implied is not None and (not old or _canonical(one, old) == _canonical(one, one.implied))


def _object_effect(one: Property, new: Values | None, old: Values | None) -> Effect:
    if not new and not old:
        return Effect.NOTHING
    inner = max(
        (_effect(field, (new or {}).get(field.name), _before(field, old)) for field in one.fields),
        default=Effect.NOTHING,
    )
    return Effect.REPLACE if one.force_new and inner is not Effect.NOTHING else inner


def _before(field: Property, old: Values | None) -> Any:
    """A field of the state; an object that is there has the defaults of what it does not say."""
    found = (old or {}).get(field.name)
    return field.default if found is None and old else found


def _canonical(one: Property, value: Any) -> Any:
    """One form for values that AWS does not tell apart: nothing, zero, false and empty are one."""
    if not value:
        return None
    if one.kind is Kind.DOCUMENT:
        return _document(value)
    if one.kind is Kind.OBJECT or (one.element is Kind.OBJECT and isinstance(value, Mapping)):
        given = cast("Mapping[str, Any]", value)
        fields = {field.name: _field(field, given.get(field.name)) for field in one.fields}
        return {name: item for name, item in fields.items() if item is not None} or None
    if one.kind is Kind.MAP:
        return {key: item for key, item in value.items() if item is not None}
    if one.kind is Kind.LIST:
        return [_element(one, item) for item in value]
    if one.kind is Kind.SET:
        return sorted(json.dumps(_element(one, item), sort_keys=True) for item in value)
    return value


def _field(field: Property, value: Any) -> Any:
    return _canonical(field, field.default if value is None else value)


def _element(one: Property, item: Any) -> Any:
    return _canonical(one, item) if one.element is Kind.OBJECT else item


def _document(value: Any) -> Any:
    try:
        return _statement(json.loads(value))
    except ValueError:
        return value


def _statement(value: Any) -> Any:
    """A policy's content: a list of one is its element, lists are sets (IAM JSON policy grammar)."""
    if isinstance(value, dict):
        given = cast("dict[str, Any]", value)
        return {key: _statement(item) for key, item in given.items()}
    if isinstance(value, list):
        items: list[Any] = [_statement(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        return (
            items[0] if len(items) == 1 else sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
        )
    return value
