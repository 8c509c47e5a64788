"""How a stack is deployed from where somebody is: hints name the command that works there."""

from __future__ import annotations

import os


def deploy_command(stack: str) -> str:
    """What deploys a stack: in the sandbox, to which `AWS_ENDPOINT_URL` leads, or on AWS."""
    if os.environ.get("AWS_ENDPOINT_URL"):
        return f"make up STACK={stack}"
    return f"pulumi up --stack {stack} --policy-pack policy"
