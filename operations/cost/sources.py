"""Where an environment's resources are known from: its stack file, or its last deployment."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from model.prices.charges import Registered
from model.stack_outputs import stack_resources
from operations.outputs import PULUMI_TIMEOUT
from stacks.planned import planned
from stacks.settings import Settings


def of_settings(stack: str, settings: Settings) -> tuple[Registered, ...]:
    """What settings become, without an engine or an account.

    Raises:
        SettingsError: AWS has no names for it.
    """
    return planned(stack, settings)


def of_deployment(stack: str, root: Path) -> tuple[Registered, ...]:
    """What was deployed last, of the stack's state.

    Raises:
        NotDeployedError: nothing was.
        OutputsError: pulumi is missing, refuses or takes too long.
    """
    return tuple(map(_registered, stack_resources(stack, root, timeout=PULUMI_TIMEOUT)))


def _registered(resource: dict[str, Any]) -> Registered:
    refers_to = cast("dict[str, list[str]]", resource.get("propertyDependencies") or {})
    return Registered(
        urn=resource["urn"],
        type=resource["type"],
        name=resource["urn"].rsplit("::", 1)[-1],
        parent=resource.get("parent", ""),
        properties=resource.get("inputs") or {},
        refers_to={key: tuple(urns) for key, urns in refers_to.items()},
    )
