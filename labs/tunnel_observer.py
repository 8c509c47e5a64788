"""Who watches a connection's two tunnels, ten times a second, while something is done with them."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

LOOKS_A_SECOND = 10


@dataclass
class Observer:
    """What was seen of a connection's two tunnels: how often, and how often neither was up."""

    looks: int = 0
    one_down: int = 0
    both_down: int = 0
    done: threading.Event = field(default_factory=threading.Event)


@contextmanager
def observed(ec2: Any, connection: str) -> Generator[Observer]:
    """Looks at the tunnels as long as the block lasts."""
    seen = Observer()

    def look() -> None:
        while not seen.done.wait(1 / LOOKS_A_SECOND):
            (found,) = ec2.describe_vpn_connections(VpnConnectionIds=[connection])["VpnConnections"]
            up = sum(end["Status"] == "UP" for end in found["VgwTelemetry"])
            seen.looks += 1
            seen.one_down += up == 1
            seen.both_down += up == 0

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        seen.done.set()
        looking.join()
