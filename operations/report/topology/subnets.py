"""The zones on the right, one below the other, each with its subnets."""

from __future__ import annotations

from operations.report.model import Environment
from operations.report.topology.shapes import (
    GAP,
    MARGIN,
    RIGHT,
    RIGHT_WIDTH,
    SUBNET_HEIGHT,
    TITLE,
    Box,
    Picture,
)


def subnets(environment: Environment, drawn: Picture) -> tuple[dict[str, Box], int]:
    """The zones, one below the other, and their subnets by name."""
    found: dict[str, Box] = {}
    y = MARGIN + TITLE
    for zone in environment.zones:
        height = TITLE + 2 * (SUBNET_HEIGHT + 8) + 4
        drawn.outlines.append(
            Box(zone.zone, "Zone", RIGHT, y, RIGHT_WIDTH, height, (zone.zone,), "plain", ())
        )
        for i, (tier, cidr) in enumerate((("public", zone.public), ("private", zone.private))):
            name = f"{tier}-{zone.zone[-1]}"
            box = Box(
                f"{environment.stack}-{name}",
                "Subnet",
                RIGHT + 12,
                y + TITLE + i * (SUBNET_HEIGHT + 8),
                RIGHT_WIDTH - 24,
                SUBNET_HEIGHT,
                (name, cidr),
                "plain",
                (("Zone", zone.zone), ("CIDR", cidr)),
            )
            found[name] = box
            drawn.boxes.append(box)
        y += height + GAP
    return found, y
