from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from sandbox.wrapper import locks
from sandbox.wrapper.places import Places


@pytest.fixture
def here(tmp_path: Path) -> Places:
    return Places(tmp_path)


def _lock(here: Places, pid: int, host: str, taken: float | None = None) -> Path:
    """A lock as the file backend writes it for the stack dev."""
    path = here.backend / ".pulumi" / "locks" / "organization" / "aws-vpn" / "dev" / f"{pid}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"pid": pid, "username": "me", "hostname": host}), encoding="utf-8")
    if taken is not None:
        os.utime(path, (taken, taken))
    return path


def _ended() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_lock_of_an_engine_that_is_gone_is_removed(here: Places) -> None:
    path = _lock(here, _ended(), socket.gethostname())
    cleared = locks.clear_abandoned(here)
    assert [(lock.project, lock.stack) for lock in cleared] == [("aws-vpn", "dev")]
    assert not path.exists()
    assert locks.clear_abandoned(here) == []


def test_the_lock_of_an_engine_at_work_stays(here: Places) -> None:
    path = _lock(here, os.getpid(), socket.gethostname())
    assert locks.clear_abandoned(here) == []
    assert path.exists()
    assert [lock.pid for lock in locks.held(here)] == [os.getpid()]


def test_another_process_of_the_same_pid_holds_no_lock(here: Places) -> None:
    before = psutil.Process().create_time() - 60
    path = _lock(here, os.getpid(), socket.gethostname(), taken=before)
    assert len(locks.clear_abandoned(here)) == 1
    assert not path.exists()


def test_another_machine_s_lock_stays(here: Places) -> None:
    path = _lock(here, _ended(), "some-other-machine")
    assert locks.clear_abandoned(here) == []
    assert path.exists()


def test_a_lock_being_written_is_left_alone(here: Places) -> None:
    path = _lock(here, 1, socket.gethostname())
    path.write_text("", encoding="utf-8")
    assert locks.clear_abandoned(here) == []
    assert path.exists()
