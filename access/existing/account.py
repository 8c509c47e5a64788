"""What is said after an authority was taken over: which profiles go on working, and which do not."""

from __future__ import annotations

from collections.abc import Iterator

from access.existing.takeover import TakenOver


def account(taken: TakenOver) -> Iterator[str]:
    """A line a certificate, sorted by name, and what is to be done."""
    rows = [
        (verdict.issued.name, f"{verdict.issued.not_after:%Y-%m-%d}", _state(verdict.obstacle))
        for verdict in sorted(taken.verdicts, key=lambda one: (one.issued.name, one.issued.not_before))
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(2)]
    for name, until, state in rows:
        yield f"{name.ljust(widths[0])}  {until.ljust(widths[1])}  {state}"
    if taken.expired:
        yield f"{taken.expired} expired by themselves and were left out"
    working = sum(not verdict.obstacle for verdict in taken.verdicts)
    anew = sum(verdict.obstacle not in {"", "revoked"} for verdict in taken.verdicts)
    if working:
        place = taken.remote or "where they connect to"
        yield (
            f"{working} go on working as soon as {place} leads to the tunnel's address: a DNS name by its"
            " record, an Elastic IP by moving it; else `renew` them too"
        )
    if anew:
        yield f"{anew} need a new profile: `renew NAME` each, then `revoke` what is not wanted any more"


def _state(obstacle: str) -> str:
    if not obstacle:
        return "goes on working"
    return obstacle if obstacle == "revoked" else f"issue anew: {obstacle}"
