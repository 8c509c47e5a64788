"""A move, step by step, as a state machine. Pure: each step and what became of it in, the next step out.

Look -> Ask -> Verify -> Done
 ^       |       |
 +------ Pause <-+          Pause -> Abandoned, when the move is no longer wanted
"""

from __future__ import annotations

from dataclasses import dataclass

from .configuration import Configuration, Route, Server
from .decision import Holder, Role
from .view import View


@dataclass(frozen=True)
class Look:
    """Ask AWS how things stand; no answer is an answer too. `leaves` had the address when it was decided."""

    to: Role
    leaves: Holder
    attempt: int = 1


@dataclass(frozen=True)
class Ask:
    """Make the calls that are missing: the address first, what leads elsewhere, what is gone."""

    to: Role
    leaves: Holder
    attempt: int
    associate: bool
    point: tuple[Route, ...]
    create: tuple[Route, ...]


@dataclass(frozen=True)
class Verify:
    """Ask AWS whether it did all that."""

    to: Role
    leaves: Holder
    attempt: int


@dataclass(frozen=True)
class Pause:
    """An attempt failed, or AWS has not done it."""

    to: Role
    leaves: Holder
    attempt: int
    error: str


@dataclass(frozen=True)
class Done:
    """Address and routes are with the server."""

    to: Role
    attempt: int


@dataclass(frozen=True)
class Abandoned:
    """The move is no longer wanted, or another one has been made."""

    to: Role


@dataclass(frozen=True)
class Correction:
    """Calls that belong to no move: they bring routes back to the server that holds the address."""

    to: Role
    point: tuple[Route, ...]
    create: tuple[Route, ...]


Step = Look | Ask | Verify | Pause | Done | Abandoned


def looked(step: Look, configuration: Configuration, view: View | None) -> Ask | Abandoned:
    """After the look: what is not there yet, or all of it when AWS did not say how things stand."""
    if view is None:
        return Ask(step.to, step.leaves, step.attempt, associate=True, point=configuration.routes, create=())
    if _is_overtaken(step, view):
        return Abandoned(step.to)
    point, create = strays(configuration, view, step.to)
    return Ask(step.to, step.leaves, step.attempt, view.holder != step.to, point, create)


def strays(configuration: Configuration, view: View, to: Role) -> tuple[tuple[Route, ...], tuple[Route, ...]]:
    """The routes that do not point to a server: those that lead elsewhere, and those that are gone."""
    wrong = view.not_at(server(configuration, to).network_interface_id, configuration)
    return (
        tuple(route for route in wrong if view.routes.get(route) is not None),
        tuple(route for route in wrong if view.routes.get(route) is None),
    )


def asked(step: Ask, error: str | None) -> Verify | Pause:
    """After the calls, with the first one's error if any failed."""
    if error is None:
        return Verify(step.to, step.leaves, step.attempt)
    return Pause(step.to, step.leaves, step.attempt, error)


def verified(step: Verify, configuration: Configuration, view: View | str) -> Done | Pause | Abandoned:
    """After the second look, or its error."""
    if isinstance(view, str):
        error = view
    elif _is_overtaken(step, view):
        return Abandoned(step.to)
    elif view.holder != step.to:
        error = f"AWS took the move, yet the address is with {view.holder}"
    elif astray := view.astray(configuration):
        error = f"AWS took the move, yet {len(astray)} routes do not follow"
    else:
        return Done(step.to, step.attempt)
    return Pause(step.to, step.leaves, step.attempt, error)


def paused(step: Pause, *, still_wanted: bool) -> Look | Abandoned:
    """After the pause."""
    return Look(step.to, step.leaves, step.attempt + 1) if still_wanted else Abandoned(step.to)


def _is_overtaken(step: Look | Verify, view: View) -> bool:
    return view.holder in ("main", "standby") and view.holder not in (step.to, step.leaves)


def server(configuration: Configuration, role: Role) -> Server:
    """Main or standby."""
    return configuration.main if role == "main" else configuration.standby
