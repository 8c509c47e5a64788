"""Text of others, as a terminal may have it: what would move the cursor or change colours is spelt out."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text in one line, with line ends and control characters as Python writes them (`\\n`, `\\x1b`)."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
