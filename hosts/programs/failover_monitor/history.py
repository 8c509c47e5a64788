"""When the address changed hands: what outlives a change of configuration, and what damps the next move."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Seen = Literal["same", "doubted", "changed"]


@dataclass
class History:
    """Every change of hands that this monitor made or saw, by the time it was noticed."""

    changes: list[float] = field(default_factory=list[float])
    _holders: list[str | None] = field(default_factory=list[str | None])
    _doubted: list[str | None] = field(default_factory=list[str | None])

    def moved(self, interface: str, now: float) -> None:
        """Take in a move that this monitor made."""
        self._take_in(interface, now)

    def saw(self, interface: str | None, now: float) -> Seen:
        """Take in which interface has the address, and whether that is another one than before.

        Another one is believed when it was seen twice in a row: AWS may answer with the state of a moment
        ago ("Eventual consistency in the Amazon EC2 API"), and a change that was none would damp a move.
        """
        if not self._holders or self._holders[-1] == interface:
            self._doubted = []
            self._holders = [interface]
            return "same"
        if self._doubted != [interface]:
            self._doubted = [interface]
            return "doubted"
        self._take_in(interface, now)
        return "changed"

    def _take_in(self, interface: str | None, now: float) -> None:
        """Taking it when nobody has it, as after a deployment, is no change that another move waits for."""
        if self._holders and self._holders[-1] not in (None, interface):
            self.changes.append(now)
        self._holders, self._doubted = [interface], []
