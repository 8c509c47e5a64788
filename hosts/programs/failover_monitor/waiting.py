"""Waiting for an event, but not without end."""

from __future__ import annotations

import asyncio


async def wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, but not longer than so many seconds; then forget it."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
    event.clear()
