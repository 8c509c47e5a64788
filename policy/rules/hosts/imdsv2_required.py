"""Metadata is answered to session tokens alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pulumi_policy import Severity

from policy.facts.finding import Finding
from policy.facts.references import config_rule, security_hub
from policy.facts.resource import Resource
from policy.facts.values import UNKNOWN, part
from policy.rules.hosts.launching import HOSTS, each_launch, has_template, instance, left_to_template
from policy.rules.rule import Level, ResourceRule


def _check_imdsv2(host: Resource, _parameters: Any) -> Iterator[Finding]:
    tokens = part(host.get("metadataOptions"), "httpTokens")
    if tokens is None and has_template(host):
        yield left_to_template(host, "metadataOptions.httpTokens")
    elif tokens is UNKNOWN:
        yield Finding(message="metadataOptions.httpTokens is not known yet", resource=host, undecided=True)
    elif tokens != "required":
        yield Finding(message="metadataOptions.httpTokens should be required, which is IMDSv2", resource=host)


RULE = ResourceRule(
    name="imdsv2-required",
    title="IMDSv2 required",
    description="Instances and launch templates answer metadata requests with a session token only (IMDSv2).",
    level=Level.MANDATORY,
    severity=Severity.HIGH,
    references=(security_hub("EC2.8"), security_hub("EC2.170"), config_rule("ec2-imdsv2-check")),
    tags=("host", "credentials"),
    risk="One forged request through a program on the host yields the role's credentials (SSRF).",
    remediation="Set metadataOptions.httpTokens to required.",
    types=HOSTS,
    check=each_launch(_check_imdsv2),
    bad=instance("metadataOptions: {httpTokens: optional}"),
    good=instance("metadataOptions: {httpTokens: required}"),
)
