"""Whether policy documents allow a request.

Rules: "Policy evaluation logic", "IAM JSON policy elements: Resource", "...: Condition operators" and
"Multivalued context keys" of the IAM user guide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any, cast


class Verdict(Enum):
    """What documents say together."""

    ALLOWED = "allowed"
    NOT_ALLOWED = "implicitDeny"
    DENIED = "explicitDeny"


@dataclass(frozen=True)
class Request:
    """One action on one resource. `context` has the values of condition keys, by small letters.

    `service` is the principal of a request that a service of AWS makes, such as logs.amazonaws.com.
    """

    action: str
    resource: str
    context: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    service: str | None = None


def decide(documents: Iterable[str], request: Request) -> Verdict:
    """An explicit denial counts before everything, then any permission.

    Raises:
        ValueError: a document is none, or has an operator or element that is not known here.
    """
    verdict = Verdict.NOT_ALLOWED
    for document in documents:
        for statement in parsed(document):
            if _applies(statement, request):
                if statement["Effect"] == "Deny":
                    return Verdict.DENIED
                verdict = Verdict.ALLOWED
    return verdict


@cache
def parsed(document: str) -> tuple[dict[str, Any], ...]:
    """The statements of a document.

    Raises:
        ValueError: it is none, or has an element that is not known here.
    """
    statements: Any = json.loads(document)["Statement"]
    found = cast("list[dict[str, Any]]", statements if isinstance(statements, list) else [statements])
    known = {"Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
    for statement in found:
        if statement.keys() - known:
            raise ValueError(f"elements {', '.join(statement.keys() - known)} are not known")
    return tuple(found)


def _applies(statement: Mapping[str, Any], request: Request) -> bool:
    return (
        _principal_matches(statement.get("Principal"), request)
        and _listed(statement, "Action", request.action, ignore_case=True)
        and _listed(statement, "Resource", request.resource, ignore_case=False)
        and all(
            _condition_holds(operator, key.lower(), _texts(values), request.context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _principal_matches(principal: Any, request: Request) -> bool:
    """An identity's policy has no principal; a resource's names the services that it lets in."""
    if principal is None:
        return request.service is None
    if request.service is None or not isinstance(principal, Mapping):
        return False
    return request.service in _texts(cast("Mapping[str, Any]", principal).get("Service", []))


def _listed(statement: Mapping[str, Any], element: str, value: str, *, ignore_case: bool) -> bool:
    if f"Not{element}" in statement:
        return not any(like(one, value, ignore_case) for one in _texts(statement[f"Not{element}"]))
    return any(like(one, value, ignore_case) for one in _texts(statement.get(element, [])))


@cache
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    parts = ({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in re.split(r"([*?])", pattern))
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def like(pattern: str, value: str, ignore_case: bool = False) -> bool:
    """Whether a value matches a pattern in which `*` is any text and `?` any character."""
    return _compiled(pattern, ignore_case).fullmatch(value) is not None


_TESTS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, value: wanted == value,
    "StringEqualsIgnoreCase": lambda wanted, value: wanted.lower() == value.lower(),
    "StringLike": like,
    "ArnEquals": like,
    "ArnLike": like,
    "Bool": lambda wanted, value: wanted.lower() == value.lower(),
    "NumericEquals": lambda wanted, value: float(value) == float(wanted),
    "NumericLessThanEquals": lambda wanted, value: float(value) <= float(wanted),
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnLike",
    "ArnNotLike": "ArnLike",
}


def _condition_holds(
    operator: str, key: str, wanted: Sequence[str], context: Mapping[str, Sequence[str]]
) -> bool:
    values = context.get(key)
    if operator == "Null":
        return (values is None) == (wanted[0].lower() == "true")
    quantifier, _, rest = operator.rpartition(":")
    base = rest.removesuffix("IfExists")
    if values is None:
        absent_is_right = base in _NEGATED or base != rest
        return quantifier == "ForAllValues" or (absent_is_right and quantifier != "ForAnyValue")
    negated = base in _NEGATED
    name = _NEGATED.get(base, base)
    if name not in _TESTS:
        raise ValueError(f"the condition operator {operator} is not known")
    held = (any(_TESTS[name](one, value) for one in wanted) != negated for value in values)
    return all(held) if quantifier == "ForAllValues" else any(held)


def _texts(value: Any) -> list[str]:
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in _each(value)]


def _each(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        yield from cast("Sequence[Any]", value)
    else:
        yield value
