"""What moves traffic leads to no other permission, also where a role's policies are several."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.permissions import carriers_by_role, documents_of, granted, on_many, statements_of
from policy.facts.references import well_architected
from policy.facts.resource import Resource
from policy.rules.permissions.failover_iam_limited import TrafficActions
from policy.rules.rule import Level, Parameters, StackRule


class RoleParameters(TrafficActions, Parameters):
    """What moves traffic, and what leads to other permissions."""


def _check(graph: Graph, parameters: RoleParameters) -> Iterator[Finding]:
    for carriers in carriers_by_role(graph).values():
        documents = [
            (each, place, statements_of(text)) for each in carriers for place, text in documents_of(each)
        ]
        read = [(each, place, statements) for each, place, statements in documents if statements]
        moving = [
            (each, place)
            for each, place, statements in read
            if any(_allowed(statement, parameters.moving) for statement in statements)
        ]
        for each, place, statements in read:
            if moving and (each, place) not in moving:
                yield from _beside(each, place, statements, str(moving[0][0]), parameters)


def _beside(
    carrier: Resource, place: str, statements: list[dict[str, object]], mover: str, parameters: RoleParameters
) -> Iterator[Finding]:
    """What a policy adds to the one that moves traffic; each alone is judged by failover-iam-limited."""
    for statement in statements:
        leading = _allowed(statement, parameters.escalating) if on_many(statement) else []
        never = _allowed(statement, parameters.never)
        if leading or never:
            yield Finding(
                message=f"{place} of {carrier} allows {', '.join([*leading, *never])} to a role that moves "
                f"traffic by {mover}; name the resources, or leave it out.",
                resource=carrier,
            )


def _allowed(statement: dict[str, object], actions: tuple[str, ...]) -> list[str]:
    return granted(statement, actions) if statement.get("Effect") == "Allow" else []


_ROLE = """
            role: {type: aws:iam:Role, properties: {name: monitor}}
            moves:
              type: aws:iam:RolePolicy
              properties:
                role: "${role.id}"
                policy: |
                  {"Statement": [{"Effect": "Allow", "Action": "ec2:AssociateAddress",
                    "Resource": "arn:aws:ec2:eu-central-1:123456789012:elastic-ip/eipalloc-0a1b2c3d"}]}
            more:
              type: aws:iam:RolePolicy
              properties:
                role: "${role.id}"
                policy: |
                  {"Statement": [{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "TARGET"}]}
        """

RULE = StackRule(
    name="failover-role-limited",
    title="Failover's role limited in all its policies",
    description="A role that can move addresses or routes gets no way to other permissions from another "
    "policy.",
    level=Level.MANDATORY,
    severity=Severity.HIGH,
    references=(well_architected("SEC03-BP02", "security-pillar/sec_permissions_least_privileges.html"),),
    tags=("access", "failover"),
    risk="A host on the internet that is taken over gets other roles, or other hosts.",
    remediation="Give the other policy to another role, or name the resources in it by ARN.",
    parameters=RoleParameters,
    check=_check,
    bad=_ROLE.replace("TARGET", "*"),
    good=_ROLE.replace("TARGET", "arn:aws:iam::123456789012:role/one"),
)
