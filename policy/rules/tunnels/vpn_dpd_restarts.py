"""AWS starts a lost tunnel again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pulumi_policy import Severity

from policy.facts.finding import Finding
from policy.facts.resource import Resource
from policy.facts.values import UNKNOWN
from policy.rules.rule import Level, ResourceRule
from policy.rules.tunnels.connection import CONNECTION, TUNNEL_OPTIONS, TUNNELS, one_tunnel


def _check_dpd(resource: Resource, _parameters: Any) -> Iterator[Finding]:
    for tunnel in TUNNELS:
        key = f"tunnel{tunnel}DpdTimeoutAction"
        value = resource.get(key)
        if value is UNKNOWN and not resource.is_computed(key):
            yield Finding(message=f"{key} is not known yet", resource=resource, undecided=True)
        elif value in (None, "clear", UNKNOWN):
            message = f"{key} is not restart: a tunnel that was lost waits for the router to start it again"
            yield Finding(message=message, resource=resource)


RULE = ResourceRule(
    name="vpn-dpd-restarts",
    title="Lost tunnels start again",
    description="AWS starts a tunnel again after dead peer detection has given it up.",
    level=Level.ADVISORY,
    severity=Severity.LOW,
    references=(TUNNEL_OPTIONS,),
    tags=("vpn", "availability"),
    risk="A tunnel that was lost for a moment stays down until the router has traffic for it.",
    remediation="Set tunnel1DpdTimeoutAction and tunnel2DpdTimeoutAction to restart.",
    types=CONNECTION,
    check=_check_dpd,
    bad=one_tunnel("DpdTimeoutAction", "restart", others="clear"),
    good=one_tunnel("DpdTimeoutAction", "restart"),
)
