"""What IAM documents allow, and the types that carry them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, cast

from policy.facts import aws_types as aws
from policy.facts.graph import Graph
from policy.facts.resource import Found, Resource, Target
from policy.facts.values import part

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


ROLES_OF = {
    aws.IAM_ROLE: "",
    aws.IAM_ROLE_POLICY_ATTACHMENT: "role",
    aws.IAM_POLICY_ATTACHMENT: "roles",
    aws.IAM_ROLE_ATTACHMENTS: "roleName",
}
"""Of these, what gives roles policies, with the property that names the roles; a role names itself."""


def documents_of(resource: Resource) -> Iterator[tuple[str, Any]]:
    """The documents that a resource carries, each with where it is."""
    if resource.type in DOCUMENTS:
        yield DOCUMENTS[resource.type], resource.get(DOCUMENTS[resource.type])
    if resource.type == aws.IAM_ROLE:
        for i, item in enumerate(resource.items("inlinePolicies")):
            yield f"inlinePolicies[{i}].policy", part(item, "policy")


def statements_of(text: Any) -> list[dict[str, Any]] | None:
    """A document's statements; None when it is none."""
    try:
        document: Any = json.loads(text) if isinstance(text, str) else text
        statements: Any = document["Statement"]
    except (ValueError, TypeError, KeyError):
        return None
    return [statement for statement in as_list(statements) if isinstance(statement, dict)]


def granted(statement: dict[str, Any], actions: tuple[str, ...]) -> list[str]:
    """Which of `actions` the statement is about. IAM does not mind the case of actions."""
    if "NotAction" in statement:
        kept = [str(pattern).lower() for pattern in as_list(statement["NotAction"])]
        return [action for action in actions if not any(fnmatchcase(action.lower(), p) for p in kept)]
    patterns = [str(pattern).lower() for pattern in as_list(statement.get("Action"))]
    return [action for action in actions if any(fnmatchcase(action.lower(), p) for p in patterns)]


def is_wide(target: str) -> bool:
    """Whether an ARN stands for more than one resource: a wildcard in its last part, or nothing but one."""
    return "*" in target.rsplit(":", 1)[-1] or "?" in target.rsplit(":", 1)[-1]


def as_list(value: Any) -> list[Any]:
    """One or several, as IAM takes both."""
    if value is None:
        return []
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def on_many(statement: dict[str, Any]) -> bool:
    """Whether a statement is about more than named resources."""
    targets = as_list(statement.get("Resource", "*"))
    return "NotResource" in statement or any(is_wide(str(target)) for target in targets)


def carriers_by_role(graph: Graph) -> dict[str, list[Resource]]:
    """What carries each role's documents, by the role's identity: itself, its policies, those attached."""
    found: dict[str, dict[str, Resource]] = defaultdict(dict)
    for role, carrier in _role_policies(graph):
        if isinstance(role, Found) and isinstance(carrier, Resource):
            found[role.identity][carrier.urn] = carrier
    return {role: list(carriers.values()) for role, carriers in found.items()}


def _role_policies(graph: Graph) -> Iterator[tuple[Target, Target]]:
    for role in graph.of(aws.IAM_ROLE):
        yield role, role
    for policy in graph.of(aws.IAM_ROLE_POLICY):
        yield graph.target(policy, "role", aws.IAM_ROLE), policy
    for kind, named in ROLES_OF.items():
        for attachment in graph.of(kind):
            for policy in _each(graph, attachment, ATTACHMENTS[kind], aws.IAM_POLICY):
                roles = _each(graph, attachment, named, aws.IAM_ROLE) if named else [attachment]
                yield from ((role, policy) for role in roles)


def _each(graph: Graph, resource: Resource, key: str, kind: str) -> list[Target]:
    """What a property refers to, whether it is a list or one."""
    return graph.targets(resource, key, kind) or [graph.target(resource, key, kind)]
