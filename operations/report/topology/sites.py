"""The sites on the left, and the gateway that they connect to.

The gateway is as tall as their list, so that every tunnel is a straight line of its own, whether there is one
site or fifty.
"""

from __future__ import annotations

from collections.abc import Iterator

from operations.report.model import Environment, SiteShape
from operations.report.topology.shapes import (
    GAP,
    GATE,
    GATE_WIDTH,
    LEFT,
    LEFT_WIDTH,
    SITE_HEIGHT,
    Box,
    Link,
    Look,
    Picture,
    fitted,
    reach,
)
from operations.status.model import SiteState


def sites(environment: Environment, drawn: Picture, y: int, subnets: dict[str, Box]) -> int:
    """The sites with both tunnels and the gateway, from `y` on; where the next thing may begin."""
    if not environment.sites:
        return y
    states = {site.name: site for site in environment.state.sites} if environment.state else {}
    gate = Box(
        f"{environment.stack}-vpg",
        "Gateway",
        GATE,
        y,
        GATE_WIDTH,
        len(environment.sites) * (SITE_HEIGHT + GAP) - GAP,
        (
            "VPG",
            f"AS {environment.amazon_side_asn}",
            f"{len(environment.sites)} site{'s' if len(environment.sites) > 1 else ''}",
        ),
        "plain",
        (("Amazon side ASN", str(environment.amazon_side_asn)),),
    )
    drawn.boxes.append(gate)
    for name, subnet in subnets.items():
        if name.startswith("private-"):
            drawn.links.append(reach(f"{environment.stack}-vpg-{name}", gate, subnet, "propagated routes"))
    for site in environment.sites:
        state = states.get(site.name)
        drawn.boxes.append(_site_box(environment.stack, site, state, y))
        drawn.links.extend(_tunnels(environment.stack, site, state, y))
        y += SITE_HEIGHT + GAP
    return y + GAP


def _site_box(stack: str, site: SiteShape, state: SiteState | None, y: int) -> Box:
    routing = "static routes" if site.bgp_asn is None else f"BGP AS {site.bgp_asn}"
    details = [
        ("Location", site.location),
        ("Public address", site.public_ip or "none: certificate"),
        ("Routing", routing),
        ("LANs", ", ".join(site.lan_cidrs)),
        ("IKE", ", ".join(site.ike_versions)),
        ("Startup action", site.startup_action),
    ]
    if state:
        details += [
            ("VPN connection", state.vpn_connection_id),
            ("Customer gateway", state.customer_gateway_id),
        ]
    return Box(
        f"{stack}-site-{site.name}",
        "Site",
        LEFT,
        y,
        LEFT_WIDTH,
        SITE_HEIGHT,
        (
            fitted(site.name, 28),
            fitted(f"{site.public_ip or 'certificate'} · {routing}"),
            fitted(", ".join(site.lan_cidrs)),
        ),
        "plain",
        tuple(details),
    )


def _tunnels(stack: str, site: SiteShape, state: SiteState | None, y: int) -> Iterator[Link]:
    tunnels = state.tunnels if state else ()
    for i in range(2):
        known = tunnels[i] if i < len(tunnels) else None
        look: Look = "unknown" if known is None else "up" if known.up else "down"
        height = y + 20 + i * 28
        details = [("Site", site.name), ("State", look)]
        if known:
            details += [
                ("Outside address", known.outside_address),
                ("Inside CIDR", known.inside_cidr),
                ("Since", f"{known.since:%Y-%m-%d %H:%M} UTC" if known.since else "unknown"),
                ("Accepted routes", str(known.accepted_routes)),
            ]
            if known.cause:
                details += [("Cause", known.cause.says), ("Mend", known.cause.mend)]
        yield Link(
            f"{stack}-tunnel-{site.name}-{i + 1}",
            f"M{LEFT + LEFT_WIDTH} {height}H{GATE}",
            f"Tunnel {i + 1} of {site.name}: {look}",
            (LEFT + LEFT_WIDTH + GATE - 24) // 2,
            height - 5,
            f"{i + 1}  {known.outside_address if known else 'not asked'}  {look if known else ''}".strip(),
            look,
            look in ("down", "unknown"),
            tuple(details),
        )
