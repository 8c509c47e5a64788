"""What a host reaches besides AWS's API: the instance metadata service, and Debian's mirror.

Both are served by this process, at addresses in the lab's network.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from labs.failover.wires import tcp_listener
from labs.namespaces import Host

METADATA = "169.254.169.254"
ROLE_PATH = "/latest/meta-data/iam/security-credentials/"
TOKEN = "a-token-of-the-lab"
CREDENTIALS = {
    "Code": "Success",
    "Type": "AWS-HMAC",
    "AccessKeyId": "test",
    "SecretAccessKey": "test",
    "Token": "test",
    "Expiration": "2099-01-01T00:00:00Z",
}


class Metadata(BaseHTTPRequestHandler):
    """IMDSv2 alone, as the program's instances have it: a token first, then the role's credentials."""

    def do_PUT(self) -> None:
        self._answer(200 if self.path == "/latest/api/token" else 404, TOKEN)

    def do_GET(self) -> None:
        pages = {ROLE_PATH: "host", f"{ROLE_PATH}host": json.dumps(CREDENTIALS)}
        if self.headers.get("X-aws-ec2-metadata-token") != TOKEN:
            self._answer(401, "")
        else:
            self._answer(200 if self.path in pages else 404, pages.get(self.path, ""))

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


def mirror(kept: Path) -> type[BaseHTTPRequestHandler]:
    """A proxy for apt, which keeps each package: what a name stands for never changes."""

    class Mirror(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            file = kept / f"{hashlib.sha256(self.path.encode()).hexdigest()}.deb"
            try:
                if not file.exists() or not self.path.endswith(".deb"):
                    self._fetch(file)
            except urllib.error.HTTPError as error:
                self.send_response(error.code)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            except OSError:
                if not file.exists():
                    self.send_error(502)
                    return
            with file.open("rb") as content:
                self.send_response(200)
                self.send_header("Content-Length", str(file.stat().st_size))
                self.end_headers()
                shutil.copyfileobj(content, self.wfile)

        def log_message(self, format: str, *args: object) -> None:
            pass

        def _fetch(self, file: Path) -> None:
            fresh = file.with_suffix(f".{threading.get_ident()}")
            with urllib.request.urlopen(self.path, timeout=60) as source, fresh.open("wb") as target:
                shutil.copyfileobj(source, target)
            fresh.rename(file)

    kept.mkdir(parents=True, exist_ok=True)
    return Mirror


def serve(host: Host, address: str, port: int, handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    """Serve at an address of a host in the lab until `shutdown()`."""
    server = ThreadingHTTPServer((address, port), handler, bind_and_activate=False)
    server.socket.close()
    server.socket = tcp_listener(host, address, port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
