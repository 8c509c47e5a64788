"""The monitor's word to a server that it takes the address from: who is heard, and how often."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hosts.openvpn_server.host import NOTICE_PORT
from hosts.programs import tell_clients
from hosts.programs.failover_monitor import notice as monitors
from hosts.programs.failover_monitor.configuration import NatProbe, OpenVpnProbe
from hosts.programs.failover_monitor.notice import notice
from hosts.programs.failover_monitor.openvpn_packet import parse_client_key

WRAPPED = os.urandom(32) + (34).to_bytes(2, "big")
PROBE = OpenVpnProbe("udp", 1194, "probe")

Answer = Callable[[bytes], bytes | None]


def pem() -> str:
    body = base64.b64encode(os.urandom(256) + WRAPPED).decode()
    return f"{tell_clients.BEGIN}\n{body}\n{tell_clients.END}\n"


def word(key: Path, age: float = 0) -> bytes:
    said = f"aws-vpn move {time.time() - age:.6f}".encode()
    return said + b" " + tell_clients.signature(said, key.read_text())


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "probe.key"
    path.write_text(pem())
    return path


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    monkeypatch.setattr(monitors, "PORT", number)
    return number


def told(port: int, key: Path, answer: Answer) -> tuple[bool, list[bytes]]:
    """Whether the monitor was answered by a server on the port, and what it said."""
    tell = notice(PROBE, parse_client_key(key.read_text()))
    assert tell is not None
    heard: list[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", port))
        server.settimeout(1)

        def serve() -> None:
            try:
                while True:
                    data, sender = server.recvfrom(512)
                    heard.append(data)
                    if reply := answer(data):
                        server.sendto(reply, sender)
            except OSError:
                return

        serving = threading.Thread(target=serve)
        serving.start()

        async def call() -> bool:
            return await tell("127.0.0.1")

        result = asyncio.run(call())
        serving.join()
    return result, heard


def test_both_ends_mean_the_same_port() -> None:
    assert monitors.PORT == NOTICE_PORT


def test_a_server_hears_the_monitor(key: Path, port: int) -> None:
    done, (said, *_) = told(port, key, lambda _: b"told")
    assert done
    assert abs(time.time() - tell_clients.checked(said, key)) < tell_clients.VALID_SECONDS


def test_a_server_that_says_nothing_does_not_hold_up_the_move(key: Path, port: int) -> None:
    done, heard = told(port, key, lambda _: None)
    assert not done
    assert len(heard) == monitors.ATTEMPTS
    assert len({*heard}) == 1


def test_a_server_that_is_not_there_is_no_error(key: Path, port: int) -> None:
    tell = notice(PROBE, parse_client_key(key.read_text()))
    assert tell is not None

    async def call() -> bool:
        return await tell("127.0.0.1")

    assert not asyncio.run(call())


def test_a_nat_instance_has_nobody_to_tell(key: Path) -> None:
    assert notice(NatProbe(9443), parse_client_key(key.read_text())) is None


@pytest.mark.parametrize("forged", [b"", b"aws-vpn move 1", b"aws-vpn move 1.0 00", b"\xff \xff"])
def test_what_the_key_did_not_sign_is_not_heard_and_the_key_is_fetched_anew(key: Path, forged: bytes) -> None:
    with pytest.raises(ValueError, match="not signed with the probe's key"):
        tell_clients.checked(forged, key)
    assert not key.exists()
    with pytest.raises(OSError, match="No such file"):
        tell_clients.checked(forged, key)


def test_an_old_word_is_not_heard(key: Path) -> None:
    with pytest.raises(ValueError, match="a word of 60 s ago"):
        tell_clients.checked(word(key, age=60), key)
    assert key.exists()
