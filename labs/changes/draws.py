"""A stack's settings, and what they may become: any other, mostly in the same VPC, often with the same names.

Ranges of addresses are drawn by a site's or tunnel's number, so that a renamed one asks for what another
name has, as after an edit of a stack file.
"""

from __future__ import annotations

import json
from ipaddress import IPv4Network
from typing import Any

from hypothesis import strategies as st

from labs.settings import REGION, Config, configurations
from model.errors import AwsVpnError
from stacks.footprint import change_problems, footprint
from stacks.stack_file import parse

SECTIONS = ("hardwareVpn", "openVpn", "nat", "tags", "deletionProtection")


@st.composite
def chains(draw: st.DrawFn, *, length: int) -> list[Config]:
    """So many valid settings, each a change of the last one that was not refused; one in three may be."""
    deployed = draw(configurations(most_sites=3, most_tunnels=2))
    chain = [deployed]
    while len(chain) < length:
        changed = draw(_changes(deployed))
        if not is_valid(changed):
            continue
        if not is_refused(deployed, changed):
            deployed = changed
        elif draw(st.integers(0, 2)):
            continue
        chain.append(changed)
    return chain


def is_refused(was: Config, will: Config) -> bool:
    """Whether a preview refuses the change."""
    before, after = (parse("stacks/Pulumi.dev.yaml", config) for config in (was, will))
    return any(change_problems(footprint(before), after))


def is_valid(config: Config) -> bool:
    """Whether a stack file's checks let it pass."""
    try:
        parse("stacks/Pulumi.dev.yaml", config)
    except AwsVpnError:
        return False
    return True


@st.composite
def _changes(draw: st.DrawFn, before: Config) -> Config:
    other = draw(configurations(most_sites=3, most_tunnels=2))
    after = dict(before)
    for section in draw(st.lists(st.sampled_from(SECTIONS), min_size=1, max_size=3, unique=True)):
        key = f"aws-vpn:{section}"
        after.pop(key, None)
        if key in other:
            after[key] = other[key]
    for key, items in (("aws-vpn:hardwareVpn", "sites"), ("aws-vpn:openVpn", None)):
        if key in after and after[key] is not before.get(key):
            after[key] = _renamed(draw, before.get(key), after[key], items)
    if draw(st.integers(0, 2)) == 0:
        after["aws-vpn:network"] = draw(_networks(before["aws-vpn:network"]))
    if draw(st.integers(0, 19)) == 0:
        after["aws-vpn:network"] = other["aws-vpn:network"]
    return json.loads(json.dumps(after))


def _renamed(draw: st.DrawFn, before: Any, after: Any, items: str | None) -> Any:
    """With the names that there were before, most of the time."""
    renamed = json.loads(json.dumps(after))
    old = (before or {}).get(items, []) if items else before or []
    for one, was in zip(renamed[items] if items else renamed, old, strict=False):
        if draw(st.integers(0, 3)):
            one["name"] = was["name"]
    return renamed


@st.composite
def _networks(draw: st.DrawFn, before: Config) -> Config:
    """The same VPC with other zones, and with subnets that are computed or anywhere in it."""
    cidr = IPv4Network(before["cidr"])
    letters = draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True))
    zones = [f"{REGION}{letter}" for letter in letters]
    network = {**before, "availabilityZones": zones}
    network.pop("subnets", None)
    if draw(st.booleans()):
        prefix = min(cidr.prefixlen + draw(st.integers(3, 4)), 28)
        blocks = draw(st.permutations([str(block) for block in cidr.subnets(new_prefix=prefix)]))
        network["subnets"] = {
            zone: {"public": blocks[2 * i], "private": blocks[2 * i + 1]} for i, zone in enumerate(zones)
        }
    return network
