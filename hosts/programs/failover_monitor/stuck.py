"""Whether people have to know that the holder is down and the address stays: told once, and its end too."""

from __future__ import annotations

from .decision import Decision, NoMovePossible, Wait
from .journal import Journal
from .reports import Reports

STUCK_AFTER = 3.0
"""Seconds until `no move possible` is reported: standby may only just be earning its trust."""


class Stuck:
    """Notes each decision; `is_told` says whether people were told that nothing moves."""

    def __init__(self, reports: Reports, journal: Journal) -> None:
        self._reports = reports
        self._journal = journal
        self._since: float | None = None
        self.is_told = False

    def note(self, decision: Decision, now: float) -> bool:
        """Take in a decision; whether people were told of it."""
        if not isinstance(decision, NoMovePossible | Wait):
            if self.is_told:
                self._journal.info("no-longer-stuck", reason=decision.reason)
                self._reports.tell("no longer stuck", decision.reason)
            self._since, self.is_told = None, False
            return False
        self._since = now if self._since is None else self._since
        if self.is_told or now - self._since < STUCK_AFTER:
            return False
        self.is_told = True
        told = "no move yet" if isinstance(decision, Wait) else "no move possible"
        self._journal.warning(told.replace(" ", "-"), reason=decision.reason)
        self._reports.tell(told, decision.reason)
        return True
