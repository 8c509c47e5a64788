"""What of a state needs attention, and how much: what decides the exit code."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from operations.status.model import EnvironmentState, Finding, Level, PairState, SiteState

WARNING_DAYS = 30
"""Before a certificate of a router expires."""

_NO_HOLDER = {
    "nobody": "nobody holds the address",
    "another": "an instance that is neither main nor standby holds the address",
}


def findings(state: EnvironmentState, now: datetime) -> Iterator[Finding]:
    """All findings, in the order of the state."""
    for site in state.sites:
        yield from _of_site(site, now)
    for pair in state.pairs:
        yield from _of_pair(pair)
    for alarm in state.alarms or ():
        if alarm.state == "ALARM":
            yield Finding(level=Level.WARNING, text=f"alarm {alarm.name}: {alarm.reason}")
    for resource in state.drift or ():
        yield Finding(level=Level.WARNING, text=f"changed outside of Pulumi: {resource}")
    for unanswered in state.unanswered:
        yield Finding(level=Level.WARNING, text=f"could not be asked: {unanswered.what}: {unanswered.why}")


def _of_site(site: SiteState, now: datetime) -> Iterator[Finding]:
    down = [tunnel for tunnel in site.tunnels if not tunnel.up]
    for tunnel in down:
        why = f": {tunnel.cause.says}" if tunnel.cause else ""
        level = Level.CRITICAL if len(down) == len(site.tunnels) else Level.WARNING
        yield Finding(level=level, text=f"{site.name}: tunnel {tunnel.outside_address} is down{why}")
    for tunnel in site.tunnels:
        if tunnel.up and site.routing == "bgp" and tunnel.accepted_routes == 0:
            text = f"{site.name}: tunnel {tunnel.outside_address} is up and the router announces no route"
            yield Finding(level=Level.WARNING, text=text)
        if tunnel.maintenance:
            text = f"{site.name}: tunnel {tunnel.outside_address}: {tunnel.maintenance}"
            yield Finding(level=Level.WARNING, text=text)
    if site.certificate_expires is not None:
        days = (site.certificate_expires - now).days
        if days < WARNING_DAYS:
            level = Level.CRITICAL if days < 0 else Level.WARNING
            yield Finding(level=level, text=f"{site.name}: the router's certificate expires in {days} days")


def _of_pair(pair: PairState) -> Iterator[Finding]:
    if pair.holder in _NO_HOLDER:
        yield Finding(level=Level.CRITICAL, text=f"{pair.name}: {_NO_HOLDER[pair.holder]}")
    if pair.holder == "standby":
        yield Finding(level=Level.WARNING, text=f"{pair.name}: standby holds the address since a failover")
    for server in pair.servers:
        stopped = server.running not in ("running", "unknown")
        if stopped or server.healthy is False:
            level = Level.CRITICAL if server.role == pair.holder else Level.WARNING
            what = f"is {server.running}" if stopped else "does not answer its monitor"
            yield Finding(level=level, text=f"{pair.name}: {server.role} {what}")
    for text in pair.expiring:
        yield Finding(level=Level.WARNING, text=f"{pair.name}: {text}")
