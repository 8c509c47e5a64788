"""Property values as the engine sends them, with what is unknown and what is secret told apart.

At preview an output that only the cloud can tell arrives as one of Pulumi's sentinel strings. The SDK's
proxies raise when such a value is touched, which ends a policy early and lets the rest pass; here it is a
value like any other, `UNKNOWN`, that a rule has to decide about.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, cast

from google.protobuf.struct_pb2 import Struct, Value
from pulumi_policy import proxy
from pulumi_policy.deserialize import SPECIAL_SECRET_SIG, SPECIAL_SIG_KEY


class Unknown(Enum):
    """The type of `UNKNOWN`."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown.UNKNOWN
"""A value that cannot be known before the resource is made."""

SENTINELS: Final = frozenset(
    {
        proxy.UNKNOWN_BOOLEAN_VALUE,
        proxy.UNKNOWN_NUMBER_VALUE,
        proxy.UNKNOWN_STRING_VALUE,
        proxy.UNKNOWN_ARRAY_VALUE,
        proxy.UNKNOWN_ASSET_VALUE,
        proxy.UNKNOWN_ARCHIVE_VALUE,
        proxy.UNKNOWN_OBJECT_VALUE,
    }
)
"""How the engine writes an unknown value, by the type it will have."""


class Secret:
    """A value that was marked as a secret. It shows itself to nobody who does not ask for `value`."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "(secret)"


def decoded(struct: Struct) -> dict[str, Any]:
    """A resource's properties as plain values, `UNKNOWN` and `Secret`."""
    return {key: _decoded_value(value) for key, value in struct.fields.items()}


def _decoded_value(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if text in SENTINELS else text
    if kind == "struct_value":
        fields = decoded(value.struct_value)
        return Secret(fields.get("value")) if fields.get(SPECIAL_SIG_KEY) == SPECIAL_SECRET_SIG else fields
    if kind == "list_value":
        return [_decoded_value(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return value.bool_value if kind == "bool_value" else None


def plain(value: Any) -> Any:
    """`value` with the marks of secrets taken off, at every depth: to compare with, never to show."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list):
        return [plain(inner) for inner in cast("list[Any]", value)]
    return value


def part(value: Any, key: str) -> Any:
    """A part of an object: None when there is none, and unknown in what is unknown."""
    if isinstance(value, dict):
        return cast("dict[str, Any]", value).get(key)
    return UNKNOWN if value is UNKNOWN else None


def is_secret(value: Any) -> bool:
    """Whether the value, or anything in it, is marked as a secret."""
    if isinstance(value, dict):
        return any(is_secret(inner) for inner in cast("Mapping[str, Any]", value).values())
    if isinstance(value, list):
        return any(is_secret(inner) for inner in cast("list[Any]", value))
    return isinstance(value, Secret)


def has_unknown(value: Any) -> bool:
    """Whether the value, or anything in it, is unknown."""
    if isinstance(value, Secret):
        return has_unknown(value.value)
    if isinstance(value, dict):
        return any(has_unknown(inner) for inner in cast("Mapping[str, Any]", value).values())
    if isinstance(value, list):
        return any(has_unknown(inner) for inner in cast("list[Any]", value))
    return value is UNKNOWN
