"""Production is protected from deletion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pulumi_policy import Severity
from pydantic import Field

from policy.facts import aws_types as aws
from policy.facts.finding import Finding
from policy.facts.references import well_architected
from policy.facts.resource import Resource
from policy.facts.values import UNKNOWN
from policy.rules.rule import Level, ResourceParameters, ResourceRule


class ProtectionParameters(ResourceParameters):
    """Where deletion is refused."""

    environments: Annotated[
        tuple[str, ...], Field(description="stacks, or values of the Environment tag, that are production")
    ] = ("prod", "production", "prd")


def _check_protection(resource: Resource, parameters: ProtectionParameters) -> Iterator[Finding]:
    tags = {name.casefold(): value for name, value in resource.tags.items()}
    told = [tags.get(name) for name in ("environment", "env", "stage")]
    wanted = {name.casefold() for name in parameters.environments}
    production = any(str(name).strip().casefold() in wanted for name in (resource.stack[1], *told))
    if resource.protect:
        return
    if production:
        message = "a mistake in the program could delete it; set protect=True in its resource options"
        yield Finding(message=message, resource=resource)
    elif UNKNOWN in (*told, resource.get("tags")):
        message = "whether it is production is not known yet, as the Environment tag is not"
        yield Finding(message=message, resource=resource, undecided=True)


RULE = ResourceRule(
    name="deletion-protection",
    title="Protected from deletion in production",
    description="In production the VPG and the VPN connections are protected: making them again means new "
    "addresses and keys at every site.",
    level=Level.MANDATORY,
    severity=Severity.HIGH,
    references=(
        well_architected(
            "OPS06-BP01",
            "operational-excellence-pillar/ops_mit_deploy_risks_plan_for_unsucessful_changes.html",
        ),
    ),
    tags=("availability", "production"),
    risk="A slip in the program deletes the VPG, and every site needs new addresses and keys.",
    remediation="Set protect=True in the resource's options.",
    types=frozenset({aws.VPG, aws.VPN_CONNECTION}),
    parameters=ProtectionParameters,
    check=_check_protection,
    bad="""
            vpg: {type: aws:ec2:VpnGateway, properties: {tags: {Environment: prod}}}
        """,
    good="""
            vpg:
              type: aws:ec2:VpnGateway
              properties: {tags: {Environment: prod}}
              options: {protect: true}
        """,
)
