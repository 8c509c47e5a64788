"""The sandbox's provider, type by type and property by property, against the official one's own schema."""

from __future__ import annotations

import pytest

from sandbox.provider.resources import RESOURCE_TYPES
from tests.fidelity.official import RESOURCES, Difference, differences

ORDER_IS_NONE = "the addresses of one rule: the official provider matches them as sets when it reads them"
ALLOWED = {
    **{
        (f"{group}.{way}.{name}", "type"): ORDER_IS_NONE
        for group in ("SecurityGroup", "DefaultSecurityGroup")
        for way in ("ingress", "egress")
        for name in ("cidrBlocks", "ipv6CidrBlocks", "prefixListIds")
    },
    ("Instance.rootBlockDevice.tags", "computed"): (
        "a disk's tags are read whole here, volumeTags with them; officially those are apart"
    ),
}
"""What differs and may, two things, one of them in twelve places: why no user can notice."""

DELETED_FIRST = {"aws:iam/rolePolicyAttachment:RolePolicyAttachment"}
"""Types that the bridge always deletes before it replaces them; others only where they are named."""


def _found() -> list[Difference]:
    return [
        one
        for name, kind in RESOURCE_TYPES.items()
        for one in differences(name.rpartition(":")[2], kind.inputs, RESOURCES[name]["inputs"])
    ]


def test_every_type_is_known() -> None:
    assert set(RESOURCE_TYPES) - set(RESOURCES) == set()


@pytest.mark.parametrize("name", RESOURCE_TYPES)
def test_a_type_is_as_the_official_one(name: str) -> None:
    kind = RESOURCE_TYPES[name]
    found = differences(name.rpartition(":")[2], kind.inputs, RESOURCES[name]["inputs"])
    assert [one for one in found if (one.path, one.trait) not in ALLOWED] == []
    own = {one.name for one in kind.inputs}
    assert set(kind.outputs) - set(RESOURCES[name]["outputs"]) - own - set(RESOURCES[name]["inputs"]) == set()
    assert kind.deleted_first == (name in DELETED_FIRST)


def test_what_is_allowed_to_differ_does() -> None:
    assert set(ALLOWED) - {(one.path, one.trait) for one in _found()} == set()
