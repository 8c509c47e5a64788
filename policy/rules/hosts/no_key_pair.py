"""Hosts have no SSH key pair."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pulumi_policy import Severity

from policy.facts.finding import Finding
from policy.facts.references import well_architected
from policy.facts.resource import Resource
from policy.rules.hosts.launching import HOSTS, each_launch, instance
from policy.rules.rule import Level, ResourceRule


def _check_key_pair(host: Resource, _parameters: Any) -> Iterator[Finding]:
    if host.get("keyName"):
        message = "keyName gives somebody SSH access; leave it out and use Session Manager"
        yield Finding(message=message, resource=host)


RULE = ResourceRule(
    name="no-key-pair",
    title="No SSH key pairs",
    description="Hosts have no SSH key pair; people reach them through Session Manager, which is logged.",
    level=Level.ADVISORY,
    severity=Severity.MEDIUM,
    references=(well_architected("SEC03-BP02", "security-pillar/sec_permissions_least_privileges.html"),),
    tags=("host", "access"),
    risk="A key file that leaked opens every host that was made with it, past all logs.",
    remediation="Leave keyName out and give the role what Session Manager needs (ssmmessages).",
    types=HOSTS,
    check=each_launch(_check_key_pair),
    bad=instance("keyName: admin"),
    good=instance("iamInstanceProfile: session-manager"),
)
