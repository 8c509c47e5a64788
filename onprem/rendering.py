"""Renders a connection for a device: one template a device and form, and the files that come out of it.

A template is `devices/NAME/FORM.j2`. The first line of `configure.j2` is a comment with the device's title. A
line `@@ file PATH` begins a file of the output, `@@ executable PATH` a script.
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

FORMS = {
    "configure": "the configuration",
    "check": "what to type, and what should be seen",
    "remove": "takes the configuration off again",
    "ansible": "a playbook that loads the configuration",
}
"""What can be rendered of a device. Every device has all of them but the playbook."""

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
    return {path.parent.name: _title(path) for path in sorted(DEVICES.glob(f"*/configure{SUFFIX}"))}


def forms(device: str) -> tuple[str, ...]:
    """The forms that a device is rendered in."""
    return tuple(form for form in FORMS if (DEVICES / device / f"{form}{SUFFIX}").is_file())


def render(connection: Connection, device: str, form: str = "configure") -> list[RenderedFile]:
    """The files that make a device the other end of a connection, or what another of `FORMS` has.

    Raises:
        UnsupportedError: the device cannot do what the connection asks for, or has no such form.
        OnpremError: the device is unknown.
    """
    known = devices()
    if device not in known:
        raise OnpremError(f"unknown device {device!r}; should be one of {', '.join(known)}")
    if form not in forms(device):
        raise UnsupportedError(
            f"{known[device]} has no form {form}; should be one of {', '.join(forms(device))}"
        )
    try:
        text = (
            _environment()
            .get_template(f"{device}/{form}{SUFFIX}")
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
    filters.update(known=_known, suites=_suites, left_out=_left_out, strongest=_strongest)
    cast("dict[str, object]", environment.globals).update(refuse=_refuse)
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


def _strongest(phase: Proposals, names: Names, prf: bool) -> Suite:
    """The combination for a device that takes one: AES-GCM first, then what stands last, as AWS orders."""
    return max(enumerate(_suites(phase, names, prf)), key=lambda each: (each[1].combined, each[0]))[1]


def _refuse(reason: str) -> None:
    """Ends a template whose device cannot do what the connection asks for."""
    raise UnsupportedError(reason)


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
