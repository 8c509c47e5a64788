"""Rules about ranges of addresses that meet."""

from __future__ import annotations

from policy.rules.no_overlapping_cidrs import (
    inside_cidrs_do_not_overlap,
    networks_do_not_overlap,
    routes_leave_networks_alone,
    subnets_do_not_overlap,
)
from policy.rules.rule import Family

FAMILY = Family(
    name="no-overlapping-cidrs",
    title="No overlapping CIDRs",
    description="VPCs, subnets, on-premises LANs, client pools, tunnel insides and routes do not overlap.",
    rules=(
        networks_do_not_overlap.RULE,
        subnets_do_not_overlap.RULE,
        inside_cidrs_do_not_overlap.RULE,
        routes_leave_networks_alone.RULE,
    ),
)
