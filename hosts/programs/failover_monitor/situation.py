"""What a monitor knows, and what follows from it. Pure: no clock, no calls, nothing that waits."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, cast, get_args

from .configuration import Configuration
from .decision import DAMPING, Damping, Decision, Facts, Role, Stay, Wait, decide
from .health import Health, Verdict
from .history import History, Seen
from .moving import Correction, server, strays
from .view import View

ROLES = cast(tuple[Role, Role], get_args(Role))


@dataclass
class Situation:
    """The servers' health, the last look at AWS, and when the address changed hands."""

    configuration: Configuration
    history: History
    health: dict[Role, Health] = field(default_factory=dict[Role, Health])
    view: View | None = None
    moves: int = 0
    damping: Damping = DAMPING
    _astray: View | None = None

    def __post_init__(self) -> None:
        timing = self.configuration.timing
        for role in ROLES:
            self.health.setdefault(role, Health(timing.failures_to_move, timing.successes_to_trust))

    def looked(self, view: View, moves_before: int, now: float) -> Seen | Literal["dropped"]:
        """Take in a look that began when so many moves had begun.

        What AWS said before a move began says nothing now.
        """
        if self.moves != moves_before:
            return "dropped"
        seen = self.history.saw(view.holder_interface, now)
        if seen != "doubted":
            self.view = view
        return seen

    def correction(self) -> Correction | None:
        """What brings routes back to the address's holder, once they were astray at two looks in a row.

        At the first look another monitor may be in the middle of its move.
        """
        view, before, self._astray = self.view, self._astray, None
        if view is None or view.holder not in ("main", "standby") or not view.astray(self.configuration):
            return None
        if before is None or (before.holder, before.routes) != (view.holder, view.routes):
            self._astray = view
            return None
        return Correction(view.holder, *strays(self.configuration, view, view.holder))

    def decide(self, now: float) -> Decision | None:
        """Where the address should be; None before the first look."""
        if self.view is None:
            return None
        timing = self.configuration.timing
        return decide(
            Facts(
                holder=self.view.holder,
                main=self.health["main"],
                standby=self.health["standby"],
                changes=tuple(self.history.changes),
                failback_after=timing.failback_after if timing.failback == "automatic" else None,
                now=now,
                damping=self.damping,
            )
        )

    def still_wants(self, to: Role, now: float) -> bool:
        """Whether a move that was decided is still the right thing."""
        return not isinstance(self.decide(now), Stay | Wait) and self.health[to].verdict is not Verdict.DOWN

    def moved(self, to: Role, now: float) -> None:
        """Take in a move that this monitor has made and verified."""
        interface = server(self.configuration, to).network_interface_id
        self.history.moved(interface, now)
        if self.view is not None:
            routes = dict.fromkeys(self.configuration.routes, interface)
            self.view = replace(self.view, holder=to, holder_interface=interface, routes=routes)
