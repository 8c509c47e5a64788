"""Where an authority lives: one file in a folder of its own (`access.seal` says what protects its content).

The file is replaced as a whole, so that a crash leaves the state before or after a step and nothing between.
Two commands at once take turns.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from access.authority import Authority
from access.errors import AccessError
from access.seal import FORMATS, Sealed, Stored

FILE = "authority.json"
Value = TypeVar("Value")

_AUTHORITY = TypeAdapter(Authority)
_SEALED = TypeAdapter(Sealed)


@contextmanager
def locked(home: Path) -> Generator[None]:
    """Hold an authority's folder alone, made if it is not there, readable by its owner only.

    Raises:
        AccessError: the folder is inside a git repository, or cannot be written to.
    """
    make_folder(home)
    with _explained(home):
        lock = os.open(home / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def make_folder(folder: Path) -> None:
    """Make a folder for private keys, readable by its owner only, unless it is there.

    Raises:
        AccessError: it is inside a git repository, or cannot be made.
    """
    refuse_repository(folder)
    with _explained(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def exists(path: Path) -> bool:
    """Whether there is such a file.

    Raises:
        AccessError: its folder cannot be looked into.
    """
    with _explained(path.parent):
        return path.exists()


def has_authority(home: Path) -> bool:
    """Whether there is an authority in the folder.

    Raises:
        AccessError: the folder cannot be looked into.
    """
    return exists(home / FILE)


def load(home: Path) -> Stored:
    """The authority in a folder.

    Raises:
        AccessError: there is none, or its file is damaged.
    """
    path = home / FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return _stored(document)
    except FileNotFoundError:
        raise AccessError(f"no authority in {home}; should be made with `init` first") from None
    except OSError as error:
        raise AccessError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise AccessError(f"{path} is damaged; should be restored from a backup") from None


def save(home: Path, stored: Stored) -> None:
    """Replace the authority in a folder.

    Raises:
        AccessError: the folder cannot be written to; what was there is there still.
    """
    document = {
        "format": stored.sealed.format,
        "authority": asdict(stored.authority),
        "sealed": {key: value for key, value in asdict(stored.sealed).items() if key != "format"},
    }
    text = _as_json(document)
    with pending(home / FILE, text) as publish:
        publish()


@contextmanager
def pending(path: Path, text: str) -> Generator[Callable[[], None]]:
    """Write a file beside its place, readable by its owner only; what is yielded moves it there.

    Left without that call, nothing remains of it: a caller can make sure that a file can be written before it
    takes a step that cannot be undone.

    Raises:
        AccessError: the folder cannot be written to.
    """
    with _explained(path.parent):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with _explained(path.parent), os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        yield lambda: _move(temporary, path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def refuse_repository(folder: Path) -> None:
    """Keep private keys out of version control.

    Raises:
        AccessError: the folder is inside a git repository, or cannot be looked into.
    """
    with _explained(folder):
        resolved = folder.resolve()
    for parent in (resolved, *resolved.parents):
        if exists(parent / ".git"):
            raise AccessError(f"{folder} is inside the git repository {parent}; should not be")


def _move(temporary: Path, path: Path) -> None:
    with _explained(path.parent):
        temporary.replace(path)
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


@contextmanager
def _explained(folder: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise AccessError(
            f"cannot write to {folder}: {error.strerror}; should be a folder you can write to"
        ) from None


def _stored(document: dict[str, Any]) -> Stored:
    if document["format"] not in FORMATS:
        raise ValueError(document["format"])
    authority = _read(_AUTHORITY, document["authority"])
    # their certificates are read here already, where text that is none is reported as damage
    _ = authority.expires, authority.server_expires
    if json.loads(_as_json(asdict(authority))) != document["authority"]:
        raise ValueError("written in another way than by this program")
    return Stored(authority, _read(_SEALED, {**document["sealed"], "format": document["format"]}))


def _as_json(value: object) -> str:
    return json.dumps(value, indent=1, default=datetime.isoformat)


def _read(kind: TypeAdapter[Value], fields: dict[str, Any]) -> Value:
    """A part of the document, strictly: a value of another kind is damage, even if it would mean the same."""
    return kind.validate_json(json.dumps(fields), strict=True)
