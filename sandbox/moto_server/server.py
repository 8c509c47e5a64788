"""The process that serves AWS on loopback: it tells its port in a file once it answers, ends on SIGTERM."""

from __future__ import annotations

import argparse
import os
import signal
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from sandbox.moto_server.application import Cloud


class QuietHandler(MotoRequestHandler):
    """moto's request handler without a line for each request."""

    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing: what a call did is in its answer."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT."""
    options = _parser().parse_args(arguments)
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    server = make_server(options.host, options.port, Cloud(), threaded=True, request_handler=QuietHandler)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    _tell_port(options.port_file, server)
    stop.wait()
    options.port_file.unlink(missing_ok=True)
    server.shutdown()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.moto_server", description=__doc__)
    parser.add_argument("--port-file", type=Path, required=True, help="where to write the port")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 for any free one")
    return parser


def _tell_port(path: Path, server: BaseWSGIServer) -> None:
    """Write the port so that a reader sees all of it or nothing."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{server.server_port}\n")
    Path(temporary).replace(path)
