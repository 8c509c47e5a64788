"""Rules about what the internet can reach."""

from __future__ import annotations

from policy.rules.exposure import (
    default_group_unused,
    no_public_ip_by_default,
    no_world_open_in_pieces,
    no_world_open_management,
    only_vpn_port_open,
)
from policy.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    no_world_open_management.RULE,
    no_world_open_in_pieces.RULE,
    only_vpn_port_open.RULE,
    default_group_unused.RULE,
    no_public_ip_by_default.RULE,
)
