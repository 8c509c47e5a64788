"""OpenVPN tunnels and NAT: the gateway with its monitor below it, and who connects to it."""

from __future__ import annotations

from operations.report.model import Environment, OpenVpnShape
from operations.report.topology.shapes import (
    GAP,
    GATE,
    GATE_WIDTH,
    LEFT,
    LEFT_WIDTH,
    MONITOR_GAP,
    MONITOR_HEIGHT,
    PAIR_HEIGHT,
    SUBNET_HEIGHT,
    Box,
    Link,
    Look,
    Picture,
    fitted,
    reach,
)
from operations.status.model import PairState


def open_vpn(
    tunnel: OpenVpnShape, environment: Environment, drawn: Picture, y: int, subnets: dict[str, Box]
) -> int:
    """An OpenVPN tunnel with its clients and offices, from `y` on; where the next thing may begin."""
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
            fitted(f"permits {', '.join(tunnel.permitted)}", 30),
        ),
        _pair_look(pair),
        (
            ("Client pool", tunnel.client_pool),
            ("Permits", ", ".join(tunnel.permitted)),
            ("Main in", tunnel.main_zone),
            ("Standby in", tunnel.standby_zone),
            *_pair_details(pair),
        ),
    )
    drawn.boxes.append(gate)
    below = _monitor(gate, tunnel.monitor_zones, pair, drawn)
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
            drawn.links.append(reach(f"{gate.id}-{name}", gate, subnet, "permitted"))
    return max(below, y + height) + GAP


def nat(environment: Environment, drawn: Picture, y: int) -> int:
    """NAT, from `y` on; where the next thing may begin."""
    state = environment.state
    pair = next((one for one in state.pairs if one.kind == "nat"), None) if state else None
    lines = ["NAT", environment.nat]
    if pair:
        lines += [pair.public_ip, f"held by {pair.holder or 'unknown'}"]
    height = 20 + 16 * len(lines)
    gate = Box(
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
    drawn.boxes.append(gate)
    if environment.nat != "instances":
        return y + height + GAP
    return _monitor(gate, environment.nat_monitor_zones, pair, drawn) + GAP


def _monitor(gate: Box, zones: tuple[str, ...], pair: PairState | None, drawn: Picture) -> int:
    """The monitor of a pair, below it; where its box ends."""
    top = gate.y + gate.height + MONITOR_GAP
    heard = pair.monitor_heard if pair else None
    look: Look = "unknown" if pair is None else "up" if heard else "warning"
    box = Box(
        f"{gate.id}-monitor",
        "Monitor",
        GATE + 24,
        top,
        GATE_WIDTH - 48,
        MONITOR_HEIGHT,
        (f"monitor in {', '.join(zone[-1] for zone in zones)}",),
        look,
        (
            ("Zones", ", ".join(zones)),
            ("Heard", f"{heard:%Y-%m-%d %H:%M} UTC" if heard else "not asked" if pair is None else "nothing"),
        ),
    )
    drawn.boxes.append(box)
    drawn.links.append(
        Link(
            f"{box.id}-probes",
            f"M{GATE + GATE_WIDTH // 2} {top}V{gate.y + gate.height}",
            f"{box.label} probes {gate.lines[0]}",
            0,
            0,
            "",
            look,
            True,
            (("What", "probes both servers, and moves address and routes"),),
        )
    )
    return top + MONITOR_HEIGHT


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
