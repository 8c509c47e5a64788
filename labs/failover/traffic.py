"""Traffic through a lab, and how long it was interrupted."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from itertools import pairwise

from labs.failover.wires import udp_socket
from labs.namespaces import Host, wait_until

ECHO_PORT = 7
ECHO = f"""
import socket, sys
echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
echo.bind((sys.argv[1], {ECHO_PORT}))
while True:
    data, sender = echo.recvfrom(2048)
    echo.sendto(data, sender)
"""


class Traffic:
    """Echo requests twenty times a second from one host to another, and which of them were answered."""

    def __init__(self, source: Host, address: str) -> None:
        self._socket = udp_socket(source)
        self._socket.settimeout(0.2)
        self._target = (address, ECHO_PORT)
        self._ended = threading.Event()
        self._answers: list[tuple[float, float]] = []
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._send, self._receive)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Send no more."""
        self._ended.set()
        for thread in self._threads:
            thread.join(5)
        self._socket.close()

    def flows(self, since: float | None = None) -> bool:
        """Whether nearly all requests of the last second were answered."""
        start = max(since or 0, time.time() - 1.1)
        return sum(1 for sent, _ in tuple(self._answers) if sent >= start) >= 15

    def wait(self, seconds: float, what: str) -> None:
        """Wait until it flows."""
        since = time.time()
        wait_until(lambda: self.flows(since), seconds, what)

    def restored_after(self, fault: float) -> float:
        """Seconds from a fault to the first answer after the longest silence that followed it."""
        answered = sorted(received for sent, received in tuple(self._answers) if sent >= fault)
        points = [fault, *answered]
        silence, end = max(
            ((later - earlier, later) for earlier, later in pairwise(points)),
            default=(0.0, fault),
        )
        return end - fault if silence > 0.3 else 0.0

    def _send(self) -> None:
        while not self._ended.wait(0.05):
            with suppress(OSError):
                self._socket.sendto(repr(time.time()).encode(), self._target)

    def _receive(self) -> None:
        while not self._ended.is_set():
            with suppress(OSError):
                data = self._socket.recv(2048)
                self._answers.append((float(data), time.time()))
