"""A VPN connection as a site of a stack file: its name, its options, and what of it the program keeps."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any

from pydantic import ValidationError

from model.tunnel_options import AWS_DEFAULTS, TunnelOptions
from operations.adopt.found import FoundConnection, FoundTunnel

NAME_LENGTH = 24


def names_of(connections: Sequence[FoundConnection]) -> list[str]:
    """A name for each, from its `Name` tag or its gateway's; else from its id."""
    names: list[str] = []
    for connection in connections:
        tagged = connection.tags.get("Name") or connection.gateway.tags.get("Name") or ""
        name = slug(tagged) or f"vpn-{connection.connection_id[-8:]}"
        names.append(_unused(name, names))
    return names


def slug(text: str) -> str:
    """A text as a site's name: small letters, digits and single hyphens, the first a letter."""
    words = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    words = words if not words or words[0].isalpha() else f"site-{words}"
    return words[:NAME_LENGTH].strip("-")


def locations_of(names: Sequence[str], lans: Sequence[Sequence[str]]) -> list[str]:
    """Where each site is: those that share a LAN are one location's redundant routers."""
    places = list(names)
    for i, own in enumerate(lans):
        for j in range(i):
            if any(IPv4Network(a).overlaps(IPv4Network(b)) for a in own for b in lans[j]):
                places = [places[j] if place == places[i] else place for place in places]
    return places


def common_options(tunnels: Iterable[FoundTunnel]) -> dict[str, Any]:
    """What most tunnels have of each option, by its name in stack files."""
    in_force = [effective(tunnel) for tunnel in tunnels]
    return {
        name: _most_common([options[name] for options in in_force if name in options])
        for name in AWS_DEFAULTS.exported()
        if any(name in options for options in in_force)
    }


def effective(tunnel: FoundTunnel) -> dict[str, Any]:
    """The options in force: as AWS tells them, else its defaults, without what no stack file can say."""
    return {
        name: value
        for name, value in {**AWS_DEFAULTS.exported(), **tunnel.options}.items()
        if is_sayable(name, value)
    }


def is_sayable(name: str, value: Any) -> bool:
    """Whether a stack file can have the value: AWS takes a fuzz of 0, which the provider never sends."""
    try:
        TunnelOptions.model_validate({name: value})
    except ValidationError:
        return False
    return True


def site(
    connection: FoundConnection, name: str, location: str, lans: Sequence[str], common: Mapping[str, Any]
) -> dict[str, Any]:
    """The site as a stack file has it, without its keys."""
    gateway = connection.gateway
    parts: dict[str, Any] = {
        "name": name,
        "location": location if location != name else None,
        "publicIp": gateway.public_ip,
        "certificateArn": gateway.certificate_arn,
        "bgpAsn": None if connection.is_static else gateway.asn,
        "lanCidrs": list(lans),
        "tunnels": [_tunnel(tunnel, common) for tunnel in connection.tunnels],
        "adopted": {
            "vpnConnectionId": connection.connection_id,
            "customerGatewayId": gateway.gateway_id,
            "sharedGateway": True if len(gateway.used_by) > 1 else None,
            "keep": ["tunnel1", "tunnel2"],
            "staticRoutes": list(lans) if connection.is_static and lans else None,
        },
    }
    parts["adopted"] = {key: value for key, value in parts["adopted"].items() if value is not None}
    return {key: value for key, value in parts.items() if value is not None}


def _tunnel(tunnel: FoundTunnel, common: Mapping[str, Any]) -> dict[str, Any]:
    own = {name: value for name, value in effective(tunnel).items() if not same(value, common[name])}
    return {"insideCidr": tunnel.inside_cidr, **own}


def same(one: Any, other: Any) -> bool:
    """Whether two values of an option are one to AWS, which has lists in no order."""
    if isinstance(one, list) and isinstance(other, list):
        return sorted(map(str, one)) == sorted(map(str, other))  # pyright: ignore[reportUnknownArgumentType]
    return one == other


def wanted(name: str) -> Any:
    """What the program does where a stack file says nothing of an option."""
    return TunnelOptions().exported()[name]


def _most_common(values: list[Any]) -> Any:
    def key(value: Any) -> str:
        return str(sorted(value, key=str)) if isinstance(value, list) else str(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownLambdaType]

    (most, _), *_ = Counter(map(key, values)).most_common(1)
    return next(value for value in values if key(value) == most)


def _unused(name: str, taken: Sequence[str]) -> str:
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name[: NAME_LENGTH - len(str(number)) - 1].strip('-')}-{number}"
    return candidate
