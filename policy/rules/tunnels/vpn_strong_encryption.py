"""Tunnels offer AES with 256-bit keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pulumi_policy import Severity
from pydantic import Field

from policy.facts.finding import Finding
from policy.facts.resource import Resource
from policy.rules.rule import Level, ResourceRule
from policy.rules.tunnels.connection import CONNECTION, TUNNEL_OPTIONS, two_phases
from policy.rules.tunnels.offers import AllowedNames, offers


class EncryptionParameters(AllowedNames):
    """Which encryption algorithms a tunnel may offer."""

    allowed: Annotated[tuple[str, ...], Field(min_length=1, description="encryption algorithms")] = (
        "AES256",
        "AES256-GCM-16",
    )


def _check_encryption(resource: Resource, parameters: EncryptionParameters) -> Iterator[Finding]:
    yield from offers(
        resource, ("Phase1EncryptionAlgorithms", "Phase2EncryptionAlgorithms"), parameters.allowed
    )


RULE = ResourceRule(
    name="vpn-strong-encryption",
    title="Strong encryption",
    description="Tunnels offer AES with 256-bit keys only, in both phases.",
    level=Level.ADVISORY,
    severity=Severity.MEDIUM,
    references=(TUNNEL_OPTIONS,),
    tags=("vpn", "cryptography"),
    risk="Recorded traffic has a shorter life as a secret.",
    remediation="List AES256 and AES256-GCM-16 for both phases of both tunnels.",
    types=CONNECTION,
    parameters=EncryptionParameters,
    check=_check_encryption,
    bad=two_phases("EncryptionAlgorithms", "[AES256-GCM-16]", "[AES128]"),
    good=two_phases("EncryptionAlgorithms", "[AES256, AES256-GCM-16]"),
)
