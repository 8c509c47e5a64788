"""Rules about how single CIDR blocks are chosen and written."""

from __future__ import annotations

from policy.rules.addresses import (
    cidr_without_host_bits,
    vpc_in_private_space,
)
from policy.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    cidr_without_host_bits.RULE,
    vpc_in_private_space.RULE,
)
