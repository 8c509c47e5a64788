"""Rules about virtual private gateways (VPGs) and their VPCs."""

from __future__ import annotations

from policy.rules.one_vpg_per_vpc import (
    vpc_has_one_vpg,
    vpg_has_one_vpc,
)
from policy.rules.rule import Family

FAMILY = Family(
    name="one-vpg-per-vpc",
    title="One VPG per VPC",
    description="A VPC has at most one virtual private gateway, and a virtual private gateway one VPC.",
    rules=(
        vpc_has_one_vpg.RULE,
        vpg_has_one_vpc.RULE,
    ),
)
