"""How ranges are shown in a terminal: a table, as people read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from rich.cells import cell_len, set_cell_size

from model.address_file import AddressFile, Range
from model.addresses import span

By = Literal["size", "owner", "address"]

ORDERS: dict[By, Callable[[Range], Any]] = {
    "size": lambda one: (_width(one), one.owner, span(one.cidr)),
    "owner": lambda one: (one.owner, _width(one), span(one.cidr)),
    "address": lambda one: (span(one.cidr), one.owner),
}
"""Widest first; IPv4 before IPv6."""


HEADINGS = ("range", "addresses", "what", "owner", "name")


def _width(one: Range) -> tuple[int, int]:
    version, first, last = span(one.cidr)
    return version, first - last


def lines(ranges: Sequence[Range]) -> Iterator[str]:
    """A heading, and a line a range. Names are shown as they are: they come from tags and lists of others.

    Columns are as wide as their widest cell and never cut: lists have 100,000 lines, and are searched.
    """
    rows = [HEADINGS, *map(_cells, ranges)]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for cidr, count, *words in rows:
        shown = [set_cell_size(word, width) for word, width in zip(words, widths[2:], strict=True)]
        yield "  ".join([cidr.ljust(widths[0]), count.rjust(widths[1]), *shown]).rstrip()


def _cells(one: Range) -> tuple[str, ...]:
    _, first, last = span(one.cidr)
    count = last - first + 1
    size = f"{count:,}" if count < 1 << 40 else f"2^{count.bit_length() - 1}"
    return one.cidr, size, _plain(one.kind), _plain(one.owner), _plain(one.name)


def age(file: AddressFile) -> str:
    """Since when accounts and lists have not been read; empty when none has been."""
    if not file.sources:
        return "no account scanned, no list imported: aws-vpn addresses scan, import"
    name, oldest = min(file.sources.items(), key=lambda item: item[1].at)
    return f"of what was scanned and imported the oldest is of {oldest.at:%Y-%m-%d}: {name}"


def _plain(text: str) -> str:
    """Without characters that steer a terminal."""
    return text if text.isprintable() else "".join(filter(str.isprintable, text))
