"""The file of ranges that no stack file names: scanned from accounts, imported from lists."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, ValidationError
from pydantic_core import PydanticCustomError

from model.addresses import span
from model.errors import AwsVpnError

DEFAULT_FILE = Path(".aws-vpn") / "addresses.json"
"""In the project's folder."""

VERSION = 1
"""Rises when a reader of the old form could not read the new one."""


def _block(cidr: str) -> str:
    try:
        span(cidr)
    except ValueError as error:
        raise PydanticCustomError("cidr", "{right}", {"right": str(error)}) from None
    return cidr


class Range(BaseModel, frozen=True, extra="forbid"):
    """A range of addresses that somebody takes."""

    cidr: Annotated[str, AfterValidator(_block)]
    """IPv4 or IPv6, without host bits."""
    kind: str
    """What takes it: vpc, subnet, peering, transit route, VPN route, site, office, pool, network, or
    imported."""
    owner: str
    """Whose it is: a stack, an account with the id of what has it, or a name."""
    name: str = ""
    """What people call it, or where it is written."""
    stack: str = ""
    """The stack of this project that it belongs to, where tags say so."""


class Source(BaseModel, frozen=True, extra="forbid"):
    """What one question to an account, or one imported file, told."""

    at: datetime
    """When it was read, in UTC."""
    ranges: tuple[Range, ...]


class AddressFile(BaseModel, frozen=True, extra="forbid"):
    """The whole file. A source that is read again replaces what it told before, and no other's."""

    version: Literal[1] = VERSION
    sources: dict[str, Source] = Field(default_factory=dict)

    def with_sources(self, sources: dict[str, Source]) -> AddressFile:
        """The file with these sources in place of what they told before."""
        return AddressFile(sources={**self.sources, **sources})


class AddressFileError(AwsVpnError):
    """The file cannot be used; a line for each thing that is wrong in it."""


def read(path: Path) -> AddressFile:
    """What the file says; nothing, when the default one is not there.

    Raises:
        AddressFileError: another file is not there, or it is of no form that this version knows.
    """
    if path == DEFAULT_FILE and not path.exists():
        return AddressFile()
    try:
        return AddressFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise AddressFileError(f"{path}: should be a readable file: {error.strerror}") from None
    except ValidationError as error:
        raise AddressFileError("\n".join(_lines(path, error))) from None


def write(path: Path, file: AddressFile) -> None:
    """Write it as a whole: whoever reads meanwhile sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(file.model_dump_json(indent=1) + "\n", encoding="utf-8")
    fresh.replace(path)


def _lines(path: Path, error: ValidationError) -> list[str]:
    lines: list[str] = []
    for detail in error.errors(include_url=False):
        key = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in detail["loc"])
        value = "" if detail["type"] in ("missing", "json_invalid") else f" = {str(detail['input'])[:60]}"
        place = f"{key.lstrip('.')}{value}; " if key else ""
        lines.append(f"{path}: {place}should be {_right(detail['type'], detail['msg'])}")
    return lines


def _right(kind: str, message: str) -> str:
    if kind.startswith("datetime_"):
        return "a date and time, such as 2026-11-25T13:00:00Z"
    known = {
        "missing": "a value; this key is required",
        "json_invalid": f"the whole of a JSON document: {message}",
        "extra_forbidden": "left out: no such key",
        "literal_error": f"{VERSION}, the version that is read here; scan or import anew",
        "string_type": "text",
    }
    return known.get(kind, message)
