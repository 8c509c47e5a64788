"""Metadata answers travel one hop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pulumi_policy import Severity
from pydantic import Field

from policy.facts.finding import Finding
from policy.facts.references import config_rule
from policy.facts.resource import Resource
from policy.facts.values import UNKNOWN, part
from policy.rules.hosts.launching import HOSTS, each_launch, has_template, instance, left_to_template
from policy.rules.rule import Level, ResourceParameters, ResourceRule


class HopLimitParameters(ResourceParameters):
    """How far a metadata answer may travel."""

    maximum: Annotated[int, Field(ge=1, le=64, description="network hops of a metadata answer at most")] = 1


def _check_hop_limit(host: Resource, parameters: HopLimitParameters) -> Iterator[Finding]:
    limit = part(host.get("metadataOptions"), "httpPutResponseHopLimit")
    if limit is None and has_template(host):
        yield left_to_template(host, "metadataOptions.httpPutResponseHopLimit")
    elif limit is UNKNOWN:
        message = "metadataOptions.httpPutResponseHopLimit is not known yet"
        yield Finding(message=message, resource=host, undecided=True)
    elif not isinstance(limit, int) or limit > parameters.maximum:
        message = f"metadataOptions.httpPutResponseHopLimit should be {parameters.maximum}"
        yield Finding(message=message, resource=host)


RULE = ResourceRule(
    name="imds-hop-limit",
    title="Metadata stays on the host",
    description="Metadata answers travel one hop, so that forwarded traffic never reaches them.",
    level=Level.ADVISORY,
    severity=Severity.MEDIUM,
    references=(config_rule("ec2-token-hop-limit-check"),),
    tags=("host", "credentials"),
    risk="Forwarded or contained traffic reaches the metadata service and with it the role's credentials.",
    remediation="Set metadataOptions.httpPutResponseHopLimit to 1.",
    types=HOSTS,
    parameters=HopLimitParameters,
    check=each_launch(_check_hop_limit),
    bad=instance("metadataOptions: {httpPutResponseHopLimit: 2}"),
    good=instance("metadataOptions: {httpPutResponseHopLimit: 1}"),
)
