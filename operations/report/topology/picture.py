"""An environment's picture: its parts one below the other, within the outline of the VPC."""

from __future__ import annotations

from operations.report.model import Environment
from operations.report.topology import pairs, sites, subnets
from operations.report.topology.shapes import GATE, MARGIN, TITLE, WIDTH, Box, Picture


def picture(environment: Environment) -> Picture:
    """The environment's picture."""
    drawn = Picture(environment.stack)
    found, right = subnets.subnets(environment, drawn)
    y = sites.sites(environment, drawn, MARGIN + TITLE, found)
    for tunnel in environment.open_vpn:
        y = pairs.open_vpn(tunnel, environment, drawn, y, found)
    if environment.nat != "none":
        y = pairs.nat(environment, drawn, y)
    drawn.height = max(y, right) + MARGIN
    state = environment.state
    details = (("Region", environment.region), ("CIDR", environment.cidr))
    drawn.outlines.insert(
        0,
        Box(
            f"{environment.stack}-vpc",
            "VPC",
            GATE - 24,
            MARGIN,
            WIDTH - GATE + 24 - 8,
            drawn.height - 2 * MARGIN + 8,
            (f"VPC {environment.cidr} · {environment.region}",),
            "plain",
            details if state is None else (*details, ("State", state.level.name.lower())),
        ),
    )
    return drawn
