"""What a deployed stack exports, as `pulumi stack output` tells it, without its secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from model.errors import AwsVpnError, WrongUseError
from model.stack_outputs import NotDeployedError, stack_outputs
from stacks.known import refuse_unknown, stack_names

PULUMI_TIMEOUT = 60
"""Seconds. Reading a stack's outputs is one request to the backend."""


def chosen_stacks(root: Path, stack: str | None, every: bool) -> tuple[str, ...]:
    """The stacks that `--stack S` or `--all` mean.

    Raises:
        AwsVpnError: not the project's folder.
        WrongUseError: not exactly one of both, or no such stack.
    """
    if not (root / "Pulumi.yaml").is_file():
        raise AwsVpnError(f"{root} has no Pulumi.yaml; run this in the project's folder")
    if (stack is None) != every:
        raise WrongUseError("one of --stack S and --all should be given")
    if stack is None:
        return stack_names(root)
    refuse_unknown(stack, root)
    return (stack,)


def read_outputs(stack: str, root: Path) -> dict[str, Any]:
    """The outputs of a stack.

    Raises:
        NotDeployedError: there are none.
        OutputsError: pulumi is missing, refuses or takes too long.
    """
    outputs = stack_outputs(stack, root, secrets=False, timeout=PULUMI_TIMEOUT)
    if "network" not in outputs:
        raise NotDeployedError(f"stack {stack} is not deployed")
    return outputs
