"""Resources that the pack cannot look into are reported, so that nobody takes silence for a judgement."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

from policy.facts import aws_types as aws
from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.references import well_architected
from policy.rules.rule import Level, Parameters, StackRule

OPAQUE = frozenset(
    {aws.CLOUDFORMATION_STACK, aws.CLOUDFORMATION_STACK_SET, aws.SERVERLESS_STACK, aws.CLOUD_CONTROL}
)
"""Types of pulumi-aws that make other resources from a text of their own."""


KNOWN = ("aws:", "pulumi:")


def _check(graph: Graph, _parameters: Parameters) -> Iterator[Finding]:
    opaque = {
        resource.type
        for resource in graph.resources
        if resource.type in OPAQUE
        or (resource.has_provider and not resource.type.startswith(("aws:", "pulumi:")))
    }
    if opaque:
        yield Finding(
            message=f"no rule looks into {', '.join(sorted(opaque))}: what these make is not judged here",
            resource=graph.root,
        )


RULE = StackRule(
    name="resources-in-sight",
    title="Resources in sight",
    description="Everything is made by types that the rules can look into.",
    level=Level.ADVISORY,
    severity=Severity.LOW,
    references=(
        well_architected(
            "SEC01-BP06", "security-pillar/sec_securely_operate_automate_security_controls.html"
        ),
    ),
    tags=("coverage",),
    risk="A host, a role or an open port in a template passes although no rule has seen it.",
    remediation="Make what matters with pulumi-aws itself, or check the template with a tool of its own.",
    check=_check,
    bad="""
            template: {type: aws:cloudformation:Stack, properties: {templateBody: "{}"}}
        """,
    good="""
            vpg: {type: aws:ec2:VpnGateway}
        """,
)
