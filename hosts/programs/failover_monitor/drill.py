"""A drill: a planned move, asked for by a person, and what became of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from .decision import Role
from .health import Verdict
from .move import MoveReport
from .situation import Situation

DRILL_SECONDS = 60.0


@dataclass(frozen=True)
class DrillResult:
    """What became of a drill, and the report of its move if it was made."""

    done: bool
    explanation: str
    report: MoveReport | None = None


@dataclass
class Drill:
    """A request, and where its result is awaited."""

    to: Role | None
    result: asyncio.Future[DrillResult]

    def target(self, situation: Situation) -> Role:
        """Where it goes: as asked, else to where the address is not."""
        on_standby = situation.view is not None and situation.view.holder == "standby"
        return self.to or ("main" if on_standby else "standby")

    def objection(self, situation: Situation) -> str | None:
        """Why it is not done, if it is not."""
        to = self.target(situation)
        if situation.view is None:
            return "AWS has not said yet who holds the address"
        if situation.view.holder == to:
            return f"{to} has the address already"
        if situation.health[to].verdict is not Verdict.PROVEN:
            return f"{to} is {situation.health[to].describe()}: not moved"
        return None
