"""What was found as a stack file, and what of it no stack file can say, resource by resource."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from model.errors import AwsVpnError
from operations.adopt.found import Found, FoundConnection
from operations.adopt.sites import common_options, locations_of, names_of, same, site, wanted
from stacks.sections.hardware_vpn import DEFAULT_CONNECTION_QUOTA
from stacks.settings_error import SettingsError, sentence
from stacks.validation import parse

SECTION = "aws-vpn:hardwareVpn"
_OF_SITE = re.compile(r"\bhardwareVpn\.sites\[(\d+)\]")
KEPT = ["tags", "logs", "alarms"]


@dataclass(frozen=True)
class AdoptedSite:
    """A site of the stack file, and the connection that it stands for."""

    name: str
    connection: FoundConnection


@dataclass(frozen=True)
class Description:
    """A stack file's `config`, its pre-shared keys by their places in it, and what is not in it and why."""

    config: Mapping[str, Any]
    sites: tuple[AdoptedSite, ...]
    left: tuple[str, ...]
    keys: Mapping[str, str] = field(repr=False)


def describe(found: Found) -> Description:
    """The stack file of what was found. What its settings' rules refuse is left out, and said.

    Raises:
        AwsVpnError: the VPC itself cannot be said, or no connection can.
    """
    left: list[str] = []
    remaining = list(found.connections)
    silent: frozenset[str] = frozenset()
    while remaining:
        config, sites = _config(found, remaining, silent)
        refused = _refused(config, sites)
        if not refused:
            return Description(config, sites, (*left, *_beside(found)), _keys(sites))
        announced = [
            (one.connection.connection_id, why)
            for one, why in refused
            if "lanCidrs" in why and not one.connection.is_static
        ]
        if announced:
            silent |= {ident for ident, _ in announced}
            left += [
                f"{ident}: lanCidrs are empty, and yours to fill in: its router announces what settings"
                f" refuse: {why}"
                for ident, why in announced
            ]
            continue
        left += [f"{one.connection.connection_id}: not taken over: {why}" for one, why in refused]
        out = {one.connection.connection_id for one, _ in refused}
        remaining = [one for one in remaining if one.connection_id not in out]
    raise AwsVpnError(
        f"{found.vpg_id} of {found.vpc_id} has no VPN connection that can be adopted"
        + ("; " + "; ".join(left) if left else "; should have one: an empty VPG is made anew as well")
    )


def _config(
    found: Found, connections: Sequence[FoundConnection], silent: frozenset[str]
) -> tuple[dict[str, Any], tuple[AdoptedSite, ...]]:
    names = names_of(connections)
    lans = [[] if one.connection_id in silent else _lans(found, one, connections) for one in connections]
    places = locations_of(names, lans)
    common = common_options(tunnel for one in connections for tunnel in one.tunnels)
    hidden = all(one.hides_keys for one in connections)
    vpn: dict[str, Any] = {
        "amazonSideAsn": found.amazon_side_asn,
        **({"presharedKeyStorage": "SecretsManager"} if hidden else {}),
        **({"connectionQuota": len(connections)} if len(connections) > DEFAULT_CONNECTION_QUOTA else {}),
        "adopted": {"vpgId": found.vpg_id, "keep": KEPT},
        "tunnelDefaults": {name: value for name, value in common.items() if not same(value, wanted(name))},
        "sites": [site(*each, common) for each in zip(connections, names, places, lans, strict=True)],
    }
    config = {
        "aws:region": found.region,
        "aws-vpn:account": found.account,
        "aws-vpn:network": _network(found),
        SECTION: vpn,
    }
    pairs = zip(names, connections, strict=True)
    return config, tuple(AdoptedSite(name, connection) for name, connection in pairs)


def _network(found: Found) -> dict[str, Any]:
    """The VPC. Only those subnets are named of which a zone has several of a kind: the first of them."""
    first, *others = found.cidrs
    subnets: dict[str, dict[str, str]] = {}
    for tier, public in (("public", True), ("private", False)):
        for zone in found.zones:
            cidrs = [one.cidr for one in found.subnets if (one.zone, one.is_public) == (zone, public)]
            if len(cidrs) > 1:
                subnets.setdefault(zone, {})[tier] = min(cidrs)
    return {
        "cidr": first,
        **({"secondaryCidrs": others} if others else {}),
        "availabilityZones": list(found.zones),
        **({"subnets": subnets} if subnets else {}),
        "existing": {
            "vpcId": found.vpc_id,
            "routeTables": [table.table_id for table in found.tables if table.propagates],
        },
    }


def _lans(found: Found, one: FoundConnection, connections: Sequence[FoundConnection]) -> list[str]:
    """The networks behind a router: its static routes, or what the only router with BGP announced."""
    if one.is_static:
        return list(one.routes)
    with_bgp = [other for other in connections if not other.is_static]
    return [str(route) for route in found.learned()] if len(with_bgp) == 1 else []


def _refused(config: Mapping[str, Any], sites: Sequence[AdoptedSite]) -> list[tuple[AdoptedSite, str]]:
    """The sites that the settings' rules refuse, each with the first reason.

    Raises:
        AwsVpnError: the rules refuse something else.
    """
    try:
        parse("the stack file", config)
    except SettingsError as error:
        refused: dict[int, str] = {}
        for problem in error.problems:
            # an overlap is reported of the narrower block, and names the wider one, which is in the way
            of_site = _OF_SITE.search(problem.right) or _OF_SITE.search(problem.key)
            if of_site is None:
                raise AwsVpnError(f"cannot be adopted: {sentence(problem)}") from None
            refused.setdefault(int(of_site[1]), sentence(problem))
        return [(sites[index], why) for index, why in refused.items()]
    return []


def _keys(sites: Sequence[AdoptedSite]) -> dict[str, str]:
    return {
        f"{SECTION}.sites[{i}].tunnels[{j}].presharedKey": tunnel.preshared_key
        for i, one in enumerate(sites)
        for j, tunnel in enumerate(one.connection.tunnels)
        if tunnel.preshared_key
    }


def _beside(found: Found) -> Iterator[str]:
    """What stays as it is, though it stands beside what is adopted."""
    for table in found.tables:
        for route in table.typed:
            yield f"{table.table_id}: the route to {route} by the VPG was typed by hand: stays, nobody's"
    with_bgp = [one for one in found.connections if not one.is_static]
    if len(with_bgp) > 1:
        routes = ", ".join(map(str, found.learned())) or "none that a table shows"
        yield (
            f"{', '.join(one.connection_id for one in with_bgp)}: AWS does not tell whose router announces"
            f" which network ({routes}): lanCidrs are empty, and are yours to fill in"
        )
    for one in found.connections:
        yield from _beside_connection(found, one)


def _beside_connection(found: Found, one: FoundConnection) -> Iterator[str]:
    ident = one.connection_id
    if one.is_static and not one.routes:
        yield f"{ident}: it has no static route, so that lanCidrs are empty: nothing is sent to its router"
    if len(one.gateway.used_by) > 1:
        others = ", ".join(other for other in one.gateway.used_by if other != ident)
        yield f"{one.gateway.gateway_id}: {others} uses it too: referred to, and never deleted"
    if set(one.selectors) != {"0.0.0.0/0"}:
        yield f"{ident}: its traffic selectors {' and '.join(one.selectors)} stay: no setting has them"
    if any(tunnel.logs for tunnel in one.tunnels):
        yield f"{ident}: its logs go where they went, until `logs` is taken out of `keep`"
    if one.hides_keys:
        yield f"{ident}: its keys are in Secrets Manager and stay there: they are not in the stack file"
    for number, tunnel in enumerate(one.tunnels, 1):
        if tunnel.options.get("rekeyFuzzPercentage") == 0:
            yield f"{ident}: tunnel {number}'s rekey fuzz of 0 stays: the provider does not send it"
    for alarm in found.alarms.get(ident, ()):
        yield f"{ident}: the alarm {alarm} stays, nobody's"
