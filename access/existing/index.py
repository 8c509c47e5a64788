"""OpenSSL's `index.txt`: a line a certificate, with its state, dates, serial number and subject (ca(1))."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from access.errors import AccessError

_COMMON_NAME = re.compile(r"(?:^|[/,])\s*CN\s*=\s*([^/,]+)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One certificate as the index has it."""

    serial: int
    name: str
    not_after: datetime
    revoked: datetime | None


def entries(index: str) -> Iterator[Entry]:
    """Every certificate of the index.

    Raises:
        AccessError: a line is none of an index.
    """
    for number, line in enumerate(index.splitlines(), 1):
        if not line.strip():
            continue
        try:
            state, expires, revoked, serial, _, subject = line.split("\t")
            yield Entry(
                serial=int(serial, 16),
                name=_common_name(subject),
                not_after=_date(expires),
                # the reason for a revocation may follow its date
                revoked=_date(revoked.partition(",")[0]) if state == "R" else None,
            )
        except ValueError:
            raise AccessError(
                f"index.txt, line {number} is damaged; should have state, dates, serial number and subject"
            ) from None


def _common_name(subject: str) -> str:
    match = _COMMON_NAME.search(subject)
    return match[1].strip() if match else ""


def _date(text: str) -> datetime:
    """UTCTime has two digits of the year and means 1950 to 2049, GeneralizedTime four (RFC 5280, 4.1.2.5)."""
    if len(text) == len("YYMMDDHHMMSSZ"):
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
