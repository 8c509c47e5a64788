"""Gathers what the report says: shapes from stack files, states from AWS, and free addresses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, cast

from model.errors import AwsVpnError
from operations.report.model import (
    Environment,
    OfficeShape,
    OpenVpnShape,
    PolicyFinding,
    Range,
    SiteShape,
    Subnets,
)
from operations.status.model import EnvironmentState
from stacks.sections.hardware_vpn import HardwareVpnSettings
from stacks.sections.openvpn import OpenVpnSettings
from stacks.settings import Settings

PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
"""RFC 1918."""


WAIVED = re.compile(r"\bwaived until (\d{4}-\d\d-\d\d) ")
"""How the pack's service begins a finding that a waiver covers."""


def environment(stack: str, settings: Settings, state: EnvironmentState | None) -> Environment:
    """One stack's part of the report."""
    vpn = settings.hardware_vpn
    return Environment(
        stack=stack,
        region=settings.region,
        cidr=str(settings.network.cidr),
        zones=tuple(
            Subnets(zone=zone, public=_shown(pair.public), private=_shown(pair.private))
            for zone, pair in settings.network.zone_subnets().items()
        ),
        amazon_side_asn=None if vpn is None else vpn.amazon_side_asn,
        sites=() if vpn is None else tuple(_sites(vpn)),
        open_vpn=tuple(_open_vpn(tunnel, settings) for tunnel in settings.open_vpn),
        nat=settings.nat.mode,
        nat_monitor_zones=_nat_monitor_zones(settings),
        state=state,
    )


def _nat_monitor_zones(settings: Settings) -> tuple[str, ...]:
    if settings.nat.mode != "instances":
        return ()
    return settings.nat.failover.monitor_zones(settings.network.availability_zones)


def _shown(cidr: IPv4Network | None) -> str:
    """A subnet's block; one of an existing VPC may be left to be found."""
    return "found at preview" if cidr is None else str(cidr)


def ranges(stack: str, settings: Settings) -> Iterator[Range]:
    """Every range that a stack takes."""
    for claim in settings.claims():
        yield Range(
            cidr=str(claim.network), owner=f"{claim.kind} {claim.owner}".strip(), key=claim.key, stack=stack
        )


def free_blocks(taken: Iterable[Range]) -> Iterator[IPv4Network]:
    """What is left of RFC 1918, in the largest blocks that there are."""
    used = [IPv4Network(one.cidr) for one in taken if ":" not in one.cidr]
    for block in PRIVATE:
        yield from _left_of(block, [network for network in used if network.overlaps(block)])


def _left_of(block: IPv4Network, used: list[IPv4Network]) -> Iterator[IPv4Network]:
    if not used:
        yield block
    elif not any(block.subnet_of(network) for network in used):
        for half in block.subnets():
            yield from _left_of(half, [network for network in used if network.overlaps(half)])


def policy_findings(events: Path) -> tuple[PolicyFinding, ...]:
    """What policies said in a preview's event log (`pulumi preview --event-log`).

    Raises:
        AwsVpnError: the file is no event log.
    """
    found: list[PolicyFinding] = []
    try:
        lines = [line for line in events.read_text("utf-8").splitlines() if line.startswith("{")]
        told = [cast("dict[str, Any]", json.loads(line)).get("policyEvent") for line in lines]
    except (OSError, ValueError):
        told = []
    if not told:
        raise AwsVpnError(f"{events} should be an event log of `pulumi preview --event-log`")
    for event in told:
        if event:
            text = " ".join(str(event["message"]).split())
            waived = WAIVED.search(text)
            found.append(
                PolicyFinding(
                    policy=event["policyName"],
                    level=event["enforcementLevel"],
                    resource=str(event.get("resourceUrn", "")).rsplit("::", 1)[-1],
                    text=text,
                    waived_until=date.fromisoformat(waived[1]) if waived else None,
                )
            )
    return tuple(sorted(found, key=lambda one: (one.level != "mandatory", one.policy, one.resource)))


def _sites(vpn: HardwareVpnSettings) -> Iterator[SiteShape]:
    for site in vpn.sites:
        options = vpn.tunnel_options(site)[0]
        yield SiteShape(
            name=site.name,
            location=site.place,
            public_ip=None if site.public_ip is None else str(site.public_ip),
            bgp_asn=site.bgp_asn,
            lan_cidrs=tuple(map(str, site.lan_cidrs)),
            ike_versions=tuple(options.ike_versions),
            startup_action=options.startup_action,
        )


def _open_vpn(tunnel: OpenVpnSettings, settings: Settings) -> OpenVpnShape:
    zones = settings.network.availability_zones
    main, standby = tunnel.failover.server_zones(zones)
    return OpenVpnShape(
        name=tunnel.name,
        client_pool=str(tunnel.client_pool),
        permitted=tunnel.permitted,
        protocol=tunnel.protocol,
        port=tunnel.listening_port,
        offices=tuple(
            OfficeShape(name=office.name, lan_cidrs=tuple(map(str, office.lan_cidrs)))
            for office in tunnel.offices
        ),
        main_zone=main,
        standby_zone=standby,
        monitor_zones=tunnel.failover.monitor_zones(zones),
    )
