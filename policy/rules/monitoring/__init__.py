"""Rules about who hears that a tunnel is down."""

from __future__ import annotations

from policy.rules.monitoring import (
    vpn_tunnel_alarm,
    vpn_tunnels_up,
)
from policy.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    vpn_tunnels_up.RULE,
    vpn_tunnel_alarm.RULE,
)
