"""Where other tools leave an authority and what belongs to it.

| Made by | Authority | Certificates | OpenVPN's own files |
|---|---|---|---|
| easy-rsa 3 | `pki/ca.crt`, `pki/private/ca.key` | `pki/issued`, `pki/certs_by_serial`, `pki/revoked` | |
| easy-rsa 2 | `keys/ca.crt`, `keys/ca.key` | `keys/NAME.crt`, `keys/SERIAL.pem` | `keys/ta.key` |
| Nyr's script | `server/easy-rsa/pki` | as easy-rsa 3 | `server.conf`, `client-common.txt`, `tc.key` |
| angristan's | `easy-rsa/pki`, or below `server` | as easy-rsa 3 | `server.conf`, `client-template.txt` |

Both keep OpenSSL's `index.txt` beside `ca.crt`, and that is what is looked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from access.errors import AccessError

DEPTH = 5
"""Folders below the one given that are looked into: /etc/openvpn/server/easy-rsa/pki is three."""

_CERTIFICATE = "-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class ExistingFolder:
    """The files of an authority, and those of the OpenVPN server that used it, as far as they are there."""

    pki: Path
    index: str
    authority: str
    key_path: Path | None
    certificates: tuple[x509.Certificate, ...]
    crl: str
    server_configuration: str
    client_template: str
    tls_crypt_v2_key: str


def find(folder: Path) -> ExistingFolder:
    """What is in a folder, or in a copy of /etc/openvpn.

    Raises:
        AccessError: there is no authority, or more than one, or it cannot be read.
    """
    if not folder.is_dir():
        raise AccessError(f"{folder} is no folder; should be easy-rsa's, or a copy of /etc/openvpn")
    walked = list(_walk(folder))
    pki = _only_pki(folder, walked)
    files = [path for path in walked if path.parent == pki or path.is_relative_to(pki)]
    around = [path for path in walked if path not in files]
    return ExistingFolder(
        pki=pki,
        index=_text(pki / "index.txt"),
        authority=_text(pki / "ca.crt"),
        key_path=next((path for path in (pki / "private/ca.key", pki / "ca.key") if path.is_file()), None),
        certificates=tuple(_certificates(files, pki / "ca.crt")),
        crl=_first(walked, lambda path: path.name == "crl.pem" and path.parent == pki),
        server_configuration=_first(around, lambda path: path.name in {"server.conf", "server.ovpn"}),
        client_template=_first(
            around, lambda path: path.name in {"client-common.txt", "client-template.txt", "client.conf"}
        ),
        tls_crypt_v2_key=_first(walked, _holds_server_key),
    )


def _walk(folder: Path) -> Iterator[Path]:
    try:
        for parent, folders, names in os.walk(folder, onerror=_refuse):
            here = Path(parent)
            if len(here.relative_to(folder).parts) >= DEPTH:
                folders.clear()
            folders.sort()
            yield from (here / name for name in sorted(names))
    except OSError as error:
        raise AccessError(
            f"cannot read {error.filename}: {error.strerror}; should be readable by you"
        ) from None


def _refuse(error: OSError) -> None:
    raise error


def _only_pki(folder: Path, walked: list[Path]) -> Path:
    authorities = {path.parent for path in walked if path.name == "ca.crt"}
    found = [path.parent for path in walked if path.name == "index.txt" and path.parent in authorities]
    if not found:
        fingerprints = any("peer-fingerprint" in _text(path) for path in walked if path.name == "server.conf")
        why = ": its server knows clients by fingerprint, they need new profiles" if fingerprints else ""
        raise AccessError(
            f"no authority in {folder}{why}; should be a folder with ca.crt and index.txt in it or below"
        )
    if len(found) > 1:
        raise AccessError(
            f"{len(found)} authorities in {folder}: {', '.join(map(str, found))}; should be one of these"
        )
    return found[0]


def _certificates(files: list[Path], authority: Path) -> Iterator[x509.Certificate]:
    """Every certificate once; easy-rsa keeps each under its name and under its serial number."""
    seen: set[int] = set()
    for path in files:
        if path == authority or path.suffix not in {".crt", ".pem"}:
            continue
        text = _text(path)
        if _CERTIFICATE not in text:
            continue
        try:
            certificate = x509.load_pem_x509_certificate(text[text.index(_CERTIFICATE) :].encode())
        except ValueError:
            raise AccessError(f"{path} is damaged; should be a certificate, or be moved away") from None
        if certificate.serial_number not in seen:
            seen.add(certificate.serial_number)
            yield certificate


def _holds_server_key(path: Path) -> bool:
    return path.suffix in {".key", ".pem"} and "OpenVPN tls-crypt-v2 server key" in _text(path)


def _first(paths: list[Path], fits: Callable[[Path], bool]) -> str:
    return next((_text(path) for path in paths if fits(path)), "")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise AccessError(f"cannot read {path}: {error.strerror}; should be readable by you") from None
