"""Property values as plain Python, and back.

The SDK's `PropertyValue` leaves the engine's marks for values that are not known yet as strings. Here such a
value is `UNKNOWN`, whole numbers are `int`, and everything else is `str`, `bool`, `float`, `list` or `dict`.
Secretness is kept per top-level property, as the official provider does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from pulumi.provider.experimental.property_value import PropertyValue, PythonValue
from pulumi.runtime import rpc

Values = dict[str, Any]


class Unknown:
    """A value that is only known after the update: the type of `UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()

_MARKS = frozenset(
    (
        rpc.UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    )
)
"""The engine's marks for unknown strings, flags, numbers, arrays and objects (its plugin package)."""


def plain(value: PropertyValue) -> Any:
    """A property value without marks of secrets and dependencies."""
    inner = value.value
    if isinstance(inner, str):
        return UNKNOWN if inner in _MARKS else inner
    if isinstance(inner, float) and inner.is_integer():
        return int(inner)
    if isinstance(inner, Mapping):
        return {key: plain(item) for key, item in inner.items()}
    if isinstance(inner, Sequence):
        return [plain(item) for item in inner]
    return inner


def plain_map(values: Mapping[str, PropertyValue]) -> Values:
    """The properties that are given, without marks; a null counts as not given."""
    found = {key: plain(value) for key, value in values.items()}
    return {key: value for key, value in found.items() if value is not None}


def secrets_in(values: Mapping[str, PropertyValue]) -> frozenset[str]:
    """The names of the properties that are secret or hold a secret."""
    return frozenset(key for key, value in values.items() if value.contains_secret())


def marked(value: Any) -> PropertyValue:
    """A plain value as the SDK wants it."""
    return PropertyValue(_marked(value))


def _marked(value: Any) -> PythonValue:
    if isinstance(value, Unknown):
        return rpc.UNKNOWN
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return float(value)
    if isinstance(value, Mapping):
        return {str(key): marked(item) for key, item in value.items() if item is not None}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list | tuple | set | frozenset):
        return [marked(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def marked_map(values: Mapping[str, Any], secrets: Collection[str] = ()) -> dict[str, PropertyValue]:
    """Plain properties as the SDK wants them, those named in `secrets` as secrets."""
    return {
        key: marked(value).with_secret(key in secrets) for key, value in values.items() if value is not None
    }


def part(values: Values, name: str) -> Values:
    """The object under a name; an empty one when there is none."""
    return values.get(name) or {}


def parts(values: Values, name: str) -> list[Values]:
    """The objects under a name; none when there are none."""
    return values.get(name) or []


def has_unknown(value: Any) -> bool:
    """Whether a value, or anything in it, is not known yet."""
    if isinstance(value, Unknown):
        return True
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)  # pyright: ignore[reportUnknownVariableType]
    return False
