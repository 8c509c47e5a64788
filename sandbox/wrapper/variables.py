"""The environment variables that make a command see the sandbox, and nothing but the sandbox."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from sandbox.wrapper.places import PROGRAMS, ROOT, SHIM, Places

ENGINE = "AWS_VPN_SANDBOX_ENGINE"
"""The variable that tells the `pulumi` command on PATH which engine is behind it."""

_FOREIGN = ("AWS_", "PULUMI_", "LOCALSTACK_")
_OURS = ("AWS_VPN_", "PULUMI_STACK")
_NO_PROXY = ("NO_PROXY", "no_proxy")
_LOOPBACK = ("127.0.0.1", "localhost")


def aws(endpoint: str, region: str) -> dict[str, str]:
    """What every AWS SDK and the `aws` command need to talk to the sandbox's cloud, and no real account."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def pulumi(places: Places, engine: Path) -> dict[str, str]:
    """What keeps the engine to itself: its own home, states and passphrase, no account and no downloads."""
    return {
        ENGINE: str(engine),
        "AWS_VPN_SANDBOX_DIR": str(places.state),
        "PULUMI_HOME": str(places.home),
        # Files of metadata are not written in one step: an engine killed meanwhile would spoil the state.
        "PULUMI_BACKEND_URL": f"{places.backend.as_uri()}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE": "sandbox",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "1",
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "1",
    }


def inside(base: Mapping[str, str], additions: Mapping[str, str]) -> dict[str, str]:
    """The environment of a command in the sandbox.

    `base` without the user's own AWS and Pulumi settings, with `additions`, and the sandbox's commands and
    the project's Python first on PATH.
    """
    kept = {
        name: value for name, value in base.items() if name.startswith(_OURS) or not name.startswith(_FOREIGN)
    }
    modules = [path for path in kept.pop("PYTHONPATH", "").split(os.pathsep) if path and path != str(ROOT)]
    return {
        **kept,
        **additions,
        **({"PYTHONPATH": os.pathsep.join(modules)} if modules else {}),
        **without_proxy(kept),
        "PATH": os.pathsep.join([str(SHIM), str(PROGRAMS), outside_path(base)]),
    }


def outside_path(base: Mapping[str, str]) -> str:
    """PATH without the sandbox's own commands: where an installed engine is looked for."""
    folders = base.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if folder not in (str(SHIM), str(PROGRAMS)))


def exports(settings: Mapping[str, str]) -> str:
    """`settings` as commands for a shell to evaluate."""
    unset = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")
    lines = [
        f"unset {' '.join(unset)}",
        *(f"export {name}={shlex.quote(value)}" for name, value in settings.items()),
    ]
    return "\n".join(lines)


def without_proxy(base: Mapping[str, str]) -> dict[str, str]:
    """What keeps proxies away from this machine, and from the hosts that the user's own settings name."""
    hosts = [host for name in _NO_PROXY for host in base.get(name, "").split(",") if host]
    return dict.fromkeys(_NO_PROXY, ",".join(dict.fromkeys([*hosts, *_LOOPBACK])))
