"""What a host is made of: Debian packages, and the files that it gets as one archive."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Network
from pathlib import Path

START_PROGRAM = "/usr/local/sbin/start-host"
"""Runs once, after the archive is unpacked: what brings the host's services up."""

SHARED_PACKAGES = ("curl", "gpgv", "python3-boto3", "unattended-upgrades")

_PROGRAM_FOLDERS = ("/usr/local/bin/", "/usr/local/sbin/")
_PROGRAMS = Path(__file__).parent / "programs"


@dataclass(frozen=True)
class HostContent:
    """Packages by name, files by path on the instance. No secret is among them.

    The archive is the same to the byte wherever it is made: plain tar (POSIX ustar), which no compression
    library can make differ, with sorted names and no times, owners or modes of the machine that made it.
    """

    packages: tuple[str, ...]
    files: Mapping[str, str]

    @cached_property
    def archive(self) -> bytes:
        """All files as a tar archive, to be unpacked in `/`."""
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for path, content in sorted(self.files.items()):
                data = content.encode()
                entry = tarfile.TarInfo(path.removeprefix("/"))
                entry.size = len(data)
                entry.mode = 0o755 if path.startswith(_PROGRAM_FOLDERS) else 0o644
                archive.addfile(entry, io.BytesIO(data))
        return stream.getvalue()

    @cached_property
    def digest(self) -> str:
        """The archive's SHA-256, in hexadecimal."""
        return hashlib.sha256(self.archive).hexdigest()


def one_or_all(networks: Sequence[IPv4Network]) -> str:
    """Networks as nftables takes them in a rule: one, or a set of all."""
    shown = ", ".join(map(str, networks))
    return shown if len(networks) == 1 else f"{{ {shown} }}"


def program(name: str) -> str:
    """The source of a program that runs on hosts, by its path in `hosts/programs`, as it is."""
    return (_PROGRAMS / name).read_text(encoding="utf-8")


def start_script(*commands: str) -> str:
    """The start program: each command has to succeed before the next one begins."""
    return "#!/bin/sh\nset -eu\n" + "".join(f"{command}\n" for command in commands)
