"""What an authority has issued, as a table, and what needs attention soon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from access.authority import Authority, Issued

WARNING_DAYS = 30
CRL_WARNING_DAYS = 10
"""A list is valid for 30 days, and published once a week."""
AUTHORITY_WARNING_DAYS = 400
"""A year's certificate must still fit into the authority's validity."""


def table(authority: Authority, seen: Mapping[str, datetime] | None, now: datetime) -> list[str]:
    """A line a certificate, sorted by name; with `seen`, when each name last connected."""
    rows = [("NAME", "KIND", "VALID UNTIL", "STATE", "LAST SEEN")]
    for issued in sorted(authority.issued, key=lambda i: (i.name, i.not_before)):
        when = (seen or {}).get(issued.name)
        rows.append(
            (
                issued.name,
                issued.kind,
                f"{issued.not_after:%Y-%m-%d}",
                _state(issued, now),
                f"{when:%Y-%m-%d %H:%M}" if when else "-",
            )
        )
    columns = range(5 if seen is not None else 4)
    widths = [max(len(row[column]) for row in rows) for column in columns]
    return ["  ".join(row[column].ljust(widths[column]) for column in columns).rstrip() for row in rows]


def document(authority: Authority, stack: str, tunnel: str, now: datetime) -> dict[str, Any]:
    """The same for programs: `aws-vpn report --clients` shows it."""
    return {
        "stack": stack,
        "tunnel": tunnel,
        "clients": [
            {
                "name": issued.name,
                "kind": issued.kind,
                "validUntil": issued.not_after.isoformat(),
                "state": _state_word(issued, now),
                "revoked": issued.revoked and issued.revoked.isoformat(),
            }
            for issued in sorted(authority.issued, key=lambda i: (i.name, i.not_before))
        ],
    }


def warnings(authority: Authority, now: datetime) -> Iterator[str]:
    """What will stop working soon unless something is done, with what to do."""
    if (days := _days(authority.expires, now)) < AUTHORITY_WARNING_DAYS:
        yield f"the authority {_expiry(days)}: plan a new one, with new profiles for everyone"
    if (days := _days(authority.server_expires, now)) < WARNING_DAYS:
        yield f"the server's certificate {_expiry(days)}: `renew --server`, then `publish`"
    if authority.crl_expires and (days := _days(authority.crl_expires, now)) < CRL_WARNING_DAYS:
        yield f"the revocation list {_expiry(days)}, and nobody will be let in then: `publish`"
    for name in sorted({issued.name for issued in authority.issued}):
        latest = authority.of(name)[-1]
        days = _days(latest.not_after, now)
        if latest.revoked is None and days < WARNING_DAYS:
            yield f"{name} {_expiry(days)}: `renew {name}`, or `revoke {name}`"
    if not authority.published:
        yield "not published to the servers yet: `publish`"


def _state_word(issued: Issued, now: datetime) -> str:
    if issued.revoked:
        return "revoked"
    days = _days(issued.not_after, now)
    return "expired" if days < 0 else "expiring" if days < WARNING_DAYS else "valid"


def _state(issued: Issued, now: datetime) -> str:
    if issued.revoked:
        return f"revoked {issued.revoked:%Y-%m-%d}"
    days = _days(issued.not_after, now)
    return "valid" if days >= WARNING_DAYS else _expiry(days)


def _expiry(days: int) -> str:
    if days < 0:
        return "has expired"
    return f"expires in {days} day{'' if days == 1 else 's'}"


def _days(date: datetime, now: datetime) -> int:
    return (date - now).days
