"""What the checks of overlaps share: how many clashes are reported, and what to use instead."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Annotated

from pydantic import Field

from model.addresses import IPNetwork
from model.free_blocks import FreeBlocks
from policy.facts.finding import Finding
from policy.facts.references import well_architected
from policy.rules.rule import Parameters

NON_OVERLAP = well_architected(
    "REL02-BP05", "reliability-pillar/rel_planning_network_topology_non_overlap_ip.html"
)


class OverlapParameters(Parameters):
    """How much is reported."""

    most_reported: Annotated[int, Field(ge=1, le=1000, description="the most clashes that are listed")] = 50


def capped(findings: Iterator[Finding], most: int) -> Iterator[Finding]:
    """The first clashes, and that there are more."""
    yield from islice(findings, most)
    if next(findings, None) is not None:
        yield Finding(message=f"there are more clashes than the {most} listed; resolve these first")


def proposal(network: IPNetwork, free: FreeBlocks, space: IPNetwork | None = None) -> str:
    """What to use instead: the nearest free block of the network's size."""
    block = free.nearest(network, space)
    if block is None:
        return f"No /{network.prefixlen} is free in {space or 'private address space'}."
    return f"The nearest free /{network.prefixlen} is {block}."
