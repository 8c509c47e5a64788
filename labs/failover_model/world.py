"""The world around two monitors: AWS, the servers, and everything that can happen next.

Time goes in rounds: each monitor takes one step, then probes see how the servers are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from hosts.programs.failover_monitor.decision import Role
from hosts.programs.failover_monitor.moving import Ask, Correction
from hosts.programs.failover_monitor.view import ELSEWHERE
from labs.failover_model.monitor import (
    DAMPING,
    GONE,
    MAIN,
    OTHER,
    STANDBY,
    Cloud,
    Monitor,
    ViolationError,
    aged,
    answered,
    probed,
    told,
)

Api = Literal["fine", "fails", "stale", "half", "late"]
"""How a call ends: as it should, refused, with what AWS had a moment ago, in part, or long after its time."""


class World(NamedTuple):
    """Everything, between two steps. `late` is a call under way.

    What AWS had at the end of the last round is in `last`; `before` is a round older, and may still be told.
    """

    main_up: bool
    standby_up: bool
    cloud: Cloud
    before: Cloud
    last: Cloud
    faults_left: int
    late: Ask | Correction | None = None
    turn: int = 0
    monitors: tuple[Monitor, Monitor] = (Monitor(), Monitor())

    @property
    def is_good(self) -> bool:
        """Address and route are with a server that is up, or none is; and the monitors have come to rest."""
        holder, route = self.cloud
        up = (MAIN,) * self.main_up + (STANDBY,) * self.standby_up
        at_rest = self.late is None and not any(monitor.step for monitor in self.monitors)
        return at_rest and (not up or (holder in up and route == holder))


def beginning(main_up: bool, standby_up: bool, cloud: Cloud, faults: int) -> World:
    """A world in which both monitors start, with so many faults to come."""
    return World(main_up, standby_up, cloud, cloud, cloud, faults)


def successors(world: World) -> Iterator[World]:
    """Every world that may come next."""
    yield fair(world)
    if world.late is not None:
        yield stepped(world, "fine")
    if world.faults_left:
        spent = world._replace(faults_left=world.faults_left - 1)
        is_asking = isinstance(world.monitors[world.turn].step, Ask | Correction)
        kinds: tuple[Api, ...] = ("fails", "half", "late") if is_asking else ("fails", "stale")
        for api in kinds:
            yield stepped(spent, api)
        for event in EVENTS:
            yield event(spent)


def fair(world: World) -> World:
    """What comes next when nothing goes wrong: a late call is carried out, then steps are taken."""
    if world.late is not None:
        return world._replace(cloud=applied(world.cloud, world.late, "fine"), late=None)
    return stepped(world, "fine")


def stepped(world: World, api: Api) -> World:
    """One step of the monitor whose turn it is, and the end of the round after the last one's."""
    monitors = list(world.monitors)
    monitor, cloud, late = monitors[world.turn], world.cloud, world.late
    if isinstance(monitor.step, Ask | Correction):
        cloud = applied(cloud, monitor.step, api)
        late = monitor.step if api == "late" else late
        monitors[world.turn] = told(monitor, api == "fine")
    else:
        answers = {"fine": world.cloud, "stale": world.before}
        monitors[world.turn] = answered(monitor, answers.get(api))
        is_known = monitor.known == (world.cloud.holder,) and not monitor.doubted
        if monitor.step is None and is_known and monitors[world.turn].known != monitor.known:
            raise ViolationError("takes what AWS had a moment ago for a change of hands")
    after = world._replace(cloud=cloud, late=late, turn=1, monitors=(monitors[0], monitors[1]))
    return after if world.turn == 0 else _round_ended(after)


def applied(cloud: Cloud, calls: Ask | Correction, api: Api) -> Cloud:
    """What AWS has after a step's calls; those in part are the address's alone."""
    if api in ("fails", "late"):
        return cloud
    interface = MAIN if calls.to == "main" else STANDBY
    pointed = bool(calls.point) and cloud.route is not None
    made = bool(calls.create) and cloud.route is None
    return Cloud(
        interface if isinstance(calls, Ask) and calls.associate else cloud.holder,
        interface if (pointed or made) and api != "half" else cloud.route,
    )


def _round_ended(world: World) -> World:
    first, second = (probed(monitor, world.main_up, world.standby_up) for monitor in world.monitors)
    return world._replace(before=world.last, last=world.cloud, turn=0, monitors=(first, second))


def _power(role: Role) -> Callable[[World], World]:
    """A server goes down, or comes back."""
    if role == "main":
        return lambda world: world._replace(main_up=not world.main_up)
    return lambda world: world._replace(standby_up=not world.standby_up)


def _replaced(role: Role) -> Callable[[World], World]:
    """A new instance in a server's place; both monitors take over a configuration with its interface."""
    interface = MAIN if role == "main" else STANDBY

    def reconfigured(monitor: Monitor) -> Monitor:
        known = tuple(GONE if holder == interface else holder for holder in monitor.known)
        return Monitor(known=known, changes=monitor.changes, own=monitor.own)

    def event(world: World) -> World:
        holder, route = world.cloud
        cloud = Cloud(None if holder == interface else holder, ELSEWHERE if route == interface else route)
        late = None if world.late and world.late.to == role else world.late
        first, second = map(reconfigured, world.monitors)
        up = {"main_up": True} if role == "main" else {"standby_up": True}
        return world._replace(
            cloud=cloud, before=cloud, last=cloud, late=late, monitors=(first, second), **up
        )

    return event


def _given(cloud: Callable[[Cloud], Cloud]) -> Callable[[World], World]:
    """A person changes what AWS has."""
    return lambda world: world._replace(cloud=cloud(world.cloud))


def _restarted(number: int) -> Callable[[World], World]:
    """A monitor dies, and another starts that knows nothing."""

    def event(world: World) -> World:
        monitors = list(world.monitors)
        monitors[number] = Monitor()
        return world._replace(monitors=(monitors[0], monitors[1]))

    return event


def _jumped(world: World) -> World:
    """Both clocks jump, as after machines that stood still: every move of before is forgotten."""
    first, second = (aged(monitor, DAMPING.forgotten_after) for monitor in world.monitors)
    return world._replace(monitors=(first, second))


EVENTS: tuple[Callable[[World], World], ...] = (
    _power("main"),
    _power("standby"),
    _replaced("main"),
    _replaced("standby"),
    _given(lambda cloud: cloud._replace(holder=STANDBY if cloud.holder == MAIN else MAIN)),
    _given(lambda cloud: cloud._replace(holder=OTHER)),
    _given(lambda cloud: cloud._replace(holder=None)),
    _given(lambda cloud: cloud._replace(route=None)),
    _given(lambda cloud: cloud._replace(route=ELSEWHERE)),
    _restarted(0),
    _restarted(1),
    _jumped,
)
