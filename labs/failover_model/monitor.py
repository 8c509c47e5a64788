"""One monitor of the model: what it does is the program's own code, on what it holds between two steps.

Time goes in rounds, and one route stands for all of them.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import NamedTuple

from hosts.programs.failover_monitor.configuration import Configuration, NatProbe, Route, Server, Timing
from hosts.programs.failover_monitor.decision import Damping, Holder, Move
from hosts.programs.failover_monitor.health import Health, ProbeResult
from hosts.programs.failover_monitor.history import History
from hosts.programs.failover_monitor.moving import (
    Abandoned,
    Ask,
    Correction,
    Done,
    Look,
    Pause,
    Step,
    Verify,
    asked,
    looked,
    paused,
    verified,
)
from hosts.programs.failover_monitor.situation import Situation
from hosts.programs.failover_monitor.view import View

MAIN, STANDBY, OTHER, GONE = "eni-main", "eni-standby", "eni-other", "eni-gone"
ROLES: dict[str | None, Holder] = {
    MAIN: "main",
    STANDBY: "standby",
    OTHER: "other",
    GONE: "other",
    None: "nobody",
}
ROUTE = Route("rtb-0123456789abcdef0", "172.27.0.0/24")
DAMPING = Damping(first=3, longest=6, forgotten_after=9)
"""The monitor's own, on a scale of rounds: a move is three steps long."""

CONFIGURATION = Configuration(
    name="model",
    environment="model",
    region="eu-central-1",
    allocation_id="eipalloc-0123456789abcdef0",
    main=Server("i-main", MAIN),
    standby=Server("i-standby", STANDBY),
    routes=(ROUTE,),
    probe=NatProbe(9443),
    timing=Timing(1, 1, failures_to_move=2, successes_to_trust=1, failback="manual", failback_after=60),
    topic_arn="arn:aws:sns:eu-central-1:123456789012:alerts",
    metric_namespace="aws-vpn",
)


class Cloud(NamedTuple):
    """What AWS has: the address's interface, and the route's target."""

    holder: str | None = MAIN
    route: str | None = MAIN


class Monitor(NamedTuple):
    """What one monitor holds between two steps. Times are in rounds before now."""

    main: tuple[int, int] = (0, 0)
    standby: tuple[int, int] = (0, 0)
    view: Cloud | None = None
    known: tuple[str | None, ...] = ()
    doubted: tuple[str | None, ...] = ()
    changes: tuple[float, ...] = ()
    astray: Cloud | None = None
    step: Step | Correction | None = None
    own: tuple[float, ...] = ()
    """When it took the address from somebody; no part of the program, kept to judge it by."""


class ViolationError(AssertionError):
    """A monitor did what it must not do."""


def forget() -> None:
    """Forget what the monitors' code has answered so far, before it is another one."""
    for function in (answered, told, probed, _recorded, _view):
        function.cache_clear()


@cache
def answered(monitor: Monitor, answer: Cloud | None) -> Monitor:
    """A monitor's step after AWS has said how things stand, or has not."""
    situation, step = _situation(monitor), monitor.step
    view = None if answer is None else _view(answer)
    match step:
        case Look():
            return monitor._replace(step=_kept(looked(step, CONFIGURATION, view)))
        case Verify():
            after = verified(step, CONFIGURATION, view or "")
            if isinstance(after, Done):
                situation.moved(step.to, 0)
                own = monitor.own if step.leaves in ("nobody", step.to) else (*monitor.own, 0)
                return _monitor(situation, None, own)
            return monitor._replace(step=_kept(after))
        case Pause():
            wanted = situation.still_wants(step.to, 0)
            return monitor._replace(step=_kept(paused(step, still_wanted=wanted)))
        case _:
            return _decided(monitor, situation, view)


@cache
def told(monitor: Monitor, is_done: bool) -> Monitor:
    """A monitor's step after its calls were taken, or an error came back. A correction is one step alone."""
    step = monitor.step
    assert isinstance(step, Ask | Correction)
    if isinstance(step, Correction):
        return monitor._replace(step=None)
    return monitor._replace(step=asked(step, None if is_done else ""))


def _decided(monitor: Monitor, situation: Situation, view: View | None) -> Monitor:
    if view is not None and situation.looked(view, situation.moves, 0) != "doubted":
        correction = situation.correction()
        if correction is not None:
            return _monitor(situation, correction, monitor.own)
    decision = situation.decide(0)
    if not isinstance(decision, Move):
        return _monitor(situation, None, monitor.own)
    assert situation.view
    if situation.view.holder in ("main", "standby") and monitor.own:
        least = min(DAMPING.first * 2 ** (len(monitor.own) - 1), DAMPING.longest)
        if -monitor.own[-1] < least:
            raise ViolationError(f"moves again after {-monitor.own[-1]} rounds, has to wait {least}")
    return _monitor(situation, Look(decision.to, situation.view.holder), monitor.own)


def _kept(step: Step) -> Step | None:
    """A step without what makes no difference: how often it was tried, and why once more."""
    match step:
        case Abandoned():
            return None
        case Pause():
            return replace(step, attempt=1, error="")
        case _:
            return replace(step, attempt=1)


@cache
def probed(monitor: Monitor, main_up: bool, standby_up: bool) -> Monitor:
    """A monitor at a round's end: one probe of each server, and a round has gone by."""
    later = aged(monitor, 1)
    if monitor.view is None:
        return later
    main, standby = _recorded(monitor.main, main_up), _recorded(monitor.standby, standby_up)
    return later._replace(main=main, standby=standby)


def aged(monitor: Monitor, rounds: float) -> Monitor:
    """A monitor so many rounds later, which has forgotten what the program forgets."""

    def older(times: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(time - rounds for time in times if rounds - time < DAMPING.forgotten_after)

    return monitor._replace(changes=older(monitor.changes), own=older(monitor.own))


@cache
def _recorded(health: tuple[int, int], is_up: bool) -> tuple[int, int]:
    probed = _health(health)
    probed.record(ProbeResult(0, 0, is_up, ""))
    timing = CONFIGURATION.timing
    return min(probed.failures, timing.failures_to_move), min(probed.successes, timing.successes_to_trust)


def _health(counts: tuple[int, int]) -> Health:
    health = Health(CONFIGURATION.timing.failures_to_move, CONFIGURATION.timing.successes_to_trust)
    health.failures, health.successes = counts
    return health


@cache
def _view(cloud: Cloud) -> View:
    return View(ROLES[cloud.holder], cloud.holder, "", {ROUTE: cloud.route}, {})


def _situation(monitor: Monitor) -> Situation:
    return Situation(
        CONFIGURATION,
        History(list(monitor.changes), list(monitor.known), list(monitor.doubted)),
        {"main": _health(monitor.main), "standby": _health(monitor.standby)},
        None if monitor.view is None else _view(monitor.view),
        damping=DAMPING,
        _astray=None if monitor.astray is None else _view(monitor.astray),
    )


def _monitor(situation: Situation, step: Step | Correction | None, own: tuple[float, ...]) -> Monitor:
    main, standby = ((health.failures, health.successes) for health in situation.health.values())
    history = situation.history
    return Monitor(
        main,
        standby,
        _cloud(situation.view),
        tuple(history._holders),
        tuple(history._doubted),
        tuple(history.changes),
        _cloud(situation._astray),
        step,
        own,
    )


def _cloud(view: View | None) -> Cloud | None:
    return None if view is None else Cloud(view.holder_interface, view.routes[ROUTE])
