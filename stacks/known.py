"""Which stacks there are: those that the project's folder has files of."""

from __future__ import annotations

from pathlib import Path

from model.errors import AwsVpnError, WrongUseError


def stack_names(root: Path) -> tuple[str, ...]:
    """The stacks that the project's folder has files of."""
    return tuple(sorted(file.name.split(".")[1] for file in (root / "stacks").glob("Pulumi.*.yaml")))


def refuse_unknown(stack: str, root: Path) -> None:
    """Do nothing for a stack that has a file.

    Raises:
        AwsVpnError: not the project's folder.
        WrongUseError: no such stack.
    """
    known = stack_names(root)
    if not known:
        raise AwsVpnError(f"{root.resolve()} has no stacks/Pulumi.*.yaml; run this in the project's folder")
    if stack not in known:
        raise WrongUseError(f"no stack {stack!r}; should be one of {', '.join(known)}")
