"""What a picture is made of. Lengths are in its own units, about a pixel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

WIDTH = 1160
MARGIN, GAP = 16, 14
LEFT, LEFT_WIDTH = 16, 250
GATE, GATE_WIDTH = 500, 220
RIGHT, RIGHT_WIDTH = 850, 278
SITE_HEIGHT = 64
PAIR_HEIGHT = 104
MONITOR_GAP, MONITOR_HEIGHT = 12, 28
SUBNET_HEIGHT = 46
TITLE = 30
LETTERS = 33
"""Of a line of text in a box 250 wide, at 12 units a letter at most."""

Look = Literal["up", "down", "warning", "unknown", "plain"]


@dataclass(frozen=True)
class Box:
    """A rectangle with lines of text, the first one its title."""

    id: str
    kind: str
    x: int
    y: int
    width: int
    height: int
    lines: tuple[str, ...]
    look: Look
    details: tuple[tuple[str, str], ...]

    @property
    def label(self) -> str:
        """What a screen reader says."""
        return f"{self.kind} {self.lines[0]}"


@dataclass(frozen=True)
class Link:
    """A line from one thing to another; `label` stands above its middle when there is room for it."""

    id: str
    path: str
    label: str
    label_x: int
    label_y: int
    shown: str
    look: Look
    dashed: bool
    details: tuple[tuple[str, str], ...]


@dataclass
class Picture:
    """What is drawn: the VPC's and zones' outlines, boxes, and links."""

    stack: str
    height: int = 0
    outlines: list[Box] = field(default_factory=list[Box])
    boxes: list[Box] = field(default_factory=list[Box])
    links: list[Link] = field(default_factory=list[Link])
    width: int = WIDTH


def fitted(text: str, letters: int = LETTERS) -> str:
    """The text, cut to what its box has room for; its details have all of it."""
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


def reach(link_id: str, gate: Box, subnet: Box, what: str) -> Link:
    """What may reach what, as a curve through the space between gateways and subnets."""
    start, end = gate.x + gate.width, subnet.x
    from_y, to_y = gate.y + min(gate.height // 2, 60), subnet.y + subnet.height // 2
    middle = (start + end) // 2
    return Link(
        link_id,
        f"M{start} {from_y}C{middle} {from_y} {middle} {to_y} {end} {to_y}",
        f"{gate.lines[0]} to {subnet.lines[0]}: {what}",
        0,
        0,
        "",
        "plain",
        True,
        (("What", what),),
    )
