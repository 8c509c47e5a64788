"""What AWS allows: botocore's service model, and rules that AWS documents beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from typing import Any, cast

import botocore.loaders
from botocore.model import ServiceModel, Shape

from sandbox.provider.table import Rule
from sandbox.provider.values import has_unknown


@cache
def service_model(service: str) -> ServiceModel:
    """A service's model, from the data that botocore carries."""
    description = botocore.loaders.Loader().load_service_model(service, "service-2")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return ServiceModel(description, service)  # pyright: ignore[reportUnknownArgumentType]


@cache
def member(service: str, operation: str, path: str) -> Shape:
    """The shape of a member of an operation's input; `path` is dotted, and `[]` is a list's element."""
    shape: Any = service_model(service).operation_model(operation).input_shape
    for part in path.split("."):
        shape = shape.member if part == "[]" else shape.members[part]
    return shape


def violations(shape: Shape, value: Any) -> Iterator[str]:
    """What would be right instead of a plain value that a shape does not allow."""
    if has_unknown(value):
        return
    if shape.type_name == "string":
        yield from _text_violations(shape, str(value))
    elif shape.type_name in ("integer", "long", "float", "double") and isinstance(value, int | float):
        yield from _range_violations(shape, value, "a number")
    elif shape.type_name == "list" and isinstance(value, list):
        items = cast("list[Any]", value)
        yield from _range_violations(shape, len(items), "a number of elements")
        for item in items:
            yield from violations(shape.member, item)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]


def _text_violations(shape: Shape, value: str) -> Iterator[str]:
    allowed: list[str] = getattr(shape, "enum", [])
    if allowed and value not in allowed:
        yield f"one of {', '.join(allowed)}"
    yield from _range_violations(shape, len(value), "a length")
    pattern = str(shape.metadata.get("pattern", ""))
    if pattern and not _matches(pattern, value):
        yield f"a string that matches {pattern}"


def _matches(pattern: str, value: str) -> bool:
    """Whether a value matches a pattern of the model. Those that Python cannot compile constrain nothing."""
    try:
        return re.fullmatch(_java_to_python(pattern), value) is not None
    except re.error:
        return True


def _java_to_python(pattern: str) -> str:
    return re.sub(r"\\p\{[^}]+\}", r"\\w\\s", pattern).replace(r"\x{", r"\u{")


def _range_violations(shape: Shape, amount: float, noun: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and amount < low:
        yield f"{noun} of at least {low}"
    if high is not None and amount > high:
        yield f"{noun} of at most {high}"


def ipv4_cidr(shortest: int = 0, longest: int = 32) -> Rule:
    """An IPv4 block without host bits, its prefix length in a range."""

    def rule(value: Any) -> str | None:
        wanted = f"an IPv4 CIDR block of /{shortest} to /{longest}, without host bits"
        try:
            return None if shortest <= IPv4Network(str(value)).prefixlen <= longest else wanted
        except ValueError:
            return wanted

    return rule


def ipv6_cidr(value: Any) -> str | None:
    """An IPv6 block without host bits."""
    try:
        IPv6Network(str(value))
    except ValueError:
        return "an IPv6 CIDR block without host bits"
    return None


def ipv4_address(value: Any) -> str | None:
    """An IPv4 address."""
    try:
        IPv4Address(str(value))
    except ValueError:
        return "an IPv4 address"
    return None


def between(low: int, high: int) -> Rule:
    """A number, also one in a string, from `low` to `high`."""

    def rule(value: Any) -> str | None:
        text = str(value)
        return None if text.isdecimal() and low <= int(text) <= high else f"a number from {low} to {high}"

    return rule


def one_of(*allowed: str | int) -> Rule:
    """One of a few values."""

    def rule(value: Any) -> str | None:
        return None if value in allowed else f"one of {', '.join(str(one) for one in allowed)}"

    return rule


def matching(pattern: str, wanted: str) -> Rule:
    """A string of which all matches `pattern`."""

    def rule(value: Any) -> str | None:
        return None if re.fullmatch(pattern, str(value)) else wanted

    return rule


def json_document(value: Any) -> str | None:
    """A JSON object in a string."""
    try:
        return None if isinstance(json.loads(str(value)), dict) else "a JSON object"
    except ValueError:
        return "a JSON object"


def arn(service: str, resource: str = ".+") -> Rule:
    """The ARN of a resource of a service; `resource` is a pattern of its last part."""
    return matching(
        rf"arn:aws[a-z-]*:{service}:[a-z0-9-]*:(\d{{12}}|aws)?:{resource}", f"an ARN of {service}"
    )


def identifier(prefix: str) -> Rule:
    """An EC2 id, such as vpc-0123456789abcdef0."""
    return matching(rf"{prefix}-[0-9a-f]{{8,17}}", f"an id that starts with {prefix}-")
