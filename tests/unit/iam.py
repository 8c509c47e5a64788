"""Evaluates an IAM policy document as AWS documents it ("Policy evaluation logic"), for Allow statements.

A statement applies when an action, a resource and every condition match. Whatever nothing allows is denied.
Conditions other than StringEquals, and statements other than Allow, are refused rather than guessed at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any


class Policy:
    """The statements of one or more policy documents of a role."""

    def __init__(self, *documents: str) -> None:
        self.statements: list[dict[str, Any]] = [
            statement for document in documents for statement in json.loads(document)["Statement"]
        ]

    def allows(self, action: str, *resources: str, **context: str) -> bool:
        """Whether the call is allowed on each of its resources (`*` for a call that knows none).

        `context` holds the condition keys of the request, with `__` for the colon: `ec2__Region="eu-west-1"`.
        """
        keys = {key.replace("__", ":"): value for key, value in context.items()}
        return all(
            any(_applies(statement, action, resource, keys) for statement in self.statements)
            for resource in resources or ("*",)
        )


def _applies(statement: Mapping[str, Any], action: str, resource: str, keys: Mapping[str, str]) -> bool:
    assert statement["Effect"] == "Allow"
    assert not {"NotAction", "NotResource", "NotPrincipal"} & statement.keys()
    return (
        any(fnmatchcase(action.lower(), pattern.lower()) for pattern in _listed(statement["Action"]))
        and any(fnmatchcase(resource, pattern) for pattern in _listed(statement["Resource"]))
        and _conditions_hold(statement.get("Condition", {}), keys)
    )


def _conditions_hold(conditions: Mapping[str, Mapping[str, Any]], keys: Mapping[str, str]) -> bool:
    assert set(conditions) <= {"StringEquals"}, conditions
    return all(
        keys.get(key) in _listed(allowed) for key, allowed in conditions.get("StringEquals", {}).items()
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
