"""Logs say how long they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pulumi_policy import Severity

from policy.facts import aws_types as aws
from policy.facts.finding import Finding
from policy.facts.references import NIST_VERSION, config_rule, security_hub
from policy.facts.resource import Resource
from policy.facts.values import UNKNOWN
from policy.rules.rule import Level, ResourceRule


def _check_retention(group: Resource, _parameters: Any) -> Iterator[Finding]:
    value = group.get("retentionInDays")
    if value is UNKNOWN:
        yield Finding(message="retentionInDays is not known yet", resource=group, undecided=True)
    elif not value:
        message = "retentionInDays is not set, so the log is kept, and paid for, indefinitely"
        yield Finding(message=message, resource=group)


RULE = ResourceRule(
    name="log-retention",
    title="Log retention",
    description="Log groups say how long they keep their events.",
    level=Level.ADVISORY,
    severity=Severity.LOW,
    references=(
        security_hub("CloudWatch.16", NIST_VERSION),
        config_rule("cw-loggroup-retention-period-check"),
    ),
    tags=("logging", "cost"),
    risk="Logs are kept, and paid for, without end.",
    remediation="Set retentionInDays.",
    types=frozenset({aws.LOG_GROUP}),
    check=_check_retention,
    bad="""
            logs: {type: aws:cloudwatch:LogGroup, properties: {name: /vpn/tunnels}}
        """,
    good="""
            logs: {type: aws:cloudwatch:LogGroup, properties: {name: /vpn/tunnels, retentionInDays: 30}}
        """,
)
