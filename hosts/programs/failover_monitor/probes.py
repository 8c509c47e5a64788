"""Probes: does the service answer, and does the host. None of them keeps anything on the server."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from functools import partial

from .configuration import NatProbe, OpenVpnProbe
from .health import ProbeResult
from .openvpn_packet import ClientKey, Handshake, framed

ATTEMPTS = (0.0, 0.2, 0.4, 0.6)
"""When the attempts of one probe begin, as parts of its timeout.

With 5 % of the packets lost each way a single attempt fails one time in ten, and three such probes in a row
would come every few minutes. Four attempts fail once in 10,000 probes.
"""

_LATE = 0.5
"""A probe that took this many seconds more than its timeout says that the monitor stood still, no more."""


ServiceProbe = Callable[[str, float], Awaitable[ProbeResult | None]]
"""Probes the service at an address, with a timeout in seconds; None when the monitor was too late to tell."""


def service_probe(settings: OpenVpnProbe | NatProbe, key: ClientKey | None) -> ServiceProbe:
    """The probe of the kind of service that is configured; an OpenVPN server's needs its key."""
    if isinstance(settings, NatProbe):
        return partial(_probe, partial(_connect, settings.port), "a connection through it")
    if key is None:
        raise ValueError("a probe of OpenVPN needs a key")
    exchange = _handshake_udp if settings.protocol == "udp" else _handshake_tcp
    return partial(_probe, partial(exchange, settings.port, key), "handshake")


async def ping(address: str, timeout_seconds: float) -> bool | None:
    """Whether the host answers an ICMP echo request; None when this process may not send any.

    Sent without privileges, which needs net.ipv4.ping_group_range (icmp(7)).
    """
    loop = asyncio.get_running_loop()
    payload = os.urandom(16)
    request = struct.pack("!BBHHH", 8, 0, 0, 0, 1) + payload
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as sender:
            sender.setblocking(False)
            sender.connect((address, 0))
            async with asyncio.timeout(timeout_seconds):
                await loop.sock_sendall(sender, request)
                while not (await loop.sock_recv(sender, 1500)).endswith(payload):
                    pass
    except PermissionError:
        return None
    except OSError:
        return False
    return True


async def _probe(
    attempt: Callable[[str], Awaitable[None]], what: str, address: str, timeout_seconds: float
) -> ProbeResult | None:
    began = time.monotonic()
    finding = f"{what} unanswered for {timeout_seconds:g} s"
    answered = False
    try:
        async with asyncio.timeout(timeout_seconds):
            await _any_of(partial(attempt, address), timeout_seconds)
        answered = True
    except TimeoutError:
        pass
    except OSError as error:
        finding = f"{what} refused: {error.strerror or error}"
    seconds = time.monotonic() - began
    if not answered and seconds > timeout_seconds + _LATE:
        return None
    return ProbeResult(
        began, seconds, answered, f"{what} in {1000 * seconds:.0f} ms" if answered else finding
    )


async def _any_of(attempt: Callable[[], Awaitable[None]], timeout_seconds: float) -> None:
    """Begin an attempt when its time has come or the ones before have failed; the first answer counts.

    Raises:
        OSError: the last attempt's, when all have failed.
    """
    running: set[asyncio.Future[None]] = set()
    try:
        for begin, following in zip(ATTEMPTS, (*ATTEMPTS[1:], None), strict=True):
            running.add(asyncio.ensure_future(attempt()))
            wait = None if following is None else (following - begin) * timeout_seconds
            done, running = await _first_answer(running, wait)
            if done:
                return
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _first_answer(
    running: set[asyncio.Future[None]], wait: float | None
) -> tuple[bool, set[asyncio.Future[None]]]:
    """Whether one of the attempts was answered, and those that still run after `wait` seconds."""
    deadline = None if wait is None else time.monotonic() + wait
    while running:
        left = None if deadline is None else max(deadline - time.monotonic(), 0)
        done, running = await asyncio.wait(running, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        if any(task.exception() is None for task in done):
            return True, running
        if not done:
            return False, running
        if not running and deadline is None:
            raise next(error for task in done if (error := task.exception()))
    return False, running


async def _connect(port: int, address: str) -> None:
    _, writer = await asyncio.open_connection(address, port)
    writer.transport.abort()


async def _handshake_tcp(port: int, key: ClientKey, address: str) -> None:
    handshake = Handshake(key)
    reader, writer = await asyncio.open_connection(address, port)
    try:
        writer.write(framed(handshake.request()))
        while True:
            length = int.from_bytes(await reader.readexactly(2), "big")
            if handshake.accepts(await reader.readexactly(length)):
                return
    except asyncio.IncompleteReadError:
        raise ConnectionResetError("closed without an answer") from None
    finally:
        writer.transport.abort()


async def _handshake_udp(port: int, key: ClientKey, address: str) -> None:
    handshake = Handshake(key)
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.connect((address, port))
        await loop.sock_sendall(sender, handshake.request())
        while not handshake.accepts(await loop.sock_recv(sender, 2048)):
            pass
