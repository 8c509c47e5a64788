"""Bucket policies as far as moto understands them.

moto looks at a statement's effect, actions and resources, and passes over its conditions: "deny what does not
come over TLS", which every bucket should have, denies everybody everything. Statements with conditions are
left out of what it evaluates. The sandbox answers over plain HTTP on this machine alone, where a request that
the condition would refuse cannot be told from one that it would let pass.
"""

from __future__ import annotations

import json
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket


def install() -> None:
    """Let every bucket of this process have its policy evaluated so; to be called before any is used."""
    FakeBucket.get_permission = _permission


def _permission(self: FakeBucket, action: str, resource: str) -> PermissionResult:
    if self.policy is None:
        return PermissionResult.NEUTRAL
    document: dict[str, Any] = json.loads(self.policy)
    statements: Any = document.get("Statement", [])
    if isinstance(statements, dict):
        statements = [statements]
    document["Statement"] = [one for one in statements if "Condition" not in one]
    return IAMPolicy(json.dumps(document)).is_action_permitted(action, resource)
