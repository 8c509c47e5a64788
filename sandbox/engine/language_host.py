"""Python for the built engine, which comes without the official language host.

Started as `python -m sandbox.engine.language_host ENGINE_PID [FLAGS] ENGINE_ADDRESS`; the first line of its
output is its port. It implements what the CLI calls of Pulumi's LanguageRuntime service (`language.proto`)
for a program and for a policy pack. Programs run in this process, in this project's virtual environment.
"""

# ruff: noqa: N802 - the methods are named as in language.proto

from __future__ import annotations

import importlib.metadata
import os
import queue
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

import grpc
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

_MESSAGE_BYTES = 400 * 1024 * 1024
"""The engine's own limit on one message."""

_LOOK_SECONDS = 0.5


class LanguageHost(LanguageServer):
    """The service, one instance an engine."""

    def __init__(self, engine: str) -> None:
        """`engine` is the address that policy packs report to."""
        super().__init__(lambda: None)
        self._engine = engine

    def Handshake(self, request: Any, context: Any) -> Any:
        """Nothing to agree on."""
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """The SDK's version, which this host speaks for."""
        return plugin_pb2.PluginInfo(version=importlib.metadata.version("pulumi"))

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:
        """Nothing to install: `make setup` did."""
        return iter(())

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:
        """The Pulumi packages a program here can import."""
        found = {dist.name: dist.version for dist in importlib.metadata.distributions()}
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[
                language_pb2.DependencyInfo(name=name, version=version)
                for name, version in sorted(found.items())
                if name.startswith("pulumi")
            ]
        )

    def Run(self, request: Any, context: Any) -> Any:
        """Runs the program in `request.info.program_directory`."""
        directory = str(Path(request.info.program_directory).resolve())

        def program() -> None:
            sys.path.insert(0, directory)
            runpy.run_path(directory, run_name="__main__")

        os.chdir(directory)
        self.program = program
        try:
            response: Any = super().Run(request, context)  # pyright: ignore[reportUnknownMemberType]
        except Exception as error:  # noqa: BLE001 - what another task of a program that failed already raises
            return language_pb2.RunResponse(error=str(error))
        if response.error:
            # The error has been logged already; `bail` keeps the engine from showing it a second time.
            return language_pb2.RunResponse(bail=True)
        return response

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:
        """Runs a policy pack and streams what it writes, then its exit code."""
        process = subprocess.Popen(
            [
                *(sys.executable, "-u", "-m", "pulumi.policy"),
                *(self._engine, request.info.program_directory),
            ],
            cwd=request.pwd,
            env=dict(entry.split("=", 1) for entry in request.env) or None,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        context.add_callback(process.terminate)
        for stream, line in _lines(process):
            yield (
                language_pb2.RunPluginResponse(stdout=line)
                if stream == "stdout"
                else language_pb2.RunPluginResponse(stderr=line)
            )
        yield language_pb2.RunPluginResponse(exitcode=process.wait())


def _lines(process: subprocess.Popen[bytes]) -> Iterator[tuple[str, bytes]]:
    """What the process writes, a line at a time, each with the name of its stream."""
    written: queue.SimpleQueue[tuple[str, bytes | None]] = queue.SimpleQueue()

    def copy(name: str, stream: IO[bytes] | None) -> None:
        for line in stream or ():
            written.put((name, line))
        written.put((name, None))

    streams = {"stdout": process.stdout, "stderr": process.stderr}
    for name, stream in streams.items():
        threading.Thread(target=copy, args=(name, stream), daemon=True).start()
    still_open = len(streams)
    while still_open:
        name, line = written.get()
        if line is None:
            still_open -= 1
        else:
            yield name, line


def main() -> None:
    """Serves on a free loopback port until the engine ends this process, or is gone itself."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(int(sys.argv[1]),), daemon=True).start()
    server = grpc.server(
        ThreadPoolExecutor(max_workers=8),
        options=[("grpc.max_receive_message_length", _MESSAGE_BYTES)],
    )
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageHost(sys.argv[-1]), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


def _end_with(engine: int) -> None:
    """Ends this process and its policy packs, which are its process group, once the engine was killed."""
    while os.getppid() == engine:
        time.sleep(_LOOK_SECONDS)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    main()
