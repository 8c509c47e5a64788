"""Run the provider: `python -m sandbox.provider ENGINE-ADDRESS`, as the engine starts it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import grpc.aio
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from sandbox.provider import VERSION
from sandbox.provider.errors import explain
from sandbox.provider.server import AwsProvider, journal_folder
from sandbox.provider.unrecorded import Journal

_MESSAGE_BYTES = 400 * 1024 * 1024
_PARENT_POLL_SECONDS = 0.5
_FINISH_SECONDS = 60
"""How long calls under way may take once the engine is gone."""

_METHODS = ("CheckConfig", "Configure", "Invoke", "Check", "Diff", "Create", "Read", "Update", "Delete")


class Servicer(ProviderServicer):
    """The SDK's servicer, with errors as one line instead of a traceback."""

    async def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        """The SDK's own answer has the enumeration wrong; see DiffResponse in provider.proto."""
        same = request.olds == request.news
        changes = provider_pb2.DiffResponse.DIFF_NONE if same else provider_pb2.DiffResponse.DIFF_SOME
        return provider_pb2.DiffResponse(changes=changes)


def _in_one_line(method: str) -> Callable[[Servicer, Any, Any], Awaitable[Any]]:
    inherited = getattr(ProviderServicer, method)

    async def answer(self: Servicer, request: Any, context: Any) -> Any:
        try:
            return await inherited(self, request, context)
        except Exception as error:  # noqa: BLE001
            await context.abort(grpc.StatusCode.UNKNOWN, explain(error))

    return answer


for _method in _METHODS:
    setattr(Servicer, _method, _in_one_line(_method))


async def _serve(engine: str) -> None:
    options = [("grpc.max_receive_message_length", _MESSAGE_BYTES), ("grpc.max_send_message_length", -1)]
    server = grpc.aio.server(options=options)
    journal = Journal(journal_folder())
    servicer = Servicer([], VERSION, AwsProvider(journal), engine)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    asked_to_close = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, asked_to_close.set)
    parent = os.getppid()
    while os.getppid() == parent and not asked_to_close.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asked_to_close.wait(), _PARENT_POLL_SECONDS)
    await server.stop(_FINISH_SECONDS)
    if os.getppid() == parent:
        journal.close()


def main() -> None:
    """Serve until the engine is gone, or interrupts, which is how it asks a provider to close.

    A user's interrupt arrives here too. Either way what is under way is finished first.
    """
    arguments = argparse.ArgumentParser(prog="pulumi-resource-aws")
    arguments.add_argument("engine", nargs="?", default="", help="the engine's address")
    known, _ = arguments.parse_known_args()
    asyncio.run(_serve(known.engine))


main()
