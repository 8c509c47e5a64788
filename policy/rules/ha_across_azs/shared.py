"""What the checks of availability share: where they come from, and how zones and servers are named."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from policy.facts.pairs import PAIR_TAG
from policy.facts.references import well_architected
from policy.facts.resource import Target, Unresolved
from policy.rules.rule import Parameters

REDUNDANT = well_architected(
    "REL02-BP02", "reliability-pillar/rel_planning_network_topology_ha_conn_private_networks.html"
)


def listed(zones: set[str]) -> str:
    """Zones in a message."""
    return ", ".join(sorted(zones)) or "no zone that is known"


def named(target: Target) -> str:
    """A server in a message."""
    return "a server" if target is None or isinstance(target, Unresolved) else str(target)


class PairParameters(Parameters):
    """How a pair is recognised."""

    pair_tag: Annotated[
        str,
        Field(description="the tag that joins two instances and their monitor's group to a pair"),
    ] = PAIR_TAG
