"""The watch over one configuration: probes, looks at AWS, decides, moves, reports, all at the same time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial

from .cloud import Cloud
from .configuration import Configuration
from .decision import Decision, Holder, Move, Role
from .drill import DRILL_SECONDS, Drill, DrillResult
from .health import Verdict
from .history import History
from .journal import Journal
from .looking import Looking
from .move import Mover, MoveReport
from .notice import Notice
from .probes import ServiceProbe
from .probing import Probing
from .reports import Reports
from .situation import ROLES, Situation
from .stuck import Stuck
from .waiting import wait

METRICS_EVERY = 60.0
TELL_TROUBLE_AT_ATTEMPT = 3
LONGEST_TURN = 20.0
"""Seconds within which the deciding loop has to come round, also when each call of AWS's API hangs."""


class Watch:
    """Watches until cancelled. Only its deciding loop moves the address, a drill included."""

    def __init__(
        self,
        configuration: Configuration,
        probe: ServiceProbe,
        cloud: Cloud,
        journal: Journal,
        history: History,
        notice: Notice | None = None,
    ) -> None:
        self._notice = notice
        self._configuration = configuration
        self._journal = journal
        self._situation = Situation(configuration, history)
        self._reports = Reports(cloud, configuration, journal)
        self._mover = Mover(cloud, configuration)
        self._stuck = Stuck(self._reports, journal)
        self._moving = asyncio.Lock()
        self._news = asyncio.Event()
        self._probing = Probing(self._situation, probe, journal, self._news.set)
        self._looking = Looking(self._situation, cloud, self._moving, self._reports, journal, self._news.set)
        self._drills: asyncio.Queue[Drill] = asyncio.Queue()
        self._decision: Decision | None = None
        self._metrics_now = asyncio.Event()
        self._last_turn = time.monotonic()

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._probing.run())
            tasks.create_task(self._looking.run())
            tasks.create_task(self._decide_on())
            tasks.create_task(self._reports.send_messages())
            tasks.create_task(self._put_metrics())

    async def drill(self, to: Role | None) -> DrillResult:
        """Have the deciding loop move the address to the server named, or the other one, if it is proven."""
        request = Drill(to, asyncio.get_running_loop().create_future())
        self._drills.put_nowait(request)
        self._news.set()
        try:
            async with asyncio.timeout(DRILL_SECONDS):
                return await request.result
        except TimeoutError:
            return DrillResult(False, f"not done within {DRILL_SECONDS:g} s; see the monitor's journal")

    @property
    def fingerprint(self) -> str:
        """Which configuration this watch is over."""
        return self._configuration.fingerprint

    @property
    def unproven(self) -> list[Role]:
        """The servers that this watch, which may only just have begun, would not move to."""
        return [role for role in ROLES if self._situation.health[role].verdict is not Verdict.PROVEN]

    @property
    def is_turning(self) -> bool:
        """Whether the deciding loop comes round: what systemd's watchdog wants to know."""
        return time.monotonic() - self._last_turn < LONGEST_TURN

    async def settle(self) -> None:
        """Wait a while for messages that are not sent yet, and until no move is under way."""
        await self._reports.settle()
        async with self._moving:
            pass

    def describe(self) -> str:
        """How things stand, in one line."""
        return "looking at AWS for the first time" if self._decision is None else self._decision.reason

    async def _decide_on(self) -> None:
        while True:
            self._last_turn = time.monotonic()
            await wait(self._news, 1.0)
            while not self._drills.empty():
                await self._carry_out_drill(self._drills.get_nowait())
            decision = self._situation.decide(time.monotonic())
            if decision is not None:
                await self._act(decision)

    async def _act(self, decision: Decision) -> None:
        if type(decision) is not type(self._decision):
            self._journal.info("decision", decision=type(decision).__name__, reason=decision.reason)
        self._decision = decision
        if self._stuck.note(decision, time.monotonic()):
            self._metrics_now.set()
        if isinstance(decision, Move):
            await self._move(decision.to, decision.reason, partial(self._still_wants, decision.to))

    def _still_wants(self, to: Role) -> bool:
        self._last_turn = time.monotonic()
        return self._situation.still_wants(to, self._last_turn)

    async def _carry_out_drill(self, drill: Drill) -> None:
        situation, to = self._situation, drill.target(self._situation)
        until = time.monotonic() + DRILL_SECONDS - 5

        def still_wanted() -> bool:
            self._last_turn = time.monotonic()
            return self._last_turn < until and situation.health[to].verdict is not Verdict.DOWN

        objection = drill.objection(situation)
        if objection is not None:
            result = DrillResult(False, objection)
        else:
            report = await self._move(to, "drill", still_wanted)
            failed = f"not moved: AWS's API failed until the drill was given up, or {to} went down"
            result = DrillResult(report is not None, f"moved to {to}" if report else failed, report)
        if not drill.result.done():
            drill.result.set_result(result)

    async def _move(self, to: Role, reason: str, still_wanted: Callable[[], bool]) -> MoveReport | None:
        self._journal.info("move-began", to=to, reason=reason)
        self._situation.moves += 1
        leaves = self._situation.view.holder if self._situation.view else "nobody"
        await self._tell_clients(leaves)
        async with self._moving:
            report = await self._mover.move(
                to, leaves, still_wanted=still_wanted, trouble=partial(self._move_trouble, to)
            )
            if report is not None:
                self._moved(report, reason)
        if report is None:
            self._journal.warning("move-abandoned", to=to)
        self._looking.now.set()
        return report

    async def _tell_clients(self, leaves: Holder) -> None:
        """Before a planned move, while the server that is left still has the address to tell them from."""
        view = self._situation.view
        if self._notice is None or view is None or leaves not in ("main", "standby"):
            return
        address = view.private_addresses.get(leaves)
        if address is not None and self._situation.health[leaves].verdict is not Verdict.DOWN:
            told = await self._notice(address)
            self._journal.info("clients-told" if told else "clients-not-told", server=leaves)

    def _moved(self, report: MoveReport, reason: str) -> None:
        view = self._situation.view
        came_from = f" from {view.holder}" if view else ""
        self._situation.moved(report.to, time.monotonic())
        times = {"addressSeconds": round(report.address_seconds, 3), "seconds": round(report.seconds, 3)}
        self._journal.info("moved", to=report.to, reason=reason, attempts=report.attempts, **times)
        self._reports.tell(
            f"moved to {report.to}",
            f"Moved{came_from} to {report.to} with {len(self._configuration.routes)} routes. Why: {reason}\n"
            f"Address moved after {report.address_seconds:.2f} s, routes checked after"
            f" {report.seconds:.2f} s, {report.attempts} attempts.",
        )
        self._reports.count("Moves")
        self._reports.count("MoveSeconds", report.seconds)
        self._metrics_now.set()

    def _move_trouble(self, to: Role, error: str, attempt: int) -> None:
        self._reports.count("ApiErrors")
        self._journal.warning("move-attempt-failed", to=to, attempt=attempt, error=error)
        if attempt == TELL_TROUBLE_AT_ATTEMPT:
            self._reports.tell(f"move to {to} does not get through", f"{error}\nThe monitor goes on trying.")

    async def _put_metrics(self) -> None:
        while True:
            if self._situation.view is not None:
                await self._reports.put_metrics(self._gauges(self._situation.view.holder == "main"))
            await wait(self._metrics_now, METRICS_EVERY if self._situation.view else 1.0)

    def _gauges(self, on_main: bool) -> dict[str, float]:
        down = {role: self._situation.health[role].verdict is Verdict.DOWN for role in ROLES}
        return {
            "MainHealthy": float(not down["main"]),
            "StandbyHealthy": float(not down["standby"]),
            "AddressOnMain": float(on_main),
            "NoMovePossible": float(self._stuck.is_told),
        }
