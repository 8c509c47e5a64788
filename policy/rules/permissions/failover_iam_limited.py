"""What moves traffic names the resources that it may touch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pulumi_policy import Severity
from pydantic import Field

from policy.facts.finding import Finding
from policy.facts.permissions import (
    ATTACHMENTS,
    DOCUMENTS,
    as_list,
    documents_of,
    granted,
    is_wide,
    statements_of,
)
from policy.facts.references import config_rule, well_architected
from policy.facts.resource import Resource
from policy.facts.values import UNKNOWN, is_secret
from policy.rules.rule import Level, ResourceParameters, ResourceRule
from stacks.sections.section import Section


class TrafficActions(Section):
    """What moves traffic, and what a failover never needs. Actions in the case that AWS writes them."""

    moving: Annotated[
        tuple[str, ...], Field(min_length=1, description="actions that may touch named resources only")
    ] = (
        "ec2:AssociateAddress",
        "ec2:CreateRoute",
        "ec2:ReplaceRoute",
        "ec2:AttachNetworkInterface",
        "ec2:ModifyInstanceAttribute",
        "ec2:ModifyNetworkInterfaceAttribute",
    )
    managed: Annotated[
        tuple[str, ...], Field(description="AWS's own policies that may move everything, by their path")
    ] = (
        "AdministratorAccess",
        "PowerUserAccess",
        "AmazonEC2FullAccess",
        "AmazonVPCFullAccess",
        "job-function/NetworkAdministrator",
        "job-function/SystemAdministrator",
    )
    never: Annotated[
        tuple[str, ...], Field(description="actions that no policy which moves traffic may allow")
    ] = ("ec2:CreateTags", "ec2:DeleteRoute", "ec2:DisassociateAddress", "ec2:ReleaseAddress")
    escalating: Annotated[
        tuple[str, ...],
        Field(description="actions that lead to other permissions, unless on named resources"),
    ] = (
        "iam:PassRole",
        "iam:AttachRolePolicy",
        "iam:PutRolePolicy",
        "iam:CreatePolicyVersion",
        "iam:UpdateAssumeRolePolicy",
        "sts:AssumeRole",
        "ssm:SendCommand",
        "ssm:StartSession",
        "ec2-instance-connect:SendSSHPublicKey",
        "lambda:UpdateFunctionCode",
    )


class FailoverPermissions(TrafficActions, ResourceParameters):
    """What moves traffic, and what a failover never needs."""


def _check(resource: Resource, parameters: FailoverPermissions) -> Iterator[Finding]:
    yield from _managed(resource, parameters)
    for key, text in documents_of(resource):
        if text is UNKNOWN:
            message = f"{key} is not known yet, as it names resources that are still to be made"
            yield Finding(message=message, resource=resource, undecided=True)
            continue
        statements = statements_of(text)
        if statements is None:
            yield Finding(message=f"{key} is not a policy document in JSON", resource=resource)
        else:
            yield from _wide(resource, key, statements, parameters)


def _managed(resource: Resource, parameters: FailoverPermissions) -> Iterator[Finding]:
    """AWS's own policies are known by name; one that is still to be made is judged as a resource."""
    for key in filter(None, [ATTACHMENTS.get(resource.type)]):
        for arn in resource.items(key) or [resource.get(key)]:
            path = str(arn).partition(":policy/")[2] if isinstance(arn, str) and ":aws:policy/" in arn else ""
            if path in parameters.managed:
                message = f"{key} is AWS's {path}, which may move every address and route; write a policy"
                yield Finding(message=message, resource=resource)


def _wide(
    resource: Resource, key: str, statements: list[dict[str, Any]], parameters: FailoverPermissions
) -> Iterator[Finding]:
    allowing = [statement for statement in statements if statement.get("Effect") == "Allow"]
    moving = [statement for statement in allowing if granted(statement, parameters.moving)]
    for statement in moving:
        actions = ", ".join(granted(statement, parameters.moving))
        wide = [target for target in as_list(statement.get("Resource", "*")) if is_wide(str(target))]
        if wide or "NotResource" in statement:
            on = ", ".join(map(str, wide)) or "all but some resources"
            if is_secret(resource.properties.get(key.partition("[")[0])):
                on = "more than one resource"
            yield Finding(
                message=f"{key} allows {actions} on {on}; name the address, the instances and the route "
                "tables by ARN",
                resource=resource,
            )
        if "NotAction" in statement or any("*" in str(action) for action in as_list(statement.get("Action"))):
            yield Finding(
                message=f"{key} allows {actions} by a wildcard; name each action", resource=resource
            )
    if moving:
        yield from _escalating(resource, key, allowing, parameters)
    for statement in allowing if moving else ():
        for action in granted(statement, parameters.never):
            message = f"{key} allows {action}, which a failover never needs"
            yield Finding(message=message, resource=resource)


def _escalating(
    resource: Resource, key: str, allowing: list[dict[str, Any]], parameters: FailoverPermissions
) -> Iterator[Finding]:
    """What leads from a failover's role to every other one."""
    for statement in allowing:
        targets = as_list(statement.get("Resource", "*"))
        actions = ", ".join(granted(statement, parameters.escalating))
        if actions and ("NotResource" in statement or any(is_wide(str(target)) for target in targets)):
            message = f"{key} moves traffic and allows {actions} on more than one resource; name the one"
            yield Finding(message=message, resource=resource)


def _role_policy(action: str, target: str) -> str:
    return f"""
            policy:
              type: aws:iam:RolePolicy
              properties:
                role: failover
                policy: |
                  {{"Version": "2012-10-17", "Statement": [
                    {{"Effect": "Allow", "Action": "{action}", "Resource": "{target}"}}
                  ]}}
        """


RULE = ResourceRule(
    name="failover-iam-limited",
    title="Failover limited to its own resources",
    description="IAM policies that can move addresses or routes name the resources they may touch.",
    level=Level.MANDATORY,
    severity=Severity.HIGH,
    references=(
        well_architected("SEC03-BP02", "security-pillar/sec_permissions_least_privileges.html"),
        config_rule("iam-policy-no-statements-with-full-access"),
    ),
    tags=("access", "failover"),
    risk="A host on the internet that is taken over can move every address and route of the account.",
    remediation="List ec2:AssociateAddress and ec2:ReplaceRoute with the ARNs of this pair's resources.",
    types=frozenset({*DOCUMENTS, *ATTACHMENTS}),
    parameters=FailoverPermissions,
    check=_check,
    bad=_role_policy("ec2:AssociateAddress", "*"),
    good=_role_policy(
        "ec2:AssociateAddress", "arn:aws:ec2:eu-central-1:123456789012:elastic-ip/eipalloc-0a1b2c3d"
    ),
)
