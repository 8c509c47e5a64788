"""The sandbox's provider, type by type and property by property: as the official one, without exception."""

from __future__ import annotations

import pytest

from sandbox.provider.resources import RESOURCE_TYPES
from tests.fidelity.official import RESOURCES, differences

DELETED_FIRST = {"aws:iam/rolePolicyAttachment:RolePolicyAttachment"}
"""Types that the bridge always deletes before it replaces them; others only where they are named."""


def test_every_type_is_known() -> None:
    assert set(RESOURCE_TYPES) - set(RESOURCES) == set()


@pytest.mark.parametrize("name", RESOURCE_TYPES)
def test_a_type_is_as_the_official_one(name: str) -> None:
    kind = RESOURCE_TYPES[name]
    found = differences(name.rpartition(":")[2], kind.inputs, RESOURCES[name]["inputs"])
    assert list(found) == []
    own = {one.name for one in kind.inputs}
    assert set(kind.outputs) - set(RESOURCES[name]["outputs"]) - own - set(RESOURCES[name]["inputs"]) == set()
    assert kind.deleted_first == (name in DELETED_FIRST)
