"""Keys are not kept where everyone who may look can read them: parameters, tags, environments of programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from pulumi_policy import Severity

from policy.facts import aws_types as aws
from policy.facts.finding import Finding
from policy.facts.key_material import holds_key
from policy.facts.references import security_hub, well_architected
from policy.facts.resource import Resource
from policy.rules.operations.required_tags import TAGGABLE
from policy.rules.rule import Level, ResourceRule

READABLE = {
    "aws:amplify/app:App": ("environmentVariables",),
    "aws:amplify/branch:Branch": ("environmentVariables",),
    "aws:appconfig/hostedConfigurationVersion:HostedConfigurationVersion": ("content",),
    "aws:bedrock/agentcoreAgentRuntime:AgentcoreAgentRuntime": ("environmentVariables",),
    "aws:bedrock/agentcoreHarness:AgentcoreHarness": ("environmentVariables",),
    "aws:codebuild/project:Project": ("environment",),
    "aws:ecs/daemonTaskDefinition:DaemonTaskDefinition": ("containerDefinitions",),
    "aws:ecs/taskDefinition:TaskDefinition": ("containerDefinitions",),
    "aws:lambda/function:Function": ("environment",),
    "aws:lambda/microvmsImage:MicrovmsImage": ("environmentVariables",),
    "aws:lambdamicrovms/image:Image": ("environmentVariables",),
    "aws:sagemaker/trainingJob:TrainingJob": ("environment",),
    "aws:ssm/document:Document": ("content",),
}
"""What describe calls show of a program's environment or of a document, by type and property."""


def _check(resource: Resource, _parameters: Any) -> Iterator[Finding]:
    if resource.type == aws.PARAMETER and resource.get("type") != "SecureString":
        for key in ("value", "insecureValue"):
            value = resource.get(key)
            if isinstance(value, str) and holds_key(value.encode()):
                message = f"{key} is a private key in clear; make the parameter a SecureString"
                yield Finding(message=message, resource=resource)
    for key in READABLE.get(resource.type, ()):
        if any(holds_key(text.encode()) for text in _texts(resource.get(key))):
            message = f"{key} shows a private key to whoever may describe it; let the program fetch it"
            yield Finding(message=message, resource=resource)
    for name, value in resource.tags.items():
        if isinstance(value, str) and holds_key(value.encode()):
            yield Finding(message=f"the tag {name} holds a private key; take it out", resource=resource)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for inner in cast("dict[str, Any]", value).values() for text in _texts(inner))
    elif isinstance(value, list):
        yield from (text for inner in cast("list[Any]", value) for text in _texts(inner))


RULE = ResourceRule(
    name="no-keys-in-the-open",
    title="No private keys in the open",
    description="Parameters of type String, tags, environments of programs and documents hold no private "
    "key: whoever may describe them reads it.",
    level=Level.MANDATORY,
    severity=Severity.CRITICAL,
    references=(
        well_architected("SEC02-BP03", "security-pillar/sec_identities_secrets.html"),
        security_hub("SSM.1"),
    ),
    tags=("secrets",),
    risk="Whoever may list parameters or tags, which read-only roles may, has the key.",
    remediation="Put the key into Secrets Manager, or into a parameter of type SecureString.",
    types=TAGGABLE | {aws.EBS_VOLUME} | READABLE.keys(),
    check=_check,
    bad="""
            key:
              type: aws:ssm:Parameter
              properties: {type: String, value: "-----BEGIN PRIVATE KEY-----"}
        """,
    good="""
            key:
              type: aws:ssm:Parameter
              properties: {type: SecureString, value: "-----BEGIN PRIVATE KEY-----"}
        """,
)
