"""Structured logs: one JSON object a line on standard output, which systemd hands to the journal."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any


class Journal:
    """Writes events, each with what all of them have in common. Values are never secrets."""

    def __init__(self, **common: str) -> None:
        self._common = common

    def info(self, event: str, **fields: Any) -> None:
        """Something happened as it should."""
        self._write("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Something is not as it should be."""
        self._write("warning", event, fields)

    def _write(self, level: str, event: str, fields: dict[str, Any]) -> None:
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        print(
            json.dumps({"time": time, "level": level, "event": event, **self._common, **fields}), flush=True
        )
