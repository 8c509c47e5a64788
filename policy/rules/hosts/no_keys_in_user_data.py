"""User data holds no private key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pulumi_policy import Severity

from policy.facts import aws_types as aws
from policy.facts.finding import Finding
from policy.facts.key_material import holds_key
from policy.facts.references import well_architected
from policy.facts.resource import Resource
from policy.facts.values import UNKNOWN
from policy.rules.hosts.launching import HOSTS, each_launch, instance
from policy.rules.rule import Level, ResourceRule

WITH_USER_DATA = HOSTS | {aws.LIGHTSAIL_INSTANCE, aws.IMAGE_RECIPE}
"""Every type that hands user data to a host, also where AWS looks after the rest of it."""


def _check_user_data(host: Resource, _parameters: Any) -> Iterator[Finding]:
    for key in ("userData", "userDataBase64"):
        text = host.get(key)
        if text is UNKNOWN:
            yield Finding(message=f"{key} is not known yet", resource=host, undecided=True)
        elif isinstance(text, str) and holds_key(text.encode()):
            message = (
                f"{key} holds a private key, which every process on the host and whoever may describe "
                "instances can read; let the host fetch it from Secrets Manager"
            )
            yield Finding(message=message, resource=host)


RULE = ResourceRule(
    name="no-keys-in-user-data",
    title="No private keys in user data",
    description="User data holds no private key: whoever may describe instances reads it.",
    level=Level.MANDATORY,
    severity=Severity.CRITICAL,
    references=(well_architected("SEC02-BP03", "security-pillar/sec_identities_secrets.html"),),
    tags=("host", "secrets"),
    risk="Whoever may describe instances, and every process on the host, has the key.",
    remediation="Put the key into Secrets Manager and let the host read it when it starts.",
    types=WITH_USER_DATA,
    check=each_launch(_check_user_data),
    bad=instance('userData: "-----BEGIN PRIVATE KEY-----"'),
    good=instance('userData: "#cloud-config"'),
)
