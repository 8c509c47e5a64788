"""Pre-shared keys are marked as secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pulumi_policy import Severity

from policy.facts.finding import Finding
from policy.facts.references import vpn_guide
from policy.facts.resource import Resource
from policy.facts.stack_files import file_that_shows
from policy.facts.values import UNKNOWN, Secret
from policy.rules.rule import Level, ResourceRule
from policy.rules.tunnels.connection import CONNECTION, TUNNELS, one_tunnel


def _check_psk_secret(resource: Resource, _parameters: Any) -> Iterator[Finding]:
    for tunnel in TUNNELS:
        key = f"tunnel{tunnel}PresharedKey"
        value = resource.properties.get(key)
        if value is UNKNOWN:
            yield Finding(message=f"{key} is not known yet", resource=resource, undecided=True)
        elif value is not None and not isinstance(value, Secret):
            message = (
                f"{key} is not marked as a secret, so it is readable in the state; wrap it in Output.secret"
            )
            yield Finding(message=message, resource=resource)
        elif value is not None and (file := file_that_shows(resource.stack, value.value)):
            message = (
                f"{key} is written in clear in {file}, and so in git; take another key, and encrypt it: "
                "pulumi config set --secret --path"
            )
            yield Finding(message=message, resource=resource)


RULE = ResourceRule(
    name="vpn-psk-secret",
    title="Pre-shared keys are secrets",
    description="Pre-shared keys are marked as secrets and encrypted in stack files, so that state, logs and "
    "git hold them encrypted.",
    level=Level.MANDATORY,
    severity=Severity.CRITICAL,
    references=(vpn_guide("Authentication options", "vpn-tunnel-authentication-options.html"),),
    tags=("vpn", "secrets"),
    risk="Whoever reads the state, a log or the repository can pose as the site.",
    remediation="Set the key as a secret in the configuration, or leave it out and let AWS make one.",
    types=CONNECTION,
    check=_check_psk_secret,
    bad=one_tunnel(
        "PresharedKey",
        "{fn::secret: kept.from.everyone.in.the.state}",
        others="in.the.open.for.all.to.read",
    ),
    good=one_tunnel("PresharedKey", "{fn::secret: kept.from.everyone.in.the.state}"),
)
