"""A move: the address in one atomic call, the routes in the same step, then a look whether AWS did it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from .cloud import Cloud, CloudError, View
from .configuration import Configuration, Server
from .decision import Role
from .journal import Journal

LOOK_SECONDS = 0.5
"""How long the question who holds the address may delay a move."""

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0


@dataclass(frozen=True)
class MoveReport:
    """A move that is done: seconds until AWS had moved the address, and until routes were checked too."""

    to: Role
    attempts: int
    address_seconds: float
    seconds: float


class Mover:
    """Moves one address and its routes."""

    def __init__(self, cloud: Cloud, configuration: Configuration, journal: Journal) -> None:
        self._cloud = cloud
        self._configuration = configuration
        self._journal = journal

    async def move(
        self, to: Role, *, still_wanted: Callable[[], bool], trouble: Callable[[str, int], None]
    ) -> MoveReport | None:
        """Try until it is done, with growing random pauses; None when it is no longer wanted.

        `trouble` is told of each failed attempt. A part of the move that is done already is not asked again.
        """
        began = time.monotonic()
        address_at: float | None = None
        attempts = 0
        while still_wanted():
            attempts += 1
            try:
                address_at = await self._step(to) or address_at
                await self._verify(to)
            except CloudError as error:
                trouble(str(error), attempts)
                await asyncio.sleep(pause(attempts))
                continue
            now = time.monotonic()
            return MoveReport(to, attempts, (address_at or now) - began, now - began)
        return None

    async def point_routes(self, view: View) -> None:
        """Point the routes that are astray to the address's holder, as a view shows them."""
        if view.holder not in ("main", "standby"):
            return
        server = self.server(view.holder)
        await _all(*(self._cloud.point(route, server) for route in view.astray(self._configuration)))

    def server(self, role: Role) -> Server:
        """Main or standby."""
        return self._configuration.main if role == "main" else self._configuration.standby

    async def _step(self, to: Role) -> float | None:
        """Ask for what is not there yet; when the address was moved, if it was."""
        server = self.server(to)
        view = await self._look()
        moved_at: float | None = None

        async def associate() -> None:
            nonlocal moved_at
            await self._cloud.associate(self._configuration.allocation_id, server)
            moved_at = time.monotonic()

        steps = [
            self._cloud.point(route, server)
            for route in self._configuration.routes
            if view is None or view.routes.get(route) != server.network_interface_id
        ]
        if view is None or view.holder != to:
            steps.append(associate())
        await _all(*steps)
        return moved_at

    async def _look(self) -> View | None:
        """Who holds the address; None when AWS does not say so at once: then it is asked for all the same."""
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                return await self._cloud.view(self._configuration)
        except (TimeoutError, CloudError):
            return None

    async def _verify(self, to: Role) -> None:
        view = await self._cloud.view(self._configuration)
        if view.holder != to:
            raise CloudError(f"AWS took the move, yet the address is with {view.holder}")
        astray = view.astray(self._configuration)
        if astray:
            raise CloudError(f"AWS took the move, yet {len(astray)} routes do not follow")


def pause(attempts: int) -> float:
    """Seconds until the next attempt: grows twofold, at random between half and all of it."""
    longest = min(FIRST_PAUSE * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)
    return longest * random.uniform(0.5, 1)  # noqa: S311


async def _all(*calls: Awaitable[None]) -> None:
    """All at once and each to its end; then the first failure, and how many more there were."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    failures = [result for result in results if isinstance(result, BaseException)]
    if failures:
        more = f", and {len(failures) - 1} more" if len(failures) > 1 else ""
        if isinstance(failures[0], CloudError):
            raise CloudError(f"{failures[0]}{more}")
        raise failures[0]
