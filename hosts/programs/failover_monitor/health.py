"""A server's health, by the last probes of its service: hysteresis, so that one lost packet means nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """What the probes say about a server."""

    PROVEN = "proven"
    UNSURE = "unsure"
    DOWN = "down"


@dataclass(frozen=True)
class ProbeResult:
    """One probe: when it began and how long it took (seconds), and what it found."""

    began: float
    seconds: float
    answered: bool
    finding: str


class Health:
    """Proven after so many answers in a row, down after so many probes in a row without one.

    Probes overlap, so their results may come out of order. A failed probe says nothing when one that began
    later was answered already.
    """

    def __init__(self, failures_to_move: int, successes_to_trust: int) -> None:
        self._failures_to_move = failures_to_move
        self._successes_to_trust = successes_to_trust
        self._answered_last = float("-inf")
        self.failures = 0
        self.successes = 0
        self.finding = "not probed yet"
        self.host_answers: bool | None = None
        self.proven_since: float | None = None

    def record(self, result: ProbeResult) -> None:
        """Take a probe's result in."""
        if result.answered:
            self._answered_last = max(self._answered_last, result.began)
            self.failures = 0
            self.successes += 1
            if self.successes == self._successes_to_trust:
                self.proven_since = result.began + result.seconds
        elif result.began < self._answered_last:
            return
        else:
            self.failures += 1
            self.successes = 0
            self.proven_since = None
        self.finding = result.finding

    @property
    def verdict(self) -> Verdict:
        """What is to be thought of the server now."""
        if self.failures >= self._failures_to_move:
            return Verdict.DOWN
        return Verdict.PROVEN if self.successes >= self._successes_to_trust else Verdict.UNSURE

    def describe(self) -> str:
        """The verdict and why, in words: a dead process on a living host is told from a dead host."""
        if self.verdict is Verdict.PROVEN:
            return f"proven ({self.finding})"
        host = {True: "host answers ping", False: "host does not answer ping", None: "host not pinged"}
        return f"{self.verdict.value} ({self.finding}; {host[self.host_answers]})"
