"""The watch over one configuration: probe, look at AWS, decide, move, correct, report."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import cast, get_args

from .cloud import Cloud, CloudError, View
from .configuration import Configuration
from .decision import Decision, Facts, Move, NoMovePossible, Role, Stay, Wait, decide
from .health import Health, ProbeResult, Verdict
from .journal import Journal
from .move import Mover, MoveReport
from .probes import ServiceProbe, ping
from .reports import Reports

ROLES = cast(tuple[Role, Role], get_args(Role))
LOOK_EVERY = 5.0
LOOK_AGAIN = 1.0
STUCK_AFTER = 3.0
"""Seconds until `no move possible` is told: standby may only just be earning its trust."""

METRICS_EVERY = 60.0
REPEAT_TROUBLE_EVERY = 30.0
TELL_TROUBLE_AT_ATTEMPT = 3
DRILL_SECONDS = 60.0
LONGEST_TURN = 20.0
"""Seconds within which the deciding loop has to come round, also when each call of AWS's API hangs."""


@dataclass(frozen=True)
class DrillResult:
    """What became of a drill, and the report of its move if it was made."""

    done: bool
    explanation: str
    report: MoveReport | None = None


@dataclass
class _Drill:
    to: Role | None
    result: asyncio.Future[DrillResult]


@dataclass
class History:
    """What outlives a change of configuration: when the address changed hands."""

    changes: list[float] = field(default_factory=list[float])
    _holders: list[str | None] = field(default_factory=list[str | None])

    def saw(self, interface: str | None, now: float) -> bool:
        """Take in which interface has the address; whether that is another one than before.

        Taking it when nobody has it, as after a deployment, is no change that another move waits for.
        """
        changed = bool(self._holders) and self._holders[-1] != interface
        if changed and self._holders[-1] is not None:
            self.changes.append(now)
        self._holders = [interface]
        return changed


class Watch:
    """Watches until cancelled. Only its deciding loop moves anything, a drill included."""

    def __init__(
        self,
        configuration: Configuration,
        probe: ServiceProbe,
        cloud: Cloud,
        journal: Journal,
        history: History,
    ) -> None:
        timing = configuration.timing
        self._configuration = configuration
        self._probe = probe
        self._cloud = cloud
        self._journal = journal
        self._history = history
        self._reports = Reports(cloud, configuration, journal)
        self._mover = Mover(cloud, configuration, journal)
        self._health = {role: Health(timing.failures_to_move, timing.successes_to_trust) for role in ROLES}
        self._view: View | None = None
        self._news = asyncio.Event()
        self._look_now = asyncio.Event()
        self._drills: asyncio.Queue[_Drill] = asyncio.Queue()
        self._moving = asyncio.Lock()
        self._decision: Decision | None = None
        self._stuck_since: float | None = None
        self._stuck_told = False
        self._api_trouble_told: float | None = None
        self._moves = 0
        self._told_verdicts: dict[Role, Verdict] = {}
        self._metrics_now = asyncio.Event()
        self._last_turn = time.monotonic()

    async def run(self) -> None:
        """Watch for ever."""
        async with asyncio.TaskGroup() as tasks:
            for role in ROLES:
                tasks.create_task(self._probe_for_ever(role))
                tasks.create_task(self._ping_for_ever(role))
            tasks.create_task(self._look_for_ever())
            tasks.create_task(self._decide_for_ever())
            tasks.create_task(self._reports.send_messages())
            tasks.create_task(self._put_metrics_for_ever())

    async def drill(self, to: Role | None) -> DrillResult:
        """Have the deciding loop move the address to the server named, or the other one, if it is proven."""
        request = _Drill(to, asyncio.get_running_loop().create_future())
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
        return [role for role in ROLES if self._health[role].verdict is not Verdict.PROVEN]

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

    async def _probe_for_ever(self, role: Role) -> None:
        interval = self._configuration.timing.probe_interval
        due = time.monotonic()
        async with asyncio.TaskGroup() as probes:
            while True:
                probes.create_task(self._probe_once(role))
                # A monitor that stood still does not make up for the probes it missed.
                due = max(due + interval, time.monotonic())
                await asyncio.sleep(due - time.monotonic())

    async def _probe_once(self, role: Role) -> None:
        view = self._view
        if view is None:
            return
        address = view.private_addresses.get(role)
        if address is None:
            result = ProbeResult(time.monotonic(), 0, False, "its network interface does not exist")
        else:
            result = await self._probe(address, self._configuration.timing.probe_timeout)
        if result is None:
            self._journal.warning("monitor-stood-still", server=role)
            return
        health = self._health[role]
        health.record(result)
        verdict = health.verdict
        if verdict not in (Verdict.UNSURE, self._told_verdicts.get(role)):
            self._told_verdicts[role] = verdict
            self._journal.info("verdict", server=role, verdict=verdict.value, why=health.describe())
        self._news.set()

    async def _ping_for_ever(self, role: Role) -> None:
        while True:
            address = self._view.private_addresses.get(role) if self._view else None
            if address is not None:
                self._health[role].host_answers = await ping(address, 1.0)
            await asyncio.sleep(1.0)

    async def _look_for_ever(self) -> None:
        astray_before: object = None
        while True:
            view = await self._look()
            astray = view.astray(self._configuration) if view else []
            # Seen twice: at the first look another monitor may be in the middle of its move.
            if view and astray and astray_before == (view.holder, astray):
                await self._correct(view)
                astray = []
            astray_before = (view.holder, astray) if view and astray else None
            await _wait(self._look_now, LOOK_AGAIN if astray or view is None else LOOK_EVERY)

    async def _look(self) -> View | None:
        moves = self._moves
        try:
            view = await self._cloud.view(self._configuration)
        except CloudError as error:
            self._api_failed(str(error))
            return None
        self._api_answered()
        if self._moving.locked() or self._moves != moves:
            return None  # A move began since; what AWS said before it says nothing now.
        self._take_in(view)
        return view

    def _take_in(self, view: View) -> None:
        self._view = view
        if self._history.saw(view.holder_interface, time.monotonic()):
            self._journal.info("changed-hands", holder=view.holder, interface=view.holder_interface)
            self._reports.tell(
                f"address changed hands, now {view.holder}",
                f"{view.public_address} is now with {view.holder} ({view.holder_interface}). "
                "This monitor did not move it: another monitor, a person or a deployment did.",
            )
        self._news.set()

    async def _correct(self, view: View) -> None:
        async with self._moving:
            astray = [
                f"{route.destination} in {route.route_table_id}" for route in view.astray(self._configuration)
            ]
            try:
                await self._mover.point_routes(view)
            except CloudError as error:
                self._api_failed(str(error))
                return
        self._journal.warning("routes-corrected", holder=view.holder, routes=astray)
        self._reports.tell(
            f"routes corrected, now to {view.holder}",
            f"These routes did not follow the address to {view.holder}, and now do: {', '.join(astray)}.",
        )

    async def _decide_for_ever(self) -> None:
        while True:
            self._last_turn = time.monotonic()
            await _wait(self._news, 1.0)
            while not self._drills.empty():
                await self._do_drill(self._drills.get_nowait())
            if self._view is not None:
                await self._act(self._decide(self._view))

    def _decide(self, view: View) -> Decision:
        timing = self._configuration.timing
        return decide(
            Facts(
                holder=view.holder,
                main=self._health["main"],
                standby=self._health["standby"],
                changes=tuple(self._history.changes),
                failback_after=timing.failback_after if timing.failback == "automatic" else None,
                now=time.monotonic(),
            )
        )

    async def _act(self, decision: Decision) -> None:
        if type(decision) is not type(self._decision):
            self._journal.info("decision", decision=type(decision).__name__, reason=decision.reason)
        self._decision = decision
        self._note_stuck(decision)
        if isinstance(decision, Move):
            await self._move(decision.to, decision.reason)

    def _note_stuck(self, decision: Decision) -> None:
        now = time.monotonic()
        if isinstance(decision, NoMovePossible | Wait):
            self._stuck_since = self._stuck_since or now
            if not self._stuck_told and now - self._stuck_since >= STUCK_AFTER:
                self._stuck_told = True
                self._metrics_now.set()
                told = "no move yet" if isinstance(decision, Wait) else "no move possible"
                self._journal.warning(told.replace(" ", "-"), reason=decision.reason)
                self._reports.tell(told, decision.reason)
            return
        if self._stuck_told:
            self._journal.info("no-longer-stuck", reason=decision.reason)
            self._reports.tell("no longer stuck", decision.reason)
        self._stuck_since, self._stuck_told = None, False

    async def _move(self, to: Role, reason: str) -> MoveReport | None:
        def still_wanted() -> bool:
            self._last_turn = time.monotonic()
            holder_down = self._view is None or not isinstance(self._decide(self._view), Stay | Wait)
            return holder_down and self._health[to].verdict is not Verdict.DOWN

        return await self._carry_out(to, reason, still_wanted)

    async def _do_drill(self, drill: _Drill) -> None:
        to = drill.to or ("main" if self._view and self._view.holder == "standby" else "standby")
        until = time.monotonic() + DRILL_SECONDS - 5
        if self._view is None:
            result = DrillResult(False, "AWS has not said yet who holds the address")
        elif self._view.holder == to:
            result = DrillResult(False, f"{to} has the address already")
        elif self._health[to].verdict is not Verdict.PROVEN:
            result = DrillResult(False, f"{to} is {self._health[to].describe()}: not moved")
        else:

            def still_wanted() -> bool:
                self._last_turn = time.monotonic()
                return self._last_turn < until and self._health[to].verdict is not Verdict.DOWN

            report = await self._carry_out(to, "drill", still_wanted)
            failed = f"not moved: AWS's API failed until the drill was given up, or {to} went down"
            result = DrillResult(report is not None, f"moved to {to}" if report else failed, report)
        if not drill.result.done():
            drill.result.set_result(result)

    async def _carry_out(self, to: Role, reason: str, still_wanted: Callable[[], bool]) -> MoveReport | None:
        self._journal.info("move-began", to=to, reason=reason)
        self._moves += 1
        async with self._moving:
            report = await self._mover.move(
                to, still_wanted=still_wanted, trouble=partial(self._move_trouble, to)
            )
        if report is None:
            self._journal.warning("move-abandoned", to=to)
        else:
            self._moved(report, reason)
        self._look_now.set()
        return report

    def _moved(self, report: MoveReport, reason: str) -> None:
        interface = self._mover.server(report.to).network_interface_id
        self._history.saw(interface, time.monotonic())
        if self._view is not None:
            self._view = replace(
                self._view,
                holder=report.to,
                holder_interface=interface,
                routes=dict.fromkeys(self._configuration.routes, interface),
            )
        times = {"addressSeconds": round(report.address_seconds, 3), "seconds": round(report.seconds, 3)}
        self._journal.info("moved", to=report.to, reason=reason, attempts=report.attempts, **times)
        self._reports.tell(
            f"moved to {report.to}",
            f"Why: {reason}\nAddress moved after {report.address_seconds:.2f} s, routes checked after"
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

    def _api_failed(self, error: str) -> None:
        now = time.monotonic()
        self._reports.count("ApiErrors")
        if self._api_trouble_told is None or now - self._api_trouble_told >= REPEAT_TROUBLE_EVERY:
            self._api_trouble_told = now
            self._journal.warning("api-unreachable", error=error, then="trying again")

    def _api_answered(self) -> None:
        if self._api_trouble_told is not None:
            self._api_trouble_told = None
            self._journal.info("api-answers-again")

    async def _put_metrics_for_ever(self) -> None:
        while True:
            if self._view is not None:
                await self._reports.put_metrics(self._gauges(self._view))
            await _wait(self._metrics_now, METRICS_EVERY if self._view else 1.0)

    def _gauges(self, view: View) -> dict[str, float]:
        return {
            "MainHealthy": float(self._health["main"].verdict is not Verdict.DOWN),
            "StandbyHealthy": float(self._health["standby"].verdict is not Verdict.DOWN),
            "AddressOnMain": float(view.holder == "main"),
            "NoMovePossible": float(self._stuck_told),
        }


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, but not longer than so many seconds; then forget it."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
    event.clear()
