"""Renders a connection for a device: one template a device, and the files that come out of it.

A template is `devices/NAME.j2`. Its first line is a comment with the device's title. A line `@@ file PATH`
begins a file of the output, `@@ executable PATH` a script.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TypeVar, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from onprem.connection import Connection, Proposals, is_combined
from onprem.errors import OnpremError
from onprem.watch import FOR_TEMPLATES

DEVICES = Path(__file__).parent / "devices"
SUFFIX = ".j2"

Key = TypeVar("Key", bound=Hashable)
Names = Mapping[str, Mapping[object, object]]
"""What a device calls algorithms: AWS's name to its own, for `encryption`, `integrity` and `group`."""


class UnsupportedError(OnpremError):
    """A device knows none of the algorithms that a tunnel allows."""


@dataclass(frozen=True)
class RenderedFile:
    """A file of a router's configuration; `path` is relative."""

    path: PurePosixPath
    content: str
    executable: bool


@dataclass(frozen=True)
class Suite:
    """A combination of algorithms, in a device's names. `combined`: the cipher protects integrity itself."""

    encryption: object
    integrity: object | None
    group: object
    combined: bool


def devices() -> dict[str, str]:
    """The known devices by name, with their titles."""
    templates = sorted(path for path in DEVICES.glob(f"*{SUFFIX}") if not path.name.startswith("_"))
    return {path.name.removesuffix(SUFFIX): _title(path) for path in templates}


def render(connection: Connection, device: str) -> list[RenderedFile]:
    """The files that make a device the other end of a connection.

    Raises:
        UnsupportedError: the device cannot do what the connection asks for.
        OnpremError: the device is unknown.
    """
    known = devices()
    if device not in known:
        raise OnpremError(f"unknown device {device!r}; should be one of {', '.join(known)}")
    try:
        text = (
            _environment()
            .get_template(f"{device}{SUFFIX}")
            .render(connection=connection, watch=FOR_TEMPLATES)
        )
    except UnsupportedError as error:
        raise UnsupportedError(f"{connection.name}: {known[device]} {error}") from None
    return list(_split(text))


def _title(template: Path) -> str:
    with template.open(encoding="utf-8") as lines:
        return lines.readline().strip().removeprefix("{#").removesuffix("#}").strip()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(DEVICES),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - routers' languages, no HTML; values are addresses, numbers and names
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters = cast("dict[str, object]", environment.filters)
    filters.update(known=_known, suites=_suites, left_out=_left_out)
    return environment


def _known(values: Iterable[Key], names: Mapping[Key, object]) -> list[object]:
    """What a device calls `values`, without those that it does not know."""
    wanted = list(values)
    found = [names[value] for value in wanted if value in names]
    if wanted and not found:
        raise UnsupportedError(
            f"knows none of {_listed(wanted)}; the connection should allow one of {_listed(names)}"
        )
    return found


def _suites(phase: Proposals, names: Names, prf: bool) -> list[Suite]:
    """What a phase allows, a combination at a time, as far as a device knows the algorithms.

    AES-GCM needs no integrity algorithm, but IKE takes its PRF from there: with `prf` there is one of each.
    """
    checks = [names["integrity"][value] for value in phase.integrities if value in names["integrity"]]
    found = [
        Suite(names["encryption"][cipher], check, names["group"][group], is_combined(cipher))
        for cipher in phase.encryptions
        if cipher in names["encryption"]
        for check in (checks if prf or not is_combined(cipher) else [None])
        for group in phase.dh_groups
        if group in names["group"]
    ]
    if not found:
        unknown = ", ".join(_left_out(phase, names))
        raise UnsupportedError(f"lacks {unknown}; the connection should allow something else too")
    return found


def _left_out(phase: Proposals, names: Names) -> list[str]:
    """The algorithms of a phase that a device does not know, in AWS's names."""
    asked = (
        (phase.encryptions, names["encryption"]),
        (phase.integrities, names["integrity"]),
        (phase.dh_groups, names["group"]),
    )
    return [_in_words(value) for values, known in asked for value in values if value not in known]


def _listed(values: Iterable[object]) -> str:
    return ", ".join(map(_in_words, values))


def _in_words(value: object) -> str:
    """An algorithm in AWS's name; a Diffie-Hellman group is only a number there."""
    return f"group {value}" if isinstance(value, int) else str(value)


def _split(text: str) -> Iterator[RenderedFile]:
    head, *parts = f"\n{text}".split("\n@@ ")
    if head.strip():
        raise ValueError(f"text before the first file: {head.strip()[:60]}")
    for part in parts:
        first, _, content = part.partition("\n")
        kind, path = first.split()
        yield RenderedFile(PurePosixPath(path), f"{content.strip()}\n", kind == "executable")
