"""Where the sandbox keeps things."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The project's own folder."""

ENGINES = ROOT / ".sandbox" / "engine"
"""Downloaded and built engines; they outlive every sandbox."""

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
