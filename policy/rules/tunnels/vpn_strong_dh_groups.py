"""Tunnels offer Diffie-Hellman groups that nobody doubts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pulumi_policy import Severity
from pydantic import Field

from policy.facts.finding import Finding
from policy.facts.references import rfc
from policy.facts.resource import Resource
from policy.rules.rule import Level, ResourceParameters, ResourceRule
from policy.rules.tunnels.connection import CONNECTION, TUNNEL_OPTIONS, two_phases
from policy.rules.tunnels.offers import offers


class DhGroupParameters(ResourceParameters):
    """Which Diffie-Hellman groups a tunnel may offer."""

    allowed: Annotated[tuple[int, ...], Field(min_length=1, description="Diffie-Hellman groups")] = (
        *range(14, 22),
    )


def _check_dh_groups(resource: Resource, parameters: DhGroupParameters) -> Iterator[Finding]:
    yield from offers(resource, ("Phase1DhGroupNumbers", "Phase2DhGroupNumbers"), parameters.allowed)


RULE = ResourceRule(
    name="vpn-strong-dh-groups",
    title="Strong Diffie-Hellman groups",
    description="Tunnels offer Diffie-Hellman groups 14 to 21: 2 and 5 are too small, 22 to 24 doubted.",
    level=Level.MANDATORY,
    severity=Severity.HIGH,
    references=(TUNNEL_OPTIONS, rfc(8247, "section 2.4, Diffie-Hellman groups")),
    tags=("vpn", "cryptography"),
    risk="Recorded traffic can be read once the key exchange of 1024 bits is broken.",
    remediation="List groups such as 19, 20 and 21 for both phases of both tunnels.",
    types=CONNECTION,
    parameters=DhGroupParameters,
    check=_check_dh_groups,
    bad=two_phases("DhGroupNumbers", "[19, 20]", "[2, 20]"),
    good=two_phases("DhGroupNumbers", "[19, 20]"),
)
