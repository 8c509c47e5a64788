"""Probes against sockets on loopback, and the handshake's packets against the server's side of the format."""

from __future__ import annotations

import asyncio
import base64
import hmac
import os
import socket
import struct
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Thread

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from access.tls_crypt import new_client_key, new_server_key
from hosts.programs.failover_monitor.configuration import NatProbe, OpenVpnProbe
from hosts.programs.failover_monitor.health import ProbeResult
from hosts.programs.failover_monitor.openvpn_packet import (
    HARD_RESET_SERVER_V2,
    ClientKey,
    Handshake,
    ProbeKeyError,
    parse_client_key,
)
from hosts.programs.failover_monitor.probes import service_probe

PEM = new_client_key(new_server_key(), datetime.now(UTC))
KEY = parse_client_key(PEM)


def seal(key: ClientKey, opcode: int, session: bytes, plain: bytes) -> bytes:
    """A packet as the server sends it."""
    header = bytes([opcode << 3]) + session + struct.pack("!II", 1, int(time.time()))
    tag = hmac.digest(key.receive_hmac, header + plain, "sha256")
    cipher = Cipher(algorithms.AES(key.receive_cipher), modes.CTR(tag[:16])).encryptor()
    return header + tag + cipher.update(plain)


def answer(request: bytes, opcode: int = HARD_RESET_SERVER_V2, key: ClientKey = KEY) -> bytes:
    """The server's answer to a request: it acknowledges packet 0 of the session."""
    return seal(key, opcode, os.urandom(8), b"\1" + bytes(4) + request[1:9] + bytes(4))


def test_the_request_is_what_the_server_can_open() -> None:
    request = Handshake(KEY).request()
    content = base64.b64decode("".join(PEM.splitlines()[1:-1]))
    assert request[0] == 10 << 3
    assert request[9:13] == b"\x0f\0\0\1"
    assert request.endswith(content[256:])
    tag, sealed = request[17:49], request[49 : -len(content[256:])]
    plain = Cipher(algorithms.AES(content[128:160]), modes.CTR(tag[:16])).decryptor().update(sealed)
    assert plain == bytes(5)
    assert hmac.digest(content[192:224], request[:17] + plain, "sha256") == tag


def test_only_a_live_servers_answer_to_this_request_is_accepted() -> None:
    handshake, other = Handshake(KEY), Handshake(KEY)
    right = answer(handshake.request())
    assert handshake.accepts(right)
    stranger = parse_client_key(new_client_key(new_server_key(), datetime.now(UTC)))
    wrong = [
        b"",
        right[:40],
        right[:-1],
        bytes([right[0], right[1] ^ 1]) + right[2:],
        answer(other.request()),
        answer(handshake.request(), opcode=5),
        answer(handshake.request(), key=stranger),
        handshake.request(),
    ]
    assert not any(handshake.accepts(packet) for packet in wrong)


@pytest.mark.parametrize(
    "text",
    ["", "secret", new_server_key(), PEM[:200], PEM.replace("A", "!")],
    ids=["nothing", "no key", "a server's", "cut short", "not base64"],
)
def test_what_is_no_client_key_is_told_without_telling_what_it_is(text: str) -> None:
    with pytest.raises(ProbeKeyError) as error:
        parse_client_key(text)
    assert str(error.value) == "the probe's key is not an OpenVPN tls-crypt-v2 client key"


def test_a_key_is_never_shown() -> None:
    assert repr(KEY) == "ClientKey(...)"


@contextmanager
def udp_server(ignored: int) -> Generator[int]:
    """Answers all but the first so many requests."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def serve() -> None:
        count = 0
        while True:
            request, sender = server.recvfrom(2048)
            if not request:
                return
            count += 1
            if count > ignored:
                server.sendto(answer(request), sender)

    thread = Thread(target=serve, daemon=True)
    thread.start()
    port = server.getsockname()[1]
    try:
        yield port
    finally:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ender:
            ender.sendto(b"", ("127.0.0.1", port))
        thread.join(5)
        server.close()


def probe(settings: OpenVpnProbe | NatProbe, timeout: float = 0.5) -> ProbeResult:
    async def once() -> ProbeResult | None:
        return await service_probe(settings, KEY)("127.0.0.1", timeout)

    result = asyncio.run(once())
    assert result is not None
    return result


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.mark.parametrize("ignored", [0, 1, 3])
def test_lost_packets_do_not_fail_a_probe(ignored: int) -> None:
    with udp_server(ignored) as port:
        result = probe(OpenVpnProbe("udp", port, "key"))
    assert result.answered, result


def test_a_server_that_never_answers_fails_a_probe_when_its_time_is_over() -> None:
    with udp_server(1000) as port:
        result = probe(OpenVpnProbe("udp", port, "key"))
    assert not result.answered
    assert result.finding == "handshake unanswered for 0.5 s"
    assert 0.5 <= result.seconds < 5


@pytest.mark.parametrize("protocol", ["udp", "tcp"])
def test_a_closed_port_fails_a_probe_at_once(protocol: str) -> None:
    settings = OpenVpnProbe("udp" if protocol == "udp" else "tcp", free_port(), "key")
    result = probe(settings)
    assert not result.answered
    assert result.finding.startswith("handshake refused: ")


def test_a_port_that_only_accepts_connections_is_no_openvpn_server_but_is_a_way_through() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert not probe(OpenVpnProbe("tcp", port, "key")).answered
        assert probe(NatProbe(port)).answered
