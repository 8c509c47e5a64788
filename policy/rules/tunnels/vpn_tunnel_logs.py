"""Tunnels write a log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pulumi_policy import Severity

from policy.facts.finding import Finding
from policy.facts.references import config_rule, security_hub
from policy.facts.resource import Resource
from policy.facts.values import UNKNOWN, part
from policy.rules.rule import Level, ResourceRule
from policy.rules.tunnels.connection import CONNECTION, TUNNELS, one_tunnel


def _check_logs(resource: Resource, _parameters: Any) -> Iterator[Finding]:
    for tunnel in TUNNELS:
        key = f"tunnel{tunnel}LogOptions"
        enabled = part(part(resource.get(key), "cloudwatchLogOptions"), "logEnabled")
        if enabled is UNKNOWN:
            yield Finding(message=f"{key} is not known yet", resource=resource, undecided=True)
        elif enabled not in (True, "true"):
            message = f"{key}.cloudwatchLogOptions.logEnabled is not true; turn the tunnel's log on"
            yield Finding(message=message, resource=resource)


RULE = ResourceRule(
    name="vpn-tunnel-logs",
    title="Tunnel logs",
    description="Both tunnels write their log to CloudWatch.",
    level=Level.ADVISORY,
    severity=Severity.MEDIUM,
    references=(security_hub("EC2.171"), config_rule("ec2-vpn-connection-logging-enabled")),
    tags=("vpn", "logging"),
    risk="Nobody can tell why a tunnel went down, or what a router proposed.",
    remediation="Set logEnabled and logGroupArn in tunnel1LogOptions and tunnel2LogOptions.",
    types=CONNECTION,
    check=_check_logs,
    bad=one_tunnel(
        "LogOptions", "{cloudwatchLogOptions: {logEnabled: true}}", others="{cloudwatchLogOptions: {}}"
    ),
    good=one_tunnel("LogOptions", "{cloudwatchLogOptions: {logEnabled: true}}"),
)
