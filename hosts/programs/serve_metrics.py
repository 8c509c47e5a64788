#!/usr/bin/python3
"""Show what `host-metrics` measured last to whoever scrapes: GET /metrics, Prometheus's text format.

Knows nothing but one file and has no rights; who may ask is the packet filter's to say. A file that nobody
renewed is not shown: old figures would look like good ones.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

STALE_SECONDS = 180
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics(BaseHTTPRequestHandler):
    """Answers one request."""

    timeout = 10
    server_version = "serve-metrics"
    sys_version = ""

    def __init__(self, file: Path, *args: Any) -> None:
        self._file = file
        super().__init__(*args)

    def do_GET(self) -> None:
        """The file, if it is asked for and fresh."""
        if self.path.partition("?")[0] != "/metrics":
            self.send_error(HTTPStatus.NOT_FOUND, "Only /metrics is here")
            return
        text = self._fresh()
        if text is None:
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE, "Nothing was measured lately")
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a line for each scrape would drown the rest of the journal."""

    def _fresh(self) -> bytes | None:
        try:
            is_fresh = time.time() - self._file.stat().st_mtime < STALE_SECONDS
            return self._file.read_bytes() if is_fresh else None
        except OSError:
            return None


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description="Show what this host measured to whoever scrapes.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--file", type=Path, required=True)
    options = parser.parse_args()
    with ThreadingHTTPServer(("", options.port), partial(Metrics, options.file)) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
