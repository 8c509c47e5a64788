"""A move carried out: the address in one atomic call, the routes with it, then a look whether AWS did it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from .cloud import Cloud, CloudError
from .configuration import Configuration, Server
from .decision import Holder, Role
from .moving import (
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
    server,
    verified,
)
from .view import View

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
    """Carries out the steps of a move of one address and its routes."""

    def __init__(self, cloud: Cloud, configuration: Configuration) -> None:
        self._cloud = cloud
        self._configuration = configuration
        self._address_at: float | None = None

    async def move(
        self,
        to: Role,
        leaves: Holder,
        *,
        still_wanted: Callable[[], bool],
        trouble: Callable[[str, int], None],
    ) -> MoveReport | None:
        """Try until it is done, with growing random pauses; None when it was abandoned.

        `trouble` gets each failed attempt. A part of the move that is done already is not asked again.
        """
        began = time.monotonic()
        self._address_at = None
        step: Step = Look(to, leaves)
        while not isinstance(step, Done | Abandoned):
            if isinstance(step, Pause):
                trouble(step.error, step.attempt)
                await asyncio.sleep(pause(step.attempt))
                step = paused(step, still_wanted=still_wanted())
            else:
                step = await self._take(step)
        if isinstance(step, Abandoned):
            return None
        now = time.monotonic()
        return MoveReport(to, step.attempt, (self._address_at or now) - began, now - began)

    async def ask(self, step: Ask | Correction) -> str | None:
        """Make a step's calls, all at once and the address's first; the first one's error, if any failed."""
        target = server(self._configuration, step.to)
        is_move = isinstance(step, Ask) and step.associate
        calls: list[Awaitable[None]] = [self._associate(target)] if is_move else []
        calls += [self._cloud.point(route, target) for route in step.point]
        calls += [self._cloud.create(route, target) for route in step.create]
        return await _first_error(*calls)

    async def _take(self, step: Look | Ask | Verify) -> Step:
        if isinstance(step, Look):
            return looked(step, self._configuration, await self._look())
        if isinstance(step, Ask):
            return asked(step, await self.ask(step))
        try:
            return verified(step, self._configuration, await self._cloud.view(self._configuration))
        except CloudError as error:
            return verified(step, self._configuration, str(error))

    async def _associate(self, target: Server) -> None:
        await self._cloud.associate(self._configuration.allocation_id, target)
        self._address_at = time.monotonic()

    async def _look(self) -> View | None:
        """Who holds the address; None when AWS does not say so at once: then it is asked for all the same."""
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                return await self._cloud.view(self._configuration)
        except (TimeoutError, CloudError):
            return None


def pause(attempts: int) -> float:
    """Seconds until the next attempt: grows twofold, at random between half and all of it."""
    longest = min(FIRST_PAUSE * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)
    return longest * random.uniform(0.5, 1)  # noqa: S311


async def _first_error(*calls: Awaitable[None]) -> str | None:
    """All at once and each to its end; then the first failure, and how many more there were."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    failures = [result for result in results if isinstance(result, BaseException)]
    for failure in failures:
        if not isinstance(failure, CloudError):
            raise failure
    more = f", and {len(failures) - 1} more" if len(failures) > 1 else ""
    return f"{failures[0]}{more}" if failures else None
