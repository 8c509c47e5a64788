"""Which changes of a deployed stack's settings one deployment cannot make, and the steps that lead there.

Everything else that settings may become, one `up` makes of whatever they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any

from model.names import PROJECT
from stacks.sections.hardware_vpn import Site
from stacks.sections.network import NetworkSettings, subnet_name
from stacks.sections.section import Problem
from stacks.settings import Settings

UNTIL = "until the deployment ends"


def footprint(settings: Settings) -> dict[str, Any]:
    """What a deployment takes, in plain values: by block, route or gateway who has it."""
    network, vpn = settings.network, settings.hardware_vpn
    return {
        "region": settings.region,
        "vpc": _vpc(network),
        "subnets": {} if network.existing else {k: str(v) for k, v in network.subnet_names().items()},
        "insideCidrs": {str(block): tunnel for _, block, tunnel in _inside_cidrs(settings)},
        "customerGateways": {_gateway(site): site.name for site in (vpn.sites if vpn else ())},
        "ownKeys": sorted(_own_keys(settings)),
        "kept": sorted(_kept(settings)) if settings.deletion_protection else [],
    }


def change_problems(was: Mapping[str, Any], settings: Settings) -> Iterator[Problem]:
    """What of the new settings cannot follow what the last deployment took."""
    if settings.region != was["region"]:
        yield Problem(
            "aws:region",
            settings.region,
            f"{was['region']}, where the stack is: nothing moves to another region. Deploy a stack of another"
            f" name in {settings.region}, move sites and clients over, and destroy this one",
        )
        return
    if _vpc(settings.network) != was["vpc"]:
        yield Problem(
            f"{PROJECT}:network.{'existing.vpcId' if settings.network.existing else 'cidr'}",
            _vpc(settings.network),
            f"as it is deployed ({was['vpc']}): nothing moves to another VPC. Deploy a stack of another name"
            " with it, move sites and clients over, and destroy this one; or destroy this one first",
        )
        return
    yield from _subnet_problems(was["subnets"], settings.network)
    yield from _site_problems(was, settings)
    yield from _protection_problems(was["kept"], settings)


def change_warnings(was: Mapping[str, Any], settings: Settings) -> Iterator[str]:
    """What a change does not do, though one might think so."""
    sites = {site.name for site in (settings.hardware_vpn.sites if settings.hardware_vpn else ())}
    for tunnel in sorted({*was["ownKeys"]} - {*_own_keys(settings)}):
        site, _, number = tunnel.partition(":")
        if site in sites:
            yield (
                f"{site}: tunnel {number} has no presharedKey any more, and the last one stays in force:"
                f" aws-vpn roll keys --site {site} --tunnel {number} makes a new one"
            )


def _vpc(network: NetworkSettings) -> str:
    return network.existing.vpc_id if network.existing else str(network.cidr)


def _subnet_problems(was: Mapping[str, str], network: NetworkSettings) -> Iterator[Problem]:
    if network.existing:
        return
    deployed = {name: IPv4Network(block) for name, block in was.items()}
    for tier in ("public", "private"):
        for zone, block in network.blocks_of(tier).items():
            name = subnet_name(tier, zone)
            if deployed.get(name) == block:
                continue
            taken = [f"{other} has {its}" for other, its in deployed.items() if its.overlaps(block)]
            if not taken:
                continue
            if network.subnets is None:
                yield Problem(
                    f"{PROJECT}:network.availabilityZones",
                    zone,
                    f"a zone with `subnets` of its own: the computed {name} is {block}, and"
                    f" {' and '.join(taken)} {UNTIL}. Write down `subnets` of all zones: the deployed blocks,"
                    " and free ones for the new zone",
                )
            else:
                yield Problem(
                    f"{PROJECT}:network.subnets.{zone}.{tier}",
                    block,
                    f"a block that is free: {' and '.join(taken)} {UNTIL}. Take another one; or deploy"
                    " with another one first, and then with this",
                )


def _inside_cidrs(settings: Settings) -> Iterator[tuple[str, IPv4Network, str]]:
    for i, site in enumerate(settings.hardware_vpn.sites if settings.hardware_vpn else ()):
        for j, tunnel in enumerate(site.tunnels):
            if tunnel.inside_cidr is not None:
                key = f"{PROJECT}:hardwareVpn.sites[{i}].tunnels[{j}].insideCidr"
                yield key, tunnel.inside_cidr, f"{site.name}:{j + 1}"


def _gateway(site: Site) -> str:
    """What AWS tells a customer gateway by: to the same again it answers with the one that there is."""
    name = site.device_name or site.name
    return f"{site.public_ip or site.certificate_arn}, {site.bgp_asn or 'static'}, {name}"


def _site_problems(was: Mapping[str, Any], settings: Settings) -> Iterator[Problem]:
    for key, block, tunnel in _inside_cidrs(settings):
        before = was["insideCidrs"].get(str(block), tunnel)
        if before != tunnel:
            yield Problem(
                key,
                block,
                f"a block of its own: {_words(before)} has it {UNTIL}. Take another one, or deploy without"
                f" {_words(before)}'s first; a site of another name is another site",
            )
    for i, site in enumerate(settings.hardware_vpn.sites if settings.hardware_vpn else ()):
        before = was["customerGateways"].get(_gateway(site), site.name)
        if before != site.name:
            yield Problem(
                f"{PROJECT}:hardwareVpn.sites[{i}].deviceName",
                site.device_name,
                f"another name: {before} has the customer gateway of this address, ASN and name {UNTIL}."
                f" Take another one, or deploy without {before} first; a site of another name is another"
                " site",
            )


def _words(tunnel: str) -> str:
    site, _, number = tunnel.partition(":")
    return f"tunnel {number} of {site}"


def _own_keys(settings: Settings) -> Iterator[str]:
    for site in settings.hardware_vpn.sites if settings.hardware_vpn else ():
        for number, tunnel in enumerate(site.tunnels, start=1):
            if tunnel.preshared_key is not None:
                yield f"{site.name}:{number}"


def _kept(settings: Settings) -> Iterator[str]:
    """What `deletionProtection` keeps."""
    vpn = settings.hardware_vpn
    if vpn:
        yield f"the VPG with ASN {vpn.amazon_side_asn}"
    for site in vpn.sites if vpn else ():
        yield f"the VPN connection of {site.name} with {'static routes' if site.is_static else 'BGP'}"
    for tunnel in settings.open_vpn:
        yield f"the secrets of {tunnel.name}"


def _protection_problems(kept: list[str], settings: Settings) -> Iterator[Problem]:
    gone = [each for each in kept if each not in {*_kept(settings)}]
    if gone:
        yield Problem(
            f"{PROJECT}:deletionProtection",
            settings.deletion_protection,
            f"false in a deployment before this one, which would delete {' and '.join(gone)}: undo that,"
            " deploy with deletionProtection: false, and then do it again",
        )
