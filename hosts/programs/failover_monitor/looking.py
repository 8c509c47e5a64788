"""The loop that looks at AWS: who holds the address now, and routes that do not follow it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from .cloud import Cloud, CloudError
from .configuration import Route
from .journal import Journal
from .move import Mover
from .moving import Correction
from .reports import Reports
from .situation import Situation
from .view import View
from .waiting import wait

LOOK_EVERY = 5.0
LOOK_AGAIN = 1.0
REPEAT_TROUBLE_EVERY = 30.0


class Looking:
    """Keeps the view in a situation up to date. `moving` is held while the address is moved."""

    def __init__(
        self,
        situation: Situation,
        cloud: Cloud,
        moving: asyncio.Lock,
        reports: Reports,
        journal: Journal,
        news: Callable[[], None],
    ) -> None:
        self.now = asyncio.Event()
        """Set to have it look at once."""
        self._situation = situation
        self._cloud = cloud
        self._mover = Mover(cloud, situation.configuration)
        self._moving = moving
        self._reports = reports
        self._journal = journal
        self._news = news
        self._trouble_told: float | None = None

    async def run(self) -> None:
        """Look until cancelled; again soon when something may not be as it seems."""
        while True:
            is_settled = await self._look()
            await wait(self.now, LOOK_EVERY if is_settled else LOOK_AGAIN)

    async def _look(self) -> bool:
        situation, moves = self._situation, self._situation.moves
        try:
            view = await self._cloud.view(situation.configuration)
        except CloudError as error:
            self._failed(str(error))
            return False
        self._answered()
        if self._moving.locked():
            return False
        before = situation.view
        seen = situation.looked(view, moves, time.monotonic())
        if seen in ("dropped", "doubted"):
            return False
        if seen == "changed":
            self._tell_change(before, view)
        self._news()
        return await self._correct(view)

    def _tell_change(self, before: View | None, view: View) -> None:
        self._journal.info("changed-hands", holder=view.holder, interface=view.holder_interface)
        came_from = f" from {before.holder} ({before.holder_interface})" if before else ""
        self._reports.tell(
            f"address changed hands, now {view.holder}",
            f"{view.public_address} went{came_from} to {view.holder} ({view.holder_interface}). "
            "This monitor did not move it: another monitor, which then says so itself, a person or a"
            " deployment did (CloudTrail: AssociateAddress, DisassociateAddress).",
        )

    async def _correct(self, view: View) -> bool:
        """Whether nothing is left to correct."""
        async with self._moving:
            # Asked for now: a move that began meanwhile has changed what is right.
            correction = self._situation.correction()
            if correction is None:
                return not view.astray(self._situation.configuration)
            error = await self._mover.ask(correction)
        if error is not None:
            self._failed(error)
            return False
        self._tell_correction(correction, view)
        return True

    def _tell_correction(self, correction: Correction, view: View) -> None:
        pointed, made = _names(correction.point), _names(correction.create)
        self._journal.warning("routes-corrected", holder=correction.to, routes=pointed, made=made)
        deleted = f"These were deleted, and are there again: {', '.join(made)}. " if made else ""
        moved = (
            f"These did not follow the address to {correction.to}, and now do: {', '.join(pointed)}. "
            if pointed
            else ""
        )
        self._reports.tell(
            f"routes corrected, now to {correction.to}",
            f"{moved}{deleted}{view.public_address} is with {view.holder} ({view.holder_interface}). "
            "Who changed them: CloudTrail, ReplaceRoute and DeleteRoute.",
        )

    def _failed(self, error: str) -> None:
        now = time.monotonic()
        self._reports.count("ApiErrors")
        if self._trouble_told is None or now - self._trouble_told >= REPEAT_TROUBLE_EVERY:
            self._trouble_told = now
            self._journal.warning("api-unreachable", error=error, then="trying again")

    def _answered(self) -> None:
        if self._trouble_told is not None:
            self._trouble_told = None
            self._journal.info("api-answers-again")


def _names(routes: tuple[Route, ...]) -> list[str]:
    return [f"{route.destination} in {route.route_table_id}" for route in routes]
