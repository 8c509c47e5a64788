"""Where the sandbox keeps things."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The project's own folder."""

SHIM = ROOT / "sandbox" / "wrapper" / "path"
"""The commands that stand before all others on PATH inside the sandbox."""

PROGRAMS = ROOT / ".venv" / "bin"
"""The project's own Python and its programs; inside the sandbox they are those on PATH."""


@dataclass(frozen=True)
class Places:
    """One sandbox's own folder, with all that it knows; sandboxes in different folders share nothing."""

    state: Path

    @property
    def home(self) -> Path:
        """Pulumi's home: plugins and workspace settings."""
        return self.state / "home"

    @property
    def backend(self) -> Path:
        """Pulumi's file backend: the stacks' states."""
        return self.state / "backend"

    @property
    def projects(self) -> Path:
        """The stand-ins of project folders, in which the engine may write."""
        return self.state / "projects"

    @property
    def cloud(self) -> Path:
        """What is known about the cloud's process."""
        return self.state / "cloud.json"


def places(environment: Mapping[str, str] = os.environ) -> Places:
    """The sandbox that AWS_VPN_SANDBOX_DIR names, or the project's own."""
    named = environment.get("AWS_VPN_SANDBOX_DIR")
    return Places(Path(named).absolute() if named else ROOT / ".sandbox" / "state")


def engines(environment: Mapping[str, str] = os.environ) -> Path:
    """Where downloaded and built engines are kept, for all clones of a user.

    AWS_VPN_ENGINE_CACHE names it; without it, it is in the user's cache (XDG Base Directory Specification).
    """
    named = environment.get("AWS_VPN_ENGINE_CACHE")
    if named:
        return Path(named).absolute()
    cache = environment.get("XDG_CACHE_HOME", "")
    return (Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache") / "aws-vpn" / "engine"
