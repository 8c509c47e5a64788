"""A running monitor: what it logs, and what a person beside it may ask."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labs.namespaces import Host, Program, wait_until


@dataclass
class Monitor:
    """A running monitor, and what it logged."""

    program: Program
    control: Path
    environment: Mapping[str, str]
    host: Host
    command: Sequence[str]

    def events(self, name: str | None = None) -> list[dict[str, Any]]:
        """The events it logged, in order."""
        found: list[dict[str, Any]] = []
        for line in self.program.log().splitlines():
            with suppress(ValueError):
                found.append(json.loads(line))
        return [event for event in found if name in (None, event["event"])]

    def wait(self, name: str, seconds: float, after: int = 0) -> dict[str, Any]:
        """Wait for an event, the one after so many others of its name."""
        wait_until(
            lambda: len(self.events(name)) > after or not self.program.is_running(),
            seconds,
            f"{name}: {self.program.log()[-3000:]}",
        )
        assert self.program.is_running(), self.program.log()
        return self.events(name)[after]

    def ask(self, *arguments: str, timeout: float = 70) -> subprocess.CompletedProcess[str]:
        """Run the command beside the monitor, as a person on its host does."""
        return self.host.run(
            ["env", *(f"{k}={v}" for k, v in self.environment.items()), *self.command, *arguments],
            timeout=timeout,
            check=False,
        )
