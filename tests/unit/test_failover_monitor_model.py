"""The monitors held to a model of everything that can happen to them, explored to the last state."""

from __future__ import annotations

from itertools import product

import pytest

from hosts.programs.failover_monitor import decision, moving, situation
from hosts.programs.failover_monitor.configuration import Route
from hosts.programs.failover_monitor.history import History, Seen
from hosts.programs.failover_monitor.view import ELSEWHERE, NAT_GATEWAY, View
from labs.failover_model.monitor import (
    CONFIGURATION,
    DAMPING,
    MAIN,
    OTHER,
    ROUTE,
    STANDBY,
    Cloud,
    ViolationError,
    forget,
)
from labs.failover_model.world import World, beginning, fair, successors

LEAST_STATES = 100_000
NOTICED, MOVE = 6, 4
"""Rounds in which a fault has been probed often enough and seen twice; and those of a move, once repeated."""


def explored(*beginnings: World) -> dict[World, World | None]:
    """Every world that can come after these, with the one that it was first reached from."""
    found: dict[World, World | None] = dict.fromkeys(beginnings)
    newest = list(found)
    while newest:
        reached: list[World] = []
        for world in newest:
            try:
                following = list(successors(world))
            except ViolationError as violation:
                raise ViolationError(f"{violation}\n{told(found, world)}") from None
            for one in following:
                if one not in found:
                    found[one] = world
                    reached.append(one)
        newest = reached
    return found


def steps_to_rest(found: dict[World, World | None]) -> dict[World, int]:
    """How many steps each world is from one where all is well and stays so, when nothing else goes wrong."""
    steps: dict[World, int] = {}
    for world in found:
        way: list[World] = []
        on_way: dict[World, int] = {}
        while world not in steps and world not in on_way:
            on_way[world] = len(way)
            way.append(world)
            world = fair(world)
        if world in on_way:
            circle = way[on_way[world] :]
            bad = next((one for one in circle if not one.is_good), None)
            assert bad is None, f"never comes to rest:\n{told(found, way[0])}\n...\n{bad}"
            steps |= dict.fromkeys(circle, 0)
            way = way[: on_way[world]]
        left = steps[world]
        for one in reversed(way):
            left = left + 1 if left or not one.is_good else 0
            steps[one] = left
    return steps


def told(found: dict[World, World | None], world: World | None) -> str:
    """How a world came about, a line a step."""
    lines: list[str] = []
    while world is not None:
        lines.append(str(world))
        world = found[world]
    return "\n".join(reversed(lines))


def seen_at_once(history: History, interface: str | None, now: float) -> Seen:
    """Another holder is believed at once."""
    if history._holders in ([], [interface]):
        history._holders = [interface]
        return "same"
    history._take_in(interface, now)
    return "changed"


def test_the_address_ends_with_a_healthy_server_whatever_happened() -> None:
    """From anywhere: within bounds, and without a move that damping forbids or one that is only believed.

    Two things more go wrong where address and route are together at the beginning, else one.
    """
    anywhere = [
        beginning(main_up, standby_up, Cloud(holder, route), faults=2 if holder == route else 1)
        for main_up, standby_up in product((True, False), repeat=2)
        for holder, route in product((MAIN, STANDBY, OTHER, None), (MAIN, STANDBY, ELSEWHERE, None))
    ]
    found = explored(*anywhere)
    assert len(found) >= LEAST_STATES
    rounds = max(steps_to_rest(found).values()) / len(anywhere[0].monitors)
    assert rounds <= NOTICED + DAMPING.longest + 2 * MOVE


@pytest.mark.parametrize(
    ("module", "name", "wrong", "found_by"),
    [
        (decision, "hold_down", lambda *_: 0.0, "moves again after"),
        (moving, "_is_overtaken", lambda *_: False, "never comes to rest"),
        (situation, "strays", lambda *_: ((), ()), "never comes to rest"),
        (History, "saw", seen_at_once, "takes what AWS had a moment ago"),
    ],
    ids=["no damping", "no other monitor", "no correction", "no doubt"],
)
def test_the_model_finds_a_monitor_that_is_wrong(
    module: object, name: str, wrong: object, found_by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    anywhere = beginning(False, True, Cloud(OTHER, MAIN), faults=2)
    monkeypatch.setattr(module, name, wrong)
    forget()
    try:
        with pytest.raises(AssertionError, match=found_by):
            steps_to_rest(explored(anywhere))
    finally:
        forget()


@pytest.mark.parametrize(
    ("target", "point", "create"),
    [(ELSEWHERE, (ROUTE,), ()), (None, (), (ROUTE,)), (NAT_GATEWAY, (), ()), (MAIN, (), ())],
)
def test_routes_are_brought_back_but_not_from_a_nat_gateway(
    target: str | None, point: tuple[Route, ...], create: tuple[Route, ...]
) -> None:
    view = View("main", MAIN, "", {ROUTE: target}, {})
    assert moving.strays(CONFIGURATION, view, "main") == (point, create)
    assert view.astray(CONFIGURATION) == [*point, *create]
