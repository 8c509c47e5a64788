"""How ranges are shown in a terminal: a table, as people read it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from rich.table import Table
from rich.text import Text

from model.address_file import AddressFile, Range
from model.addresses import span

By = Literal["size", "owner", "address"]

ORDERS: dict[By, Callable[[Range], Any]] = {
    "size": lambda one: (_width(one), one.owner, span(one.cidr)),
    "owner": lambda one: (one.owner, _width(one), span(one.cidr)),
    "address": lambda one: (span(one.cidr), one.owner),
}
"""Widest first; IPv4 before IPv6."""


def _width(one: Range) -> tuple[int, int]:
    version, first, last = span(one.cidr)
    return version, first - last


def table(ranges: Sequence[Range]) -> Table:
    """A line a range. Names are shown as they are: they come from tags and lists of others."""
    shown = Table(box=None, header_style="bold")
    for heading in ("range", "addresses", "what", "owner", "name"):
        shown.add_column(heading, overflow="fold", justify="right" if heading == "addresses" else "left")
    for one in ranges:
        _, first, last = span(one.cidr)
        count = last - first + 1
        size = f"{count:,}" if count < 1 << 40 else f"2^{count.bit_length() - 1}"
        shown.add_row(*map(Text, (one.cidr, size, one.kind, _plain(one.owner), _plain(one.name))))
    return shown


def age(file: AddressFile) -> str:
    """Since when accounts and lists have not been read; empty when none has been."""
    if not file.sources:
        return "no account scanned, no list imported: aws-vpn addresses scan, import"
    name, oldest = min(file.sources.items(), key=lambda item: item[1].at)
    return f"of what was scanned and imported the oldest is of {oldest.at:%Y-%m-%d}: {name}"


def _plain(text: str) -> str:
    """Without characters that steer a terminal."""
    return "".join(character for character in text if character.isprintable())
