"""All rules: metadata, configuration schema, catalogue, documentation and reports are made from this list."""

from __future__ import annotations

from model.version import VERSION
from policy.rules import (
    addresses,
    exposure,
    ha_across_azs,
    hosts,
    monitoring,
    no_overlapping_cidrs,
    one_vpg_per_vpc,
    operations,
    permissions,
    tunnels,
)
from policy.rules.rule import Family, Rule

PACK = "aws-vpn"
PACK_VERSION = VERSION
PACK_TITLE = "AWS VPN environments"

FAMILIES: tuple[Family, ...] = (one_vpg_per_vpc.FAMILY, no_overlapping_cidrs.FAMILY, ha_across_azs.FAMILY)
"""The promises that several rules keep together."""

RULES: tuple[Rule, ...] = (
    *(rule for family in FAMILIES for rule in family.rules),
    *addresses.RULES,
    *monitoring.RULES,
    *tunnels.RULES,
    *exposure.RULES,
    *hosts.RULES,
    *permissions.RULES,
    *operations.RULES,
)

BY_NAME = {rule.name: rule for rule in RULES}

FAMILY_OF = {rule.name: family for family in FAMILIES for rule in family.rules}
"""The family of each rule that has one."""
