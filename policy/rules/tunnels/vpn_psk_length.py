"""Pre-shared keys are long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pulumi_policy import Severity
from pydantic import Field

from policy.facts.finding import Finding
from policy.facts.references import vpn_guide
from policy.facts.resource import Resource
from policy.facts.values import UNKNOWN, plain
from policy.rules.rule import Level, ResourceParameters, ResourceRule
from policy.rules.tunnels.connection import CONNECTION, TUNNELS, one_tunnel


class PskLengthParameters(ResourceParameters):
    """How long a pre-shared key is."""

    minimum: Annotated[int, Field(ge=8, le=64, description="characters of a pre-shared key at least")] = 24


def _check_psk_length(resource: Resource, parameters: PskLengthParameters) -> Iterator[Finding]:
    for tunnel in TUNNELS:
        key = f"tunnel{tunnel}PresharedKey"
        value = plain(resource.properties.get(key))
        if value is UNKNOWN:
            yield Finding(message=f"{key} is not known yet", resource=resource, undecided=True)
        elif isinstance(value, str) and len(value) < parameters.minimum:
            message = (
                f"{key} has fewer than {parameters.minimum} characters; leave it out and AWS makes a good one"
            )
            yield Finding(message=message, resource=resource)


RULE = ResourceRule(
    name="vpn-psk-length",
    title="Long pre-shared keys",
    description="A pre-shared key of one's own is long enough not to be guessed.",
    level=Level.ADVISORY,
    severity=Severity.MEDIUM,
    references=(vpn_guide("Authentication options", "vpn-tunnel-authentication-options.html"),),
    tags=("vpn", "secrets"),
    risk="A recorded handshake is enough to guess the key.",
    remediation="Leave the key out, so that AWS makes one of 32 characters.",
    types=CONNECTION,
    parameters=PskLengthParameters,
    check=_check_psk_length,
    bad=one_tunnel(
        "PresharedKey", "{fn::secret: long.enough.that.nobody.guesses}", others="{fn::secret: short.key}"
    ),
    good=one_tunnel("PresharedKey", "{fn::secret: long.enough.that.nobody.guesses}"),
)
