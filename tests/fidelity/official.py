"""What the official provider says of its types; `data/official_provider.json` names its source."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.provider.table import Kind, Property

_DOCUMENT = json.loads(
    (Path(__file__).parent / "data" / "official_provider.json").read_text(encoding="utf-8")
)

RESOURCES: dict[str, dict[str, Any]] = _DOCUMENT["resources"]
"""By type: `inputs`, by name, and the names of `outputs`."""

_IN_SCHEMA = {Kind.LIST: "list", Kind.SET: "set"}


@dataclass(frozen=True, order=True)
class Difference:
    """Where a property here is not as it is officially."""

    path: str
    trait: str
    here: str
    official: str


def differences(path: str, properties: tuple[Property, ...], facts: dict[str, Any]) -> Iterator[Difference]:
    """How properties, and those inside them, differ from the official ones of the same names."""
    for one in properties:
        here, fact = f"{path}.{one.name}", facts.get(one.name)
        if fact is None:
            yield Difference(here, "name", "known", "unknown")
            continue
        for trait, mine, theirs in _traits(one, fact):
            if mine != theirs:
                yield Difference(here, trait, str(mine), str(theirs))
        yield from differences(here, one.fields, fact.get("fields", {}))


def _traits(one: Property, fact: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    yield "required", one.required, fact.get("required", False)
    yield "computed", one.computed, fact.get("computed", False)
    yield "replaces", one.force_new, fact.get("force_new", False)
    yield "secret", one.secret, fact.get("sensitive", False)
    yield "default", _text(one.default), _text(fact.get("default"))
    if one.kind in _IN_SCHEMA:
        yield "type", _IN_SCHEMA[one.kind], fact["type"]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
