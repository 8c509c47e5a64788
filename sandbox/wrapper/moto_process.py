"""The process that plays AWS: starting it, knowing it again, stopping it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from filelock import FileLock

from sandbox.error import SandboxError
from sandbox.wrapper import variables
from sandbox.wrapper.places import ROOT, Places
from sandbox.wrapper.say import say

_START_SECONDS = 90.0
_ANSWER_SECONDS = 10.0
_STOP_SECONDS = 10.0
_LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Cloud:
    """A cloud process: its pid and the time it was started (seconds since 1970), its port and its random id.

    A pid alone could be another process's by now; pid and start time together name one process.
    """

    pid: int
    started: float
    port: int
    id: str

    @property
    def endpoint(self) -> str:
        """The address for AWS_ENDPOINT_URL."""
        return f"http://127.0.0.1:{self.port}"


def ensure(places: Places) -> Cloud:
    """The running cloud, started when there is none.

    A new cloud is empty: when Pulumi still remembers stacks of the one before, they are forgotten, and a line
    says so.

    Raises:
        SandboxError: the cloud does not start.
    """
    with _alone(places):
        known = _read(places)
        if known is not None and _process(known) is not None and _id(known.port) == known.id:
            return known
        if known is not None:
            _stop(known)
        cloud = _start(places)
        if (places.backend / ".pulumi" / "stacks").exists():
            say("The sandbox's cloud was restarted and is empty: what Pulumi knew of it is dropped.")
            _forget_stacks(places)
        places.cloud.write_text(json.dumps(asdict(cloud)), encoding="utf-8")
        return cloud


def stop(places: Places) -> bool:
    """Ends the cloud's process, whether or not it answers; says whether there was one."""
    with _alone(places):
        known = _read(places)
        return known is not None and _stop(known)


def _forget_stacks(places: Places) -> None:
    shutil.rmtree(places.backend)
    shutil.rmtree(places.projects, ignore_errors=True)


def _read(places: Places) -> Cloud | None:
    try:
        return Cloud(**json.loads(places.cloud.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _process(cloud: Cloud) -> psutil.Process | None:
    try:
        process = psutil.Process(cloud.pid)
        alive = process.create_time() == cloud.started and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return None
    return process if alive else None


def _stop(cloud: Cloud) -> bool:
    process = _process(cloud)
    if process is None:
        return False
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except psutil.TimeoutExpired:
        process.kill()
    return True


def _start(places: Places) -> Cloud:
    port_file = places.state / "cloud.port"
    port_file.unlink(missing_ok=True)
    log = places.state / "cloud.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.moto_server", "--port-file", str(port_file)],
            cwd=ROOT,
            env=variables.inside(os.environ, {}),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        port = _port(process, port_file, log)
        return Cloud(process.pid, psutil.Process(process.pid).create_time(), port, _required_id(port, log))
    except BaseException:
        process.kill()
        process.wait()
        raise


def _port(process: subprocess.Popen[bytes], port_file: Path, log: Path) -> int:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SandboxError(f"the sandbox's cloud ended while starting; its last words are in {log}")
        text = port_file.read_text(encoding="ascii").strip() if port_file.exists() else ""
        if text:
            return int(text)
        time.sleep(_LOOK_SECONDS)
    raise SandboxError(f"the sandbox's cloud did not start within {_START_SECONDS:.0f} seconds; see {log}")


def _required_id(port: int, log: Path) -> str:
    identity = _id(port)
    if identity is None:
        raise SandboxError(f"the sandbox's cloud started but does not answer on port {port}; see {log}")
    return identity


def _id(port: int) -> str | None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"http://127.0.0.1:{port}/sandbox/id", timeout=_ANSWER_SECONDS) as answer:
            return str(json.load(answer)["id"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _alone(places: Places) -> FileLock:
    """Holds the sandbox, so that commands started together do not start two clouds."""
    places.state.mkdir(parents=True, exist_ok=True)
    return FileLock(places.state / "lock")
