"""SimulatePrincipalPolicy: what a role's policies say to actions on resources, before anybody calls them.

Rules: SimulatePrincipalPolicy in IAM's API reference; the evaluation is the one that callers are held to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.exceptions import NoSuchEntity
from moto.iam.models import Role
from moto.iam.responses import IamResponse

from sandbox.moto_server.permissions.policy import Request, decide

Result = dict[str, Any]


class SimulationResponse(IamResponse):
    """IAM's actions that try policies out."""

    def simulate_principal_policy(self) -> ActionResult:
        """SimulatePrincipalPolicy, for roles."""
        asked: dict[str, Any] = self.params  # pyright: ignore[reportAssignmentType]
        documents = self._documents(asked["PolicySourceArn"])
        context = {
            entry["ContextKeyName"].lower(): tuple(entry["ContextKeyValues"])
            for entry in asked.get("ContextEntries") or ()
        }
        results: list[Result] = []
        for action in asked["ActionNames"]:
            for resource in asked.get("ResourceArns") or ["*"]:
                verdict = decide(documents, Request(action, resource, context))
                results.append(
                    {"EvalActionName": action, "EvalResourceName": resource, "EvalDecision": verdict.value}
                )
        return ActionResult({"EvaluationResults": results, "IsTruncated": False})

    def _documents(self, arn: str) -> list[str]:
        roles: list[Role] = list(self.backend.roles.values())
        role = next((role for role in roles if role.arn == arn), None)
        if role is None:
            raise NoSuchEntity(f"ARN {arn} does not exist.")
        return list(documents_of(role))


def documents_of(role: Role) -> Iterator[str]:
    """A role's own policies, and those attached to it."""
    yield from role.policies.values()
    for policy in role.managed_policies.values():
        yield from (one.document for one in policy.versions if one.version_id == policy.default_version_id)
