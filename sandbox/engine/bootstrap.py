"""Choosing the Pulumi engine, and getting it when it is not there yet."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from sandbox.engine import build, download, installed, version
from sandbox.error import SandboxError

CHOICES = ("auto", "installed", "download", "build")


@dataclass(frozen=True)
class Request:
    """What engine is asked for.

    `choice` is one of `CHOICES`; `search_path` is where an installed CLI is looked for, in the form of PATH;
    `cache` is the folder that keeps a downloaded or built one; `say` shows the user a line.
    """

    choice: str
    search_path: str
    cache: Path
    say: Callable[[str], None]


def engine(request: Request) -> Path:
    """The `pulumi` command to use.

    `auto` takes the first that can be had: installed, downloaded, built. What an earlier call downloaded or
    built is used again before anything is fetched.

    Raises:
        SandboxError: the choice is unknown, or what was asked for cannot be had.
    """
    ways = {"auto": _any, "installed": _installed, "download": _downloaded, "build": _built}
    if request.choice not in ways:
        raise SandboxError(f"AWS_VPN_ENGINE={request.choice}: should be one of {', '.join(CHOICES)}")
    return ways[request.choice](request)


def _any(request: Request) -> Path:
    found = installed.find(request.search_path, request.say)
    ready = found or download.cached(request.cache) or build.cached(request.cache)
    if ready is not None:
        return ready
    try:
        return _downloaded(request)
    except SandboxError as problem:
        request.say(f"No download of the Pulumi CLI: {problem}.")
    return _built(request)


def _installed(request: Request) -> Path:
    found = installed.find(request.search_path, request.say)
    if found is None:
        raise SandboxError(
            f"AWS_VPN_ENGINE=installed: no pulumi on PATH of version {version.OLDEST} or later"
        )
    return found


def _downloaded(request: Request) -> Path:
    if engine := download.cached(request.cache):
        return engine
    with _alone(request):
        return download.cached(request.cache) or download.fetch(request.cache, request.say)


def _built(request: Request) -> Path:
    if engine := build.cached(request.cache):
        return engine
    with _alone(request):
        return build.cached(request.cache) or build.build(request.cache, request.say)


@contextmanager
def _alone(request: Request) -> Generator[None]:
    """Holds the cache, so that commands started together, of any clone, do not fill it twice."""
    request.cache.mkdir(parents=True, exist_ok=True)
    lock = FileLock(request.cache / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        request.say("Another command is getting the Pulumi engine; waiting for it ...")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
