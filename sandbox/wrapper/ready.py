"""Getting a sandbox ready: engine, provider, cloud."""

from __future__ import annotations

import importlib.metadata
import os
from pathlib import Path
from typing import Any

import yaml

from sandbox.engine import bootstrap
from sandbox.wrapper import moto_process, variables
from sandbox.wrapper.places import ROOT, Places, engines
from sandbox.wrapper.say import say

_PLUGINS = (
    ("resource-aws", "pulumi-aws", ROOT / "sandbox" / "wrapper" / "pulumi-resource-aws"),
    ("language-python", "pulumi", ROOT / "sandbox" / "engine" / "pulumi-language-python"),
)
"""Each plugin's name, the package whose version it has, and its program."""

_DEFAULT_STACK = "dev"
_DEFAULT_REGION = "us-east-1"


def ready(places: Places, stack: str | None) -> dict[str, str]:
    """The variables by which commands see the sandbox, once all of it runs.

    `stack` is the stack whose region AWS clients are to use.

    Raises:
        SandboxError: the engine cannot be had, or the cloud does not start.
    """
    command = engine()
    _install_plugins(places)
    running = moto_process.ensure(places)
    places.backend.mkdir(exist_ok=True)
    return {**variables.aws(running.endpoint, region(stack)), **variables.pulumi(places, command)}


def engine() -> Path:
    """The engine that AWS_VPN_ENGINE chooses.

    Raises:
        SandboxError: it cannot be had.
    """
    return bootstrap.engine(
        bootstrap.Request(
            choice=os.environ.get("AWS_VPN_ENGINE", "auto"),
            search_path=variables.outside_path(os.environ),
            cache=engines(),
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


def _install_plugins(places: Places) -> None:
    """Puts the sandbox's provider and its host for Python where the engine keeps installed plugins.

    There the provider is found for the version that the program's SDK asks for; of one on PATH the engine
    warns always. An engine that brings a host for Python of its own prefers that.
    """
    for name, package, program in _PLUGINS:
        version = importlib.metadata.version(package)
        installed = places.home / "plugins" / f"{name}-v{version}" / program.name
        if installed.is_symlink() and installed.readlink() == program:
            continue
        installed.parent.mkdir(parents=True, exist_ok=True)
        installed.unlink(missing_ok=True)
        installed.symlink_to(program)
