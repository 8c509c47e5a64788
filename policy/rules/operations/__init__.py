"""Rules about running an environment: logs, tags, protection."""

from __future__ import annotations

from policy.rules.operations import (
    deletion_protection,
    log_retention,
    monthly_budget,
    required_tags,
    resources_in_sight,
    vpc_flow_logs,
)
from policy.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    vpc_flow_logs.RULE,
    log_retention.RULE,
    required_tags.RULE,
    deletion_protection.RULE,
    resources_in_sight.RULE,
    monthly_budget.RULE,
)
