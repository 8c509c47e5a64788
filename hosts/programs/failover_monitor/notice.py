"""The word to the server that an address is about to leave, so that it tells its clients to connect anew."""

from __future__ import annotations

import asyncio
import hmac
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from .configuration import NatProbe, OpenVpnProbe
from .openvpn_packet import ClientKey

PORT = 9444
ATTEMPTS = 3
ATTEMPT_SECONDS = 0.1
"""The move waits no longer than three of these: a server that hears nothing costs its clients seconds."""

Notice = Callable[[str], Awaitable[bool]]
"""Tells the server at an address; whether it has heard."""


def notice(settings: OpenVpnProbe | NatProbe, key: ClientKey | None) -> Notice | None:
    """How the servers of a kind are told; a NAT instance has nobody to tell."""
    return None if isinstance(settings, NatProbe) or key is None else partial(_tell, key)


async def _tell(key: ClientKey, address: str) -> bool:
    word = f"aws-vpn move {time.time():.6f}".encode()
    datagram = word + b" " + hmac.new(key.send_hmac, word, "sha256").hexdigest().encode()
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.connect((address, PORT))
        for _ in range(ATTEMPTS):
            with suppress(TimeoutError, OSError):
                async with asyncio.timeout(ATTEMPT_SECONDS):
                    await loop.sock_sendall(sender, datagram)
                    return await loop.sock_recv(sender, 64) == b"told"
    return False
