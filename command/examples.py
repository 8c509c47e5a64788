"""How a command's help shows examples: each on a line of its own, never wrapped."""

from __future__ import annotations


def examples(*lines: str) -> str:
    """The end of a command's help (click's `epilog`): the lines as a person would type them."""
    return "\b\n" + "\n".join(("Examples:", *(f"  {line}" for line in lines)))
