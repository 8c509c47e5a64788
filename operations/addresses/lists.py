"""Ranges from other people's lists: a CSV with a header, or NetBox's export of prefixes as CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from model.address_file import Range
from model.addresses import span
from model.errors import AwsVpnError

BLOCK_COLUMNS = ("cidr", "prefix")
NAME_COLUMNS = ("name", "description")

CONTAINER = "container"
"""NetBox's status of a range that only groups others, and takes none itself ("Prefix": Status)."""


class ListError(AwsVpnError):
    """The list cannot be used; a line for each row that is wrong."""


@dataclass(frozen=True)
class Row:
    """A row of a list, and how to find it there."""

    place: str
    key: str
    cidr: str
    name: str
    status: str


def ranges_in(path: Path) -> tuple[Range, ...]:
    """The ranges of a list. All of it is read, or none.

    Raises:
        ListError: it cannot be read, is truncated, or rows of it are wrong: all of them are reported.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise ListError(f"{path}: should be a readable file: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ListError(f"{path}: should be text in UTF-8") from None
    rows = list(_json(text) if text.lstrip()[:1] in ("{", "[") else _csv(text))
    problems = [row if isinstance(row, str) else _wrong(row) for row in rows]
    if not rows:
        problems = ["should have a row for each range; there is none"]
    if any(problems):
        raise ListError("\n".join(f"{path}: {problem}" for problem in problems if problem))
    return tuple(_range(row, path.name) for row in rows if isinstance(row, Row) and row.status != CONTAINER)


def _range(row: Row, file: str) -> Range:
    return Range(cidr=row.cidr, kind="imported", owner=" ".join(row.name.split()) or file, name=file)


def _wrong(row: Row) -> str:
    """What is wrong with the row; empty when nothing is."""
    right = "a range that somebody uses: this one is all addresses"
    try:
        span(row.cidr)
        if row.status == CONTAINER or not row.cidr.endswith("/0"):
            return ""
    except ValueError as error:
        right = str(error)
    return f"{row.place}: {row.key} = {row.cidr[:60]}; should be {right}"


def _csv(text: str) -> Iterator[Row | str]:
    """Its rows, and what is wrong with those that are none."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, list[str]())]
        key = next((column for column in BLOCK_COLUMNS if column in header), None)
        if key is None:
            given = ", ".join(header)[:60] or "nothing"
            yield f"row 1: columns = {given}; should be a header with {' or '.join(BLOCK_COLUMNS)}"
            return
        for cells in filter(None, reader):
            yield _row(reader.line_num, key, header, cells)
    except csv.Error as error:
        yield f"row {reader.line_num}: should be CSV to its end: {error}"


def _row(number: int, key: str, header: list[str], cells: list[str]) -> Row | str:
    if len(cells) != len(header):
        given = f"{len(cells)} columns ({','.join(cells)[:60]})"
        return f"row {number}: {given}; should be {len(header)}, as in the header"
    row = dict(zip(header, map(str.strip, cells), strict=True))
    name = next((row[column] for column in NAME_COLUMNS if row.get(column)), "")
    return Row(f"row {number}", key, row[key], name, row.get("status", "").lower())


def _json(text: str) -> Iterator[Row | str]:
    """Its prefixes, and what is wrong with those that are none."""
    try:
        document: Any = json.loads(text)
    except ValueError as error:
        yield f"should be JSON to its end: {error}"
        return
    page = cast("dict[str, Any]", document if isinstance(document, dict) else {"results": document})
    if not isinstance(page.get("results"), list):
        yield "results; should be the list of prefixes, as NetBox's API answers it"
        return
    results = cast("list[Any]", page["results"])
    count: Any = page.get("count", len(results))
    if page.get("next") or count != len(results):
        yield f"results = {len(results)} of {count}; should be all: ask with ?limit=0"
    for i, result in enumerate(results):
        yield _prefix(f"results[{i}]", result)


def _prefix(place: str, result: object) -> Row | str:
    if not isinstance(result, dict):
        return f"{place} = {str(result)[:60]}; should be a prefix, as NetBox's API answers it"
    prefix = cast("dict[str, Any]", result)
    status: Any = prefix.get("status") or ""
    if isinstance(status, dict):
        status = cast("dict[str, Any]", status).get("value", "")
    cidr = str(prefix.get("prefix", prefix.get("cidr", "")))
    name = str(prefix.get("description") or prefix.get("name") or "")
    return Row(place, "prefix", cidr, name, str(status).lower())
