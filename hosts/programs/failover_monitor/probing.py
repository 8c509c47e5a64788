"""The loops that probe each server's service and ping its host."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from .decision import Role
from .health import ProbeResult, Verdict
from .journal import Journal
from .probes import ServiceProbe, ping
from .situation import ROLES, Situation

PING_EVERY = 1.0


class Probing:
    """Keeps the servers' health in a situation up to date; `news` is called after each result."""

    def __init__(
        self, situation: Situation, probe: ServiceProbe, journal: Journal, news: Callable[[], None]
    ) -> None:
        self._situation = situation
        self._probe = probe
        self._journal = journal
        self._news = news
        self._told: dict[Role, Verdict] = {}

    async def run(self) -> None:
        """Probe and ping until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for role in ROLES:
                tasks.create_task(self._probe_on(role))
                tasks.create_task(self._ping_on(role))

    async def _probe_on(self, role: Role) -> None:
        interval = self._situation.configuration.timing.probe_interval
        due = time.monotonic()
        async with asyncio.TaskGroup() as probes:
            while True:
                probes.create_task(self._probe_once(role))
                # A monitor that stood still does not make up for the probes it missed.
                due = max(due + interval, time.monotonic())
                await asyncio.sleep(due - time.monotonic())

    async def _probe_once(self, role: Role) -> None:
        situation = self._situation
        if situation.view is None:
            return
        address = situation.view.private_addresses.get(role)
        if address is None:
            result = ProbeResult(time.monotonic(), 0, False, "its network interface does not exist")
        else:
            result = await self._probe(address, situation.configuration.timing.probe_timeout)
        if result is None:
            self._journal.warning("monitor-stood-still", server=role)
            return
        health = situation.health[role]
        health.record(result)
        verdict = health.verdict
        if verdict not in (Verdict.UNSURE, self._told.get(role)):
            self._told[role] = verdict
            self._journal.info("verdict", server=role, verdict=verdict.value, why=health.describe())
        self._news()

    async def _ping_on(self, role: Role) -> None:
        while True:
            view = self._situation.view
            address = view.private_addresses.get(role) if view else None
            if address is not None:
                self._situation.health[role].host_answers = await ping(address, PING_EVERY)
            await asyncio.sleep(PING_EVERY)
