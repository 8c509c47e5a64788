"""The Unix socket on which a running monitor takes a drill, so that the two never work against each other."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from .decision import Role
from .drill import DRILL_SECONDS, DrillResult

if TYPE_CHECKING:

    class Watching(Protocol):
        """What the socket needs of a watch."""

        @property
        def fingerprint(self) -> str:
            """Which configuration it is over."""
            ...

        async def drill(self, to: Role | None) -> DrillResult:
            """Have the address moved."""
            ...

        @property
        def unproven(self) -> list[Role]:
            """The servers that a drill would not go to."""
            ...

        def describe(self) -> str:
            """How things stand."""
            ...


class NoMonitorError(Exception):
    """No monitor answers on the socket."""


async def serve_control(path: Path, watch: Callable[[], Watching | None]) -> None:
    """Answer requests until stopped: one JSON object a line each way. Whoever may use the socket may move."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = json.loads(await reader.readline())
            watching = watch()
            if watching is None:
                reply: dict[str, Any] = {"done": False, "explanation": "the monitor is still starting"}
            elif request.get("command") == "drill":
                reply = _reply(await watching.drill(request.get("to")))
            else:
                reply = {
                    "explanation": watching.describe(),
                    "fingerprint": watching.fingerprint,
                    "unproven": watching.unproven,
                }
            writer.write(json.dumps(reply).encode() + b"\n")
            await writer.drain()
        except (OSError, ValueError):
            pass  # Whoever asked is gone, or asked for nothing that we know.
        finally:
            writer.close()

    path.unlink(missing_ok=True)
    previous = os.umask(0o077)
    try:
        server = await asyncio.start_unix_server(answer, path)
    finally:
        os.umask(previous)
    async with server:
        await server.serve_forever()


async def ask(path: Path, **request: Any) -> dict[str, Any]:
    """A running monitor's answer to one request.

    Raises:
        NoMonitorError: none runs here, or it did not answer in time.
    """
    try:
        async with asyncio.timeout(DRILL_SECONDS + 5):
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(json.dumps(request).encode() + b"\n")
            line = await reader.readline()
            writer.close()
        return cast(dict[str, Any], json.loads(line))
    except (OSError, ValueError) as error:
        raise NoMonitorError(f"no monitor answers on {path} ({error or 'no answer'})") from None


def _reply(result: DrillResult) -> dict[str, Any]:
    reply: dict[str, Any] = {"done": result.done, "explanation": result.explanation}
    if result.report is not None:
        reply["to"] = result.report.to
        reply["attempts"] = result.report.attempts
        reply["addressSeconds"] = round(result.report.address_seconds, 3)
        reply["seconds"] = round(result.report.seconds, 3)
    return reply
