"""Rules about what goes on working when a server, a tunnel or an availability zone fails."""

from __future__ import annotations

from policy.rules.ha_across_azs import (
    both_tunnels_usable,
    critical_sites_have_two_routers,
    monitor_across_azs,
    pair_across_azs,
    routes_follow_pair,
    subnets_across_azs,
    vpg_routes_propagated,
)
from policy.rules.rule import Family

FAMILY = Family(
    name="ha-across-azs",
    title="High availability across zones",
    description="No single server, tunnel, router or availability zone takes an environment down.",
    rules=(
        subnets_across_azs.RULE,
        pair_across_azs.RULE,
        monitor_across_azs.RULE,
        routes_follow_pair.RULE,
        vpg_routes_propagated.RULE,
        both_tunnels_usable.RULE,
        critical_sites_have_two_routers.RULE,
    ),
)
