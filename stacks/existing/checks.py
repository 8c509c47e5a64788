"""Whether an existing VPC can carry what the stack's settings ask for; every problem at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Network

from model.names import PROJECT
from stacks.existing.choice import Choice, choose
from stacks.existing.facts import VpcFacts
from stacks.sections.network import TIERS, Tier
from stacks.sections.section import Problem
from stacks.settings import Settings
from stacks.settings_error import SettingsError

VPC_KEY = "network.existing.vpcId"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usable:
    """A VPC that can carry the stack's VPNs: the parts in use, and the settings that name them all."""

    vpc_id: str
    choice: Choice
    settings: Settings


def usable(source: str, settings: Settings, vpc: VpcFacts, account: str) -> Usable:
    """The parts of the VPC that the stack uses.

    Raises:
        SettingsError: it is not as the settings say, or cannot carry what they ask for.
    """
    choice, problems = check(settings, vpc, account)
    if choice is None or problems:
        raise SettingsError(source, [replace(one, key=f"{PROJECT}:{one.key}") for one in problems])
    return Usable(vpc_id=vpc.id, choice=choice, settings=completed(settings, choice))


def check(settings: Settings, vpc: VpcFacts, account: str) -> tuple[Choice | None, list[Problem]]:
    """What of the VPC is used, and what is wrong with it. In another account's VPC nothing else counts."""
    if vpc.owner != account:
        right = (
            f"a VPC of the account {account}: {vpc.owner} shares this one, and whom a VPC is shared with"
            " cannot attach a VPG or change its route tables ('Share your VPC subnets')"
        )
        return None, [Problem(VPC_KEY, vpc.id, right)]
    vpc = _with_adopted(settings, vpc)
    blocks = [*_block_problems(settings, vpc)]
    problems = [*blocks, *_vpc_problems(settings, vpc)]
    choice = choose(settings.network, vpc, _needed(settings))
    if isinstance(choice, list):
        return None, [*problems, *choice]
    problems += [
        *(() if blocks else completed(settings, choice).problems()),
        *_public_problems(settings, vpc, choice),
        *_table_problems(settings, choice),
        *_route_problems(settings, vpc, choice),
    ]
    return choice, problems


def _with_adopted(settings: Settings, vpc: VpcFacts) -> VpcFacts:
    """The VPC, with a VPG that the settings take over counted among what is the stack's own."""
    adopted = settings.hardware_vpn and settings.hardware_vpn.adopted
    return replace(vpc, own=vpc.own | {adopted.vpg_id}) if adopted else vpc


def completed(settings: Settings, choice: Choice) -> Settings:
    """The settings with the subnets that were found in them, as if they had been written down."""
    return settings.model_copy(update={"network": choice.completed(settings.network)})


def _needed(settings: Settings) -> frozenset[Tier]:
    """Tiers of which a zone's subnet must be known: servers are in public ones, private ones have routes."""
    existing = settings.network.existing
    given = existing is not None and existing.route_tables is not None
    private = settings.nat.mode == "instances" or not given
    return frozenset(
        tier for tier, needed in zip(TIERS, (settings.has_hosts, private), strict=True) if needed
    )


def _block_problems(settings: Settings, vpc: VpcFacts) -> Iterator[Problem]:
    network = settings.network
    primary, further = vpc.cidrs[0], vpc.cidrs[1:]
    if network.cidr != primary:
        yield Problem("network.cidr", network.cidr, f"{primary}, the primary block of {vpc.id}")
    for i, cidr in enumerate(network.secondary_cidrs):
        if cidr not in further:
            there = ", ".join(map(str, further)) or "it has none"
            yield Problem(f"network.secondaryCidrs[{i}]", cidr, f"a further block of {vpc.id}: {there}")
    missing = [str(cidr) for cidr in further if cidr not in network.secondary_cidrs]
    if missing:
        written = ", ".join(map(str, network.secondary_cidrs)) or None
        right = f"all further blocks of {vpc.id}, {', '.join(missing)} among them"
        yield Problem("network.secondaryCidrs", written, right)


def _vpc_problems(settings: Settings, vpc: VpcFacts) -> Iterator[Problem]:
    adopted = settings.hardware_vpn and settings.hardware_vpn.adopted
    if adopted and adopted.vpg_id != vpc.vpg:
        right = f"the VPG that is attached to {vpc.id}: {vpc.vpg or 'none is'}"
        yield Problem("hardwareVpn.adopted.vpgId", adopted.vpg_id, right)
    elif settings.hardware_vpn and vpc.vpg is not None and vpc.vpg not in vpc.own:
        right = (
            f"a VPC without a VPG: {vpc.vpg} is attached, and a VPC takes one; detach it, or take it over"
            " with aws-vpn adopt"
        )
        yield Problem(VPC_KEY, vpc.id, right)
    if settings.has_hosts and not vpc.resolves_names:
        right = "a VPC whose attribute enableDnsSupport is true: hosts look up AWS's endpoints"
        yield Problem(VPC_KEY, vpc.id, right)
    if settings.has_hosts and vpc.internet_gateway is None:
        yield Problem(VPC_KEY, vpc.id, "a VPC with an internet gateway attached: hosts have public addresses")


def _public_problems(settings: Settings, vpc: VpcFacts, choice: Choice) -> Iterator[Problem]:
    """Public subnets lead to the internet gateway that is attached; one that is gone is none."""
    if not settings.has_hosts or vpc.internet_gateway is None:
        return
    for zone, subnet in choice.subnets["public"].items():
        default = subnet.table.default_route()
        if default is None or default.target != vpc.internet_gateway:
            leads = f"to {default.target}" if default else "nowhere"
            right = (
                f"a subnet with a route of 0.0.0.0/0 to {vpc.internet_gateway}:"
                f" that of {subnet.id} in {subnet.table.id} leads {leads}"
            )
            yield Problem(f"network.subnets.{zone}.public", subnet.cidr, right)


def _table_problems(settings: Settings, choice: Choice) -> Iterator[Problem]:
    existing = settings.network.existing
    told = existing is not None and existing.route_tables is not None
    if not told and not choice.site_tables and (settings.hardware_vpn or settings.open_vpn):
        right = (
            "the tables that learn routes to sites and clients, as no zone has a private subnet; [] for none"
        )
        yield Problem("network.existing.routeTables", None, right)
    if settings.nat.mode == "instances" and not choice.private_tables:
        yield Problem("nat.mode", "instances", "none: no zone has a private subnet")


def _route_problems(settings: Settings, vpc: VpcFacts, choice: Choice) -> Iterator[Problem]:
    """Routes that are there, and that AWS would prefer to the stack's or not let it make.

    A table takes one route to a destination, which wins over a propagated one; of two nested destinations the
    narrower wins ("Route priority").
    """
    for claim in settings.claims():
        if claim.kind == "vpc" or not isinstance(claim.network, IPv4Network):
            continue
        for table in choice.site_tables if claim.kind == "site" else choice.client_tables:
            for route in table.routes:
                if route.destination.subnet_of(claim.network) and not route.is_of(vpc.own):
                    right = f"a block apart from the route {route} in {table.id}"
                    yield Problem(claim.key, claim.network, right)
    for table in choice.private_tables if settings.nat.mode == "instances" else ():
        default = table.default_route()
        if default is not None and not default.is_of(vpc.own):
            right = f"none, or private subnets without a default route: {table.id} has {default}"
            yield Problem("nat.mode", "instances", right)
