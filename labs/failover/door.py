"""The door through which programs in a lab reach AWS's API, which is moto on this machine's loopback."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from labs.failover.wires import tcp_listener
from labs.moto_server import CloudServer
from labs.namespaces import Host

MOVES = (b"Action=AssociateAddress", b"Action=ReplaceRoute")


class Door:
    """The API's address in the lab: what comes in on a host's port goes to the cloud's own on loopback."""

    def __init__(self, host: Host, address: str, port: int, cloud: CloudServer) -> None:
        self._listener = tcp_listener(host, address, port)
        self._cloud_port = int(cloud.url.rpartition(":")[2])
        self.on_move: Callable[[], None] = lambda: None
        self.moves_asked: list[float] = []
        self.url = f"http://{address}:{port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Nobody gets through any more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        is_move = threading.Event()
        with suppress(OSError), caller, socket.create_connection(("127.0.0.1", self._cloud_port)) as cloud:
            back = threading.Thread(target=self._answer, args=(cloud, caller, is_move), daemon=True)
            back.start()
            while data := caller.recv(65536):
                if any(move in data for move in MOVES):
                    is_move.set()
                    self.moves_asked.append(time.time())
                cloud.sendall(data)
            cloud.shutdown(socket.SHUT_WR)
            back.join(30)

    def _answer(self, cloud: socket.socket, caller: socket.socket, is_move: threading.Event) -> None:
        with suppress(OSError):
            while data := cloud.recv(65536):
                caller.sendall(data)
                if is_move.is_set():
                    self.on_move()
            caller.shutdown(socket.SHUT_WR)
