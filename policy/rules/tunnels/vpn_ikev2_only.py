"""Tunnels negotiate with IKEv2."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pulumi_policy import Severity
from pydantic import Field

from policy.facts.finding import Finding
from policy.facts.references import config_rule, security_hub
from policy.facts.resource import Resource
from policy.rules.rule import Level, ResourceRule
from policy.rules.tunnels.connection import CONNECTION, one_tunnel
from policy.rules.tunnels.offers import AllowedNames, offers


class IkeParameters(AllowedNames):
    """Which IKE versions a tunnel may offer."""

    allowed: Annotated[tuple[str, ...], Field(min_length=1, description="IKE versions")] = ("ikev2",)


def _check_ike(resource: Resource, parameters: IkeParameters) -> Iterator[Finding]:
    yield from offers(resource, ("IkeVersions",), parameters.allowed)


RULE = ResourceRule(
    name="vpn-ikev2-only",
    title="IKEv2 only",
    description="Both tunnels of a VPN connection negotiate with IKEv2 and nothing older.",
    level=Level.MANDATORY,
    severity=Severity.HIGH,
    references=(security_hub("EC2.183"), config_rule("ec2-vpn-connection-ike-version-check")),
    tags=("vpn", "cryptography"),
    risk="A peer can be led to negotiate IKEv1, which has weaker key exchange and no protection from floods.",
    remediation="Set tunnel1IkeVersions and tunnel2IkeVersions to [ikev2].",
    types=CONNECTION,
    parameters=IkeParameters,
    check=_check_ike,
    bad=one_tunnel("IkeVersions", "[ikev2]", others="[ikev1, ikev2]"),
    good=one_tunnel("IkeVersions", "[ikev2]"),
)
