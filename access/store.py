"""Where an authority lives: one file in a folder of its own, private keys sealed with a passphrase.

The file is replaced as a whole, so that a crash leaves the state before or after a step and nothing between.
Two commands at once take turns.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets as random
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from access.authority import Authority, Issued, Secrets
from access.errors import AccessError

FILE = "authority.json"
FORMAT = 1
_DATES = frozenset({"not_before", "not_after", "revoked", "crl_expires"})
SCRYPT_COST = 2**17
"""Scrypt's N with r = 8 and p = 1, as OWASP's Password Storage Cheat Sheet has it: 128 MiB a guess."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Secrets encrypted with AES-256-GCM under a key derived from the passphrase. Base64."""

    salt: str
    nonce: str
    ciphertext: str


@dataclass(frozen=True, slots=True)
class Stored:
    """An authority as it is on disk."""

    authority: Authority
    sealed: Sealed

    def secrets(self, passphrase: str) -> Secrets:
        """The private keys.

        Raises:
            AccessError: the passphrase is wrong.
        """
        sealed = self.sealed
        try:
            key = _key(passphrase, base64.b64decode(sealed.salt))
            nonce, ciphertext = base64.b64decode(sealed.nonce), base64.b64decode(sealed.ciphertext)
            content = AESGCM(key).decrypt(nonce, ciphertext, self.authority.name.encode())
        except (InvalidTag, ValueError):
            raise AccessError(
                f"the passphrase does not open {self.authority.name}; should be the one given at `init`"
            ) from None
        return Secrets(**json.loads(content))


def seal(authority: Authority, secrets: Secrets, passphrase: str) -> Stored:
    """The authority with its private keys encrypted."""
    salt, nonce = random.token_bytes(16), random.token_bytes(12)
    content = json.dumps(asdict(secrets)).encode()
    ciphertext = AESGCM(_key(passphrase, salt)).encrypt(nonce, content, authority.name.encode())
    return Stored(authority, Sealed(*(base64.b64encode(part).decode() for part in (salt, nonce, ciphertext))))


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
    document = {"format": FORMAT, "authority": asdict(stored.authority), "sealed": asdict(stored.sealed)}
    text = json.dumps(document, indent=1, default=datetime.isoformat)
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
    if document["format"] != FORMAT:
        raise ValueError(document["format"])
    fields = document["authority"]
    issued = tuple(Issued(**_with_dates(entry)) for entry in fields.pop("issued"))
    return Stored(Authority(**_with_dates(fields), issued=issued), Sealed(**document["sealed"]))


def _with_dates(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        key: datetime.fromisoformat(value) if key in _DATES and value else value
        for key, value in fields.items()
    }


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=SCRYPT_COST, r=8, p=1).derive(passphrase.encode())
