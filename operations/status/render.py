"""The state of environments as a person on call reads it: what needs attention first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from operations.status.model import Cause, EnvironmentState, Level, SiteState, Status
from operations.status.pairs import METRICS_QUESTION

_STYLE = {Level.OK: "bold green", Level.WARNING: "bold yellow", Level.CRITICAL: "bold red"}
_WORD = {Level.OK: "ok", Level.WARNING: "warning", Level.CRITICAL: "critical"}


def shown(status: Status) -> RenderableType:
    """Everything, one environment after the other."""
    now = status.generated_at
    return Group(*(part for state in status.environments for part in _environment(state, now)))


def _environment(state: EnvironmentState, now: datetime) -> Iterator[RenderableType]:
    title = Text(f"{state.stack}", style="bold")
    title.append(f"  {state.region or ''}  ", style="dim")
    title.append(_WORD[state.level], style=_STYLE[state.level])
    yield title
    for finding in state.findings:
        yield Text(f"  {finding.text}", style=_STYLE[finding.level].removeprefix("bold "))
    if state.sites:
        yield _sites(state.sites, now)
    yield from _mends(state)
    if state.pairs:
        yield _pairs(state, now)
    if state.deployed and state.drift is not None and not state.drift:
        yield Text("  no drift", style="dim")
    waiting = [alarm.name for alarm in state.alarms or () if alarm.state == "INSUFFICIENT_DATA"]
    if waiting:
        yield Text(f"  alarms without data yet: {len(waiting)}", style="dim")
    yield Text("")


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _sites(sites: tuple[SiteState, ...], now: datetime) -> Table:
    table = _table("SITE", "TUNNEL", "STATE", "SINCE", "ROUTING", "ROUTES")
    for site in sites:
        if not site.tunnels:
            table.add_row("", site.name, "", Text("unknown", style="yellow"), "", site.routing, "")
        for i, tunnel in enumerate(site.tunnels):
            routes = str(tunnel.accepted_routes) if site.routing == "bgp" else ", ".join(site.static_routes)
            table.add_row(
                "",
                site.name if i == 0 else "",
                f"{i + 1}  {tunnel.outside_address}",
                Text("up", style="green") if tunnel.up else Text("down", style="red"),
                ago(tunnel.since, now),
                site.routing,
                routes,
            )
    return table


def _mends(state: EnvironmentState) -> Iterator[Text]:
    """What mends the tunnels that are down, those with the same cause and line of the log together."""
    alike: dict[Cause, list[str]] = {}
    for site in state.sites:
        for tunnel in site.tunnels:
            if tunnel.cause:
                alike.setdefault(tunnel.cause, []).append(f"{site.name} {tunnel.outside_address}")
    for cause, tunnels in alike.items():
        yield Text(f"  {cause.says} ({', '.join(tunnels)})", style="bold")
        yield Text(f"    mend: {cause.mend}")
        if cause.evidence:
            yield Text(f"    log:  {cause.evidence}", style="dim")


def _pairs(state: EnvironmentState, now: datetime) -> Table:
    """Of a monitor that could not be asked about nobody knows whether it is silent."""
    unheard = "unknown" if any(METRICS_QUESTION in one.what for one in state.unanswered) else "silent"
    table = _table("PAIR", "ADDRESS", "HELD BY", "MAIN", "STANDBY", "MONITOR", "SESSIONS")
    for pair in state.pairs:
        holder = Text(pair.holder or "unknown", style="green" if pair.holder == "main" else "yellow")
        servers = [_server(server.running, server.healthy) for server in pair.servers]
        heard = ago(pair.monitor_heard, now) + " ago" if pair.monitor_heard else unheard
        sessions = "" if pair.sessions is None else str(len(pair.sessions))
        table.add_row("", pair.name, pair.public_ip, holder, *servers, heard, sessions)
    return table


def _server(running: str, healthy: bool | None) -> Text:
    if running != "running":
        return Text(running, style="red" if running != "unknown" else "yellow")
    if healthy is None:
        return Text("running", style="dim")
    return Text("healthy", style="green") if healthy else Text("no answer", style="red")


def ago(since: datetime | None, now: datetime) -> str:
    """How long something lasts, in its largest unit: 40 s, 12 min, 3 h, 5 days."""
    if since is None:
        return ""
    seconds = max(0, int((now - since).total_seconds()))
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
