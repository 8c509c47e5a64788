"""What the program asks for, in all stacks: nothing that the official provider does not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from labs.recorded_environment import environment, settings_of
from tests.fidelity.official import RESOURCES


def _unknown(path: str, given: Mapping[str, Any], facts: Mapping[str, Any]) -> Iterator[str]:
    for name, value in given.items():
        if name not in facts:
            yield f"{path}.{name}"
            continue
        fields = facts[name].get("fields")
        for inner in value if isinstance(value, list) else [value]:
            if fields and isinstance(inner, Mapping):
                yield from _unknown(f"{path}.{name}", inner, fields)


def _missing(path: str, given: Mapping[str, Any], facts: Mapping[str, Any]) -> Iterator[str]:
    yield from (
        f"{path}.{name}" for name, fact in facts.items() if fact.get("required") and given.get(name) is None
    )


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_the_official_provider_takes_what_a_stack_asks_for(stack: str) -> None:
    asked = [one for one in environment(stack, settings_of(stack)).resources if one.type.startswith("aws:")]
    assert asked
    assert {one.type for one in asked} - set(RESOURCES) == set()
    for one in asked:
        facts = RESOURCES[one.type]["inputs"]
        assert list(_unknown(one.key, one.inputs, facts)) == []
        assert list(_missing(one.key, one.inputs, facts)) == []
