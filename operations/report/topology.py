"""Lays an environment out as a picture: outside on the left, gateways in the middle, subnets on the right.

The gateway that the sites connect to is as tall as their list, so that every tunnel is a straight line of its
own, whether there is one site or fifty. Lengths are in the picture's own units, about a pixel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from operations.report.model import Environment, OpenVpnShape, SiteShape
from operations.status.model import PairState, SiteState

WIDTH = 1160
MARGIN, GAP = 16, 14
LEFT, LEFT_WIDTH = 16, 250
GATE, GATE_WIDTH = 500, 220
RIGHT, RIGHT_WIDTH = 850, 278
SITE_HEIGHT = 64
PAIR_HEIGHT = 122
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


def picture(environment: Environment) -> Picture:
    """The environment's picture."""
    drawn = Picture(environment.stack)
    subnets, right = _subnets(environment, drawn)
    y = _sites(environment, drawn, MARGIN + TITLE, subnets)
    for tunnel in environment.open_vpn:
        y = _open_vpn(tunnel, environment, drawn, y, subnets)
    if environment.nat != "none":
        y = _nat(environment, drawn, y)
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


def _subnets(environment: Environment, drawn: Picture) -> tuple[dict[str, Box], int]:
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


def _sites(environment: Environment, drawn: Picture, y: int, subnets: dict[str, Box]) -> int:
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
            drawn.links.append(_reach(f"{environment.stack}-vpg-{name}", gate, subnet, "propagated routes"))
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


def _pair_details(pair: PairState | None) -> tuple[tuple[str, str], ...]:
    if pair is None:
        return ()
    servers = [
        (server.role, f"{server.instance_id} in {server.zone}, {server.private_address}, {server.running}")
        for server in pair.servers
    ]
    return (("Address", pair.public_ip), ("Held by", pair.holder or "unknown"), *servers)


def _pair_look(pair: PairState | None) -> Look:
    if pair is None or pair.holder is None:
        return "unknown"
    return {"main": "up", "standby": "warning"}.get(pair.holder, "down")  # type: ignore[return-value]


def _open_vpn(
    tunnel: OpenVpnShape, environment: Environment, drawn: Picture, y: int, subnets: dict[str, Box]
) -> int:
    state = environment.state
    pair = next((one for one in state.pairs if one.name == tunnel.name), None) if state else None
    outside = [("Clients", f"clients of {tunnel.name}", tunnel.client_pool)]
    outside += [("Office", office.name, ", ".join(office.lan_cidrs)) for office in tunnel.offices]
    height = max(PAIR_HEIGHT, len(outside) * (SUBNET_HEIGHT + 8) - 8)
    held = f"held by {pair.holder or 'unknown'}" if pair else "not asked"
    gate = Box(
        f"{environment.stack}-openvpn-{tunnel.name}",
        "OpenVPN",
        GATE,
        y,
        GATE_WIDTH,
        height,
        (
            fitted(f"OpenVPN {tunnel.name}", 26),
            fitted(f"{tunnel.protocol}/{tunnel.port}" + (f" · {pair.public_ip}" if pair else ""), 30),
            held,
            f"main in {tunnel.main_zone[-1]}, standby in {tunnel.standby_zone[-1]}",
            f"monitor in {', '.join(zone[-1] for zone in tunnel.monitor_zones)}",
            fitted(f"permits {', '.join(tunnel.permitted)}", 30),
        ),
        _pair_look(pair),
        (
            ("Client pool", tunnel.client_pool),
            ("Permits", ", ".join(tunnel.permitted)),
            ("Main in", tunnel.main_zone),
            ("Standby in", tunnel.standby_zone),
            ("Monitor in", ", ".join(tunnel.monitor_zones)),
            *_pair_details(pair),
        ),
    )
    drawn.boxes.append(gate)
    for i, (kind, name, cidrs) in enumerate(outside):
        top = y + i * (SUBNET_HEIGHT + 8)
        box_id = f"{environment.stack}-{kind.lower()}-{tunnel.name}-{i}"
        drawn.boxes.append(
            Box(
                box_id,
                kind,
                LEFT,
                top,
                LEFT_WIDTH,
                SUBNET_HEIGHT,
                (fitted(name, 28), fitted(cidrs)),
                "plain",
                (("Addresses", cidrs),),
            )
        )
        middle = top + SUBNET_HEIGHT // 2
        drawn.links.append(
            Link(
                f"{box_id}-link",
                f"M{LEFT + LEFT_WIDTH} {middle}H{GATE}",
                f"{name} over OpenVPN {tunnel.name}",
                (LEFT + LEFT_WIDTH + GATE - 24) // 2,
                middle - 5,
                "OpenVPN",
                "plain",
                False,
                (("Tunnel", tunnel.name),),
            )
        )
    for name, subnet in subnets.items():
        if name in tunnel.permitted or "vpc" in tunnel.permitted:
            drawn.links.append(_reach(f"{gate.id}-{name}", gate, subnet, "permitted"))
    return y + height + GAP


def _nat(environment: Environment, drawn: Picture, y: int) -> int:
    state = environment.state
    pair = next((one for one in state.pairs if one.kind == "nat"), None) if state else None
    lines = ["NAT", environment.nat]
    if pair:
        lines += [pair.public_ip, f"held by {pair.holder or 'unknown'}"]
    height = 20 + 16 * len(lines)
    drawn.boxes.append(
        Box(
            f"{environment.stack}-nat",
            "NAT",
            GATE,
            y,
            GATE_WIDTH,
            height,
            tuple(lines),
            _pair_look(pair) if pair else "plain",
            (("Mode", environment.nat), *_pair_details(pair)),
        )
    )
    return y + height + GAP


def _reach(link_id: str, gate: Box, subnet: Box, what: str) -> Link:
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
