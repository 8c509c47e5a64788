"""Sockets and cables that reach into a host's network namespace from the test's own process.

The kernel here has no `netem`; a lossy, slow cable is therefore two TAP devices and a thread between that
holds each frame back and drops some, which is what `netem` does.
"""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import itertools
import os
import random
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from labs.namespaces import Host

Made = TypeVar("Made")

_CLONE_NEWNET = 0x40000000
_TUNSETIFF = 0x400454CA
_IFF_TAP, _IFF_NO_PI = 0x0002, 0x1000


def inside(host: Host, make: Callable[[], Made]) -> Made:
    """What `make` returns when it is called in a host's namespace; sockets and devices stay there."""

    def enter_and_make() -> Made:
        with host.namespace.open() as namespace:
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), f"setns into {host.name}")
        return make()

    # A thread of its own: setns moves the thread that calls it, for good.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(enter_and_make).result()


def udp_socket(host: Host) -> socket.socket:
    """A UDP socket on a host."""
    return inside(host, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))


def tcp_listener(host: Host, address: str, port: int) -> socket.socket:
    """A listening TCP socket on a host."""
    return inside(host, lambda: socket.create_server((address, port), backlog=64))


class PoorCable:
    """A cable between two hosts that delays what goes through it, each way, and loses a part of it."""

    def __init__(self, left: Host, left_interface: str, right: Host, right_interface: str) -> None:
        self.delay_seconds = 0.0
        self.loss = 0.0
        self._devices = [
            inside(left, lambda: _tap(left_interface)),
            inside(right, lambda: _tap(right_interface)),
        ]
        left.interface_up(left_interface)
        right.interface_up(right_interface)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def impair(self, *, delay_seconds: float, loss: float) -> None:
        """From now on, each way: this delay, and this part (0 to 1) of the frames lost."""
        self.delay_seconds, self.loss = delay_seconds, loss

    def cut(self) -> None:
        """Take the cable away; the interfaces at its ends are gone."""
        self._ended.set()
        self._thread.join(5)
        for device in self._devices:
            os.close(device)

    def _carry(self) -> None:
        left, right = self._devices
        other = {left: right, right: left}
        waiting: list[tuple[float, int, int, bytes]] = []
        number = itertools.count()
        while not self._ended.is_set():
            wait = max(waiting[0][0] - time.monotonic(), 0) if waiting else 0.1
            for device in select.select([left, right], [], [], min(wait, 0.1))[0]:
                frame = os.read(device, 65536)
                if random.random() >= self.loss:
                    due = time.monotonic() + self.delay_seconds
                    heapq.heappush(waiting, (due, next(number), other[device], frame))
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, device, frame = heapq.heappop(waiting)
                os.write(device, frame)


def _tap(name: str) -> int:
    device = os.open(Path("/dev/net/tun"), os.O_RDWR)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TAP | _IFF_NO_PI))
    return device
