"""A time of the day in which maintenance may begin."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time

from operations.roll.errors import RollError

_FORM = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)")


@dataclass(frozen=True)
class Window:
    """From `begin` until `end`, in UTC; over midnight when `end` is the earlier one."""

    begin: time
    end: time

    def __str__(self) -> str:
        """As it is written."""
        return f"{self.begin:%H:%M}-{self.end:%H:%M} UTC"

    def is_open(self, now: datetime | None = None) -> bool:
        """Whether something may begin now."""
        clock = (now or datetime.now(UTC)).time()
        if self.begin <= self.end:
            return self.begin <= clock < self.end
        return clock >= self.begin or clock < self.end


def read_window(text: str) -> Window:
    """A window as it is written: `02:00-04:00`.

    Raises:
        RollError: it is none.
    """
    found = _FORM.fullmatch(text)
    if found is None or found[1] == found[2]:
        raise RollError(f"--window {text!r}; should be two times in UTC, such as 02:00-04:00")
    return Window(time.fromisoformat(found[1]), time.fromisoformat(found[2]))
