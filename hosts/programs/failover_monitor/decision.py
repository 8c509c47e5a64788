"""The decision: stay, move, or tell that no move is possible. Pure: facts in, one of three answers out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .health import Health, Verdict

Role = Literal["main", "standby"]
Holder = Literal["main", "standby", "other", "nobody"]


@dataclass(frozen=True)
class Damping:
    """Seconds that a move waits after the last one, twofold with each further one, and when one is forgotten.

    The idea of RFC 2439 (route flap damping): two sick servers must not pass the address to and fro.
    """

    first: float
    longest: float
    forgotten_after: float


DAMPING = Damping(first=10.0, longest=600.0, forgotten_after=3600.0)
"""After a move the next one waits 10 s; each further move within the hour doubles that, up to 10 minutes."""


@dataclass(frozen=True)
class Stay:
    """The address stays where it is."""

    reason: str


@dataclass(frozen=True)
class Move:
    """The address goes to a server that is proven."""

    to: Role
    reason: str


@dataclass(frozen=True)
class Wait:
    """The holder is down and the other one proven, but the last move was a moment ago: people must know."""

    reason: str


@dataclass(frozen=True)
class NoMovePossible:
    """The holder is down and there is nowhere to go: people must know."""

    reason: str


Decision = Stay | Move | Wait | NoMovePossible


@dataclass(frozen=True)
class Facts:
    """What a decision is made of. `failback_after` is None when failback is manual; times in seconds."""

    holder: Holder
    main: Health
    standby: Health
    changes: tuple[float, ...]
    """When the address was seen to change hands, whoever moved it."""
    failback_after: float | None
    now: float
    damping: Damping = DAMPING


def decide(facts: Facts) -> Decision:
    """Where the address should be, by what is known."""
    wanted = _wanted(facts)
    if isinstance(wanted, Move) and facts.holder in ("main", "standby"):
        wait = hold_down(facts.changes, facts.now, facts.damping)
        if wait > 0:
            reason = f"{wanted.reason}; moved a moment ago, waiting {wait:.0f} s"
            holder = facts.main if facts.holder == "main" else facts.standby
            return Wait(reason) if holder.verdict is Verdict.DOWN else Stay(reason)
    return wanted


def hold_down(changes: tuple[float, ...], now: float, damping: Damping = DAMPING) -> float:
    """How many seconds the next move has to wait."""
    recent = [change for change in changes if now - change < damping.forgotten_after]
    if not recent:
        return 0.0
    return max(recent[-1] + min(damping.first * 2 ** (len(recent) - 1), damping.longest) - now, 0.0)


def _wanted(facts: Facts) -> Decision:
    if facts.holder == "main":
        return _leave_if_down(facts.main, facts.standby, "main", "standby")
    if facts.holder == "standby":
        return _failback(facts) or _leave_if_down(facts.standby, facts.main, "standby", "main")
    return _take(facts)


def _leave_if_down(holder: Health, other: Health, role: Role, other_role: Role) -> Decision:
    if holder.verdict is not Verdict.DOWN:
        return Stay(f"{role} has the address and is {holder.describe()}")
    if other.verdict is Verdict.PROVEN:
        return Move(other_role, f"{role} is {holder.describe()}, {other_role} is {other.describe()}")
    return NoMovePossible(f"{role} is {holder.describe()}, {other_role} is {other.describe()}")


def _failback(facts: Facts) -> Move | None:
    since = facts.main.proven_since
    if facts.failback_after is None or facts.main.verdict is not Verdict.PROVEN or since is None:
        return None
    healthy = facts.now - max((since, *facts.changes))
    if healthy < facts.failback_after:
        return None
    return Move("main", f"main is {facts.main.describe()} for {healthy / 60:.1f} minutes: automatic failback")


def _take(facts: Facts) -> Decision:
    """Neither has the address, as after a deployment or a replaced server: main first, if it is proven."""
    had = "nobody has the address" if facts.holder == "nobody" else "another instance has the address"
    if facts.main.verdict is Verdict.PROVEN:
        return Move("main", f"{had}, main is {facts.main.describe()}")
    if facts.main.verdict is Verdict.DOWN and facts.standby.verdict is Verdict.PROVEN:
        return Move("standby", f"{had}, main is {facts.main.describe()}")
    if facts.main.verdict is facts.standby.verdict is Verdict.DOWN:
        return NoMovePossible(
            f"{had}, main is {facts.main.describe()}, standby is {facts.standby.describe()}"
        )
    return Stay(f"{had}, main is {facts.main.describe()}, standby is {facts.standby.describe()}")
