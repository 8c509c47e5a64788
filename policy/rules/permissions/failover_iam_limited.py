"""What moves traffic names the resources that it may touch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Annotated, Any, cast

from pulumi_policy import Severity
from pydantic import Field

from policy.facts import aws_types as aws
from policy.facts.finding import Finding
from policy.facts.references import config_rule, well_architected
from policy.facts.resource import Resource
from policy.facts.values import UNKNOWN, is_secret, part
from policy.rules.rule import Level, ResourceParameters, ResourceRule

DOCUMENTS = {
    aws.IAM_ROLE_POLICY: "policy",
    aws.IAM_USER_POLICY: "policy",
    aws.IAM_GROUP_POLICY: "policy",
    aws.IAM_POLICY: "policy",
    aws.PERMISSION_SET_POLICY: "inlinePolicy",
}
"""Every type that carries a document of permissions for an identity, with its property."""

ATTACHMENTS = {
    aws.IAM_ROLE: "managedPolicyArns",
    aws.IAM_ROLE_POLICY_ATTACHMENT: "policyArn",
    aws.IAM_USER_POLICY_ATTACHMENT: "policyArn",
    aws.IAM_GROUP_POLICY_ATTACHMENT: "policyArn",
    aws.IAM_POLICY_ATTACHMENT: "policyArn",
    aws.IAM_ROLE_ATTACHMENTS: "policyArns",
    aws.IAM_USER_ATTACHMENTS: "policyArns",
    aws.IAM_GROUP_ATTACHMENTS: "policyArns",
    aws.PERMISSION_SET_ATTACHMENT: "managedPolicyArn",
    aws.PERMISSION_SET_ATTACHMENTS: "managedPolicyArns",
    aws.ROLES_ANYWHERE_PROFILE: "managedPolicyArns",
}
"""Every type that gives an identity policies by name, with its property."""


class FailoverPermissions(ResourceParameters):
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


def _check(resource: Resource, parameters: FailoverPermissions) -> Iterator[Finding]:
    yield from _managed(resource, parameters)
    for key, text in _documents(resource):
        if text is UNKNOWN:
            message = f"{key} is not known yet, as it names resources that are still to be made"
            yield Finding(message=message, resource=resource, undecided=True)
            continue
        statements = _statements(text)
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


def _documents(resource: Resource) -> Iterator[tuple[str, Any]]:
    if resource.type in DOCUMENTS:
        yield DOCUMENTS[resource.type], resource.get(DOCUMENTS[resource.type])
    if resource.type == aws.IAM_ROLE:
        for i, item in enumerate(resource.items("inlinePolicies")):
            yield f"inlinePolicies[{i}].policy", part(item, "policy")


def _statements(text: Any) -> list[dict[str, Any]] | None:
    try:
        document: Any = json.loads(text) if isinstance(text, str) else text
        statements: Any = document["Statement"]
    except (ValueError, TypeError, KeyError):
        return None
    return [statement for statement in _as_list(statements) if isinstance(statement, dict)]


def _wide(
    resource: Resource, key: str, statements: list[dict[str, Any]], parameters: FailoverPermissions
) -> Iterator[Finding]:
    allowing = [statement for statement in statements if statement.get("Effect") == "Allow"]
    moving = [statement for statement in allowing if _granted(statement, parameters.moving)]
    for statement in moving:
        actions = ", ".join(_granted(statement, parameters.moving))
        wide = [target for target in _as_list(statement.get("Resource", "*")) if _is_wide(str(target))]
        if wide or "NotResource" in statement:
            on = ", ".join(map(str, wide)) or "all but some resources"
            if is_secret(resource.properties.get(key.partition("[")[0])):
                on = "more than one resource"
            yield Finding(
                message=f"{key} allows {actions} on {on}; name the address, the instances and the route "
                "tables by ARN",
                resource=resource,
            )
        if "NotAction" in statement or any(
            "*" in str(action) for action in _as_list(statement.get("Action"))
        ):
            yield Finding(
                message=f"{key} allows {actions} by a wildcard; name each action", resource=resource
            )
    if moving:
        yield from _escalating(resource, key, allowing, parameters)
    for statement in allowing if moving else ():
        for action in _granted(statement, parameters.never):
            message = f"{key} allows {action}, which a failover never needs"
            yield Finding(message=message, resource=resource)


def _escalating(
    resource: Resource, key: str, allowing: list[dict[str, Any]], parameters: FailoverPermissions
) -> Iterator[Finding]:
    """What leads from a failover's role to every other one."""
    for statement in allowing:
        targets = _as_list(statement.get("Resource", "*"))
        actions = ", ".join(_granted(statement, parameters.escalating))
        if actions and ("NotResource" in statement or any(_is_wide(str(target)) for target in targets)):
            message = f"{key} moves traffic and allows {actions} on more than one resource; name the one"
            yield Finding(message=message, resource=resource)


def _granted(statement: dict[str, Any], actions: tuple[str, ...]) -> list[str]:
    """Which of `actions` the statement is about. IAM does not mind the case of actions."""
    if "NotAction" in statement:
        kept = [str(pattern).lower() for pattern in _as_list(statement["NotAction"])]
        return [action for action in actions if not any(fnmatchcase(action.lower(), p) for p in kept)]
    patterns = [str(pattern).lower() for pattern in _as_list(statement.get("Action"))]
    return [action for action in actions if any(fnmatchcase(action.lower(), p) for p in patterns)]


def _is_wide(target: str) -> bool:
    """Whether an ARN stands for more than one resource: a wildcard in its last part, or nothing but one."""
    return "*" in target.rsplit(":", 1)[-1] or "?" in target.rsplit(":", 1)[-1]


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return cast("list[Any]", value) if isinstance(value, list) else [value]


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
