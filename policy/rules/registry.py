"""All rules: metadata, configuration schema, catalogue, documentation and reports are made from this list."""

from __future__ import annotations

from policy.rules import (
    addresses,
    availability,
    exposure,
    gateways,
    hosts,
    operations,
    permissions,
    tunnels,
)
from policy.rules.rule import Rule

PACK = "aws-vpn"
PACK_VERSION = "1.0.0"
PACK_TITLE = "AWS VPN environments"

RULES: tuple[Rule, ...] = (
    *gateways.RULES,
    *addresses.RULES,
    *availability.RULES,
    *tunnels.RULES,
    *exposure.RULES,
    *hosts.RULES,
    *permissions.RULES,
    *operations.RULES,
)

BY_NAME = {rule.name: rule for rule in RULES}
