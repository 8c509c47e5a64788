"""Rules about what IAM allows."""

from __future__ import annotations

from policy.rules.permissions import (
    failover_iam_limited,
    failover_role_limited,
)
from policy.rules.rule import Rule

RULES: tuple[Rule, ...] = (failover_iam_limited.RULE, failover_role_limited.RULE)
