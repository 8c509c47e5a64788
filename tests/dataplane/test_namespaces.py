"""The lab itself: links carry traffic, programs are seen and ended, and nothing stays behind."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from labs.namespaces import Host, Lab, NetworkError, wait_until


def test_a_router_forwards_between_two_links(tmp_path: Path) -> None:
    with Lab(tmp_path) as lab:
        client, router, server = lab.host("client"), lab.host("router"), lab.host("server")
        lab.link(client, "eth0", router, "left")
        lab.link(router, "right", server, "eth0")
        client.address("eth0", "10.1.0.2/24")
        router.address("left", "10.1.0.1/24")
        router.address("right", "10.2.0.1/24")
        server.address("eth0", "10.2.0.2/24")
        client.route("default", "10.1.0.1")
        server.route("default", "10.2.0.1")
        router.run(["sysctl", "-qw", "net.ipv4.ip_forward=0"])
        assert not client.reaches("10.2.0.2", seconds=0.3)
        router.forward()
        assert client.reaches("10.2.0.2")
        router.interface_up("right", up=False)
        assert not client.reaches("10.2.0.2", seconds=0.3)


def test_programs_see_their_own_files_and_are_ended(tmp_path: Path) -> None:
    private = tmp_path / "hosts"
    private.write_text("10.9.9.9 private-name\n", encoding="utf-8")
    with Lab(tmp_path) as lab:
        host = lab.host("host")
        script = "cat /etc/hosts; sleep 300 & exec sleep 300"
        program = host.start("reader", ["sh", "-c", script], mounts={"/etc/hosts": private})
        wait_until(
            lambda: "private-name" in program.log() and len(host.processes()) == 3, 30, "both sleepers"
        )
        program.signal(signal.SIGSTOP)
        program.stop()
        assert not program.is_running()
        assert len(host.processes()) == 2
    assert "private-name" not in Path("/etc/hosts").read_text(encoding="utf-8")


def test_a_failing_test_leaves_nothing_behind(tmp_path: Path) -> None:
    pids: list[int] = []

    def failing() -> None:
        with Lab(tmp_path) as lab:
            host = lab.host("host")
            host.start("daemon", ["sh", "-c", "setsid sleep 301 & sleep 301"])
            wait_until(lambda: len(host.processes()) == 4, 30, "the shell and both sleepers")
            pids.extend(host.processes())
            _fail(host)

    with pytest.raises(NetworkError, match="host: false: exit code 1"):
        failing()
    assert len(pids) == 4
    assert [pid for pid in pids if Path(f"/proc/{pid}/exe").exists() and pid != os.getpid()] == []


def _fail(host: Host) -> None:
    host.run(["false"])


def test_commands_and_waits_are_bounded(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match=r"never: not within 0\.2 s"):
        wait_until(lambda: False, 0.2, "never")
    with Lab(tmp_path) as lab:
        host = lab.host("host")
        with pytest.raises(NetworkError, match="longer than"):
            host.run(["sleep", "30"], timeout=0.5)
