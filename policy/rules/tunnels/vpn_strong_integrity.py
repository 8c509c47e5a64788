"""Tunnels offer SHA-2."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pulumi_policy import Severity
from pydantic import Field

from policy.facts.finding import Finding
from policy.facts.references import rfc
from policy.facts.resource import Resource
from policy.rules.rule import Level, ResourceRule
from policy.rules.tunnels.connection import CONNECTION, TUNNEL_OPTIONS, two_phases
from policy.rules.tunnels.offers import AllowedNames, offers


class IntegrityParameters(AllowedNames):
    """Which integrity algorithms a tunnel may offer."""

    allowed: Annotated[tuple[str, ...], Field(min_length=1, description="integrity algorithms")] = (
        "SHA2-256",
        "SHA2-384",
        "SHA2-512",
    )


def _check_integrity(resource: Resource, parameters: IntegrityParameters) -> Iterator[Finding]:
    yield from offers(
        resource, ("Phase1IntegrityAlgorithms", "Phase2IntegrityAlgorithms"), parameters.allowed
    )


RULE = ResourceRule(
    name="vpn-strong-integrity",
    title="Strong integrity",
    description="Tunnels offer SHA-2 only, in both phases; SHA-1 is broken.",
    level=Level.MANDATORY,
    severity=Severity.HIGH,
    references=(TUNNEL_OPTIONS, rfc(8221, "section 6, integrity algorithms")),
    tags=("vpn", "cryptography"),
    risk="Packets and keys rest on SHA-1, for which collisions are known.",
    remediation="List SHA2-256, SHA2-384 or SHA2-512 for both phases of both tunnels.",
    types=CONNECTION,
    parameters=IntegrityParameters,
    check=_check_integrity,
    bad=two_phases("IntegrityAlgorithms", "[SHA2-256]", "[SHA1, SHA2-256]"),
    good=two_phases("IntegrityAlgorithms", "[SHA2-256, SHA2-384]"),
)
