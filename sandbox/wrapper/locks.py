"""The file backend's locks: one file for each engine at work on a stack.

An engine that was killed leaves its lock, and every later one refuses the stack because of it.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from sandbox.wrapper.places import Places


@dataclass(frozen=True)
class Lock:
    """One lock: its file, the project's stack it holds, and the engine that took it."""

    path: Path
    project: str
    stack: str
    pid: int
    host: str

    def is_held(self) -> bool:
        """Whether the engine that took the lock may still be at work.

        A process of the same pid that started after the lock was taken is another one. Of another machine's
        processes nothing is known here.
        """
        if self.host != socket.gethostname():
            return True
        try:
            process = psutil.Process(self.pid)
            alive = process.status() != psutil.STATUS_ZOMBIE
            return alive and process.create_time() <= self.path.stat().st_mtime
        except (psutil.NoSuchProcess, FileNotFoundError):
            return False


def held(places: Places) -> list[Lock]:
    """The locks of engines at work."""
    return [lock for lock in _all(places) if lock.is_held()]


def clear_abandoned(places: Places) -> list[Lock]:
    """Removes the locks whose engines are gone, and returns them."""
    abandoned = [lock for lock in _all(places) if not lock.is_held()]
    for lock in abandoned:
        lock.path.unlink(missing_ok=True)
    return abandoned


def _all(places: Places) -> Iterator[Lock]:
    for path in sorted((places.backend / ".pulumi" / "locks").glob("**/*.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            yield Lock(path, path.parts[-3], path.parts[-2], int(content["pid"]), str(content["hostname"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue
