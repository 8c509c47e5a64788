"""Getting a sandbox ready: engine, provider, cloud."""

from __future__ import annotations

import importlib.metadata
import os
from pathlib import Path
from typing import Any

import yaml

from sandbox.engine import bootstrap
from sandbox.wrapper import environment, moto_process
from sandbox.wrapper.places import ENGINES, ROOT, Places
from sandbox.wrapper.say import say

_PROVIDER = "pulumi-resource-aws"
_DEFAULT_STACK = "dev"
_DEFAULT_REGION = "us-east-1"


def ready(places: Places, stack: str | None) -> dict[str, str]:
    """The variables by which commands see the sandbox, once all of it runs.

    `stack` is the stack whose region AWS clients are to use.

    Raises:
        SandboxError: the engine cannot be had, or the cloud does not start.
    """
    command = engine()
    _install_provider(places)
    running = moto_process.ensure(places)
    places.backend.mkdir(exist_ok=True)
    return {**environment.aws(running.endpoint, region(stack)), **environment.pulumi(places, command)}


def engine() -> Path:
    """The engine that AWS_VPN_ENGINE chooses.

    Raises:
        SandboxError: it cannot be had.
    """
    return bootstrap.engine(
        bootstrap.Request(
            choice=os.environ.get("AWS_VPN_ENGINE", "auto"),
            search_path=environment.outside_path(os.environ),
            cache=ENGINES,
            say=say,
        )
    )


def region(stack: str | None) -> str:
    """The AWS region that a stack's file names; of a file that cannot be read others will complain."""
    try:
        path = ROOT / "stacks" / f"Pulumi.{stack or _DEFAULT_STACK}.yaml"
        document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return str(document["config"]["aws:region"])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError):
        return _DEFAULT_REGION


def _install_provider(places: Places) -> None:
    """Puts the sandbox's provider where the engine keeps installed ones.

    There it is found for the version that the program's SDK asks for; of one on PATH the engine warns always.
    """
    version = importlib.metadata.version("pulumi-aws")
    installed = places.home / "plugins" / f"resource-aws-v{version}" / _PROVIDER
    ours = Path(__file__).with_name(_PROVIDER)
    if installed.is_symlink() and installed.readlink() == ours:
        return
    installed.parent.mkdir(parents=True, exist_ok=True)
    installed.unlink(missing_ok=True)
    installed.symlink_to(ours)
