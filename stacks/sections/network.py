"""The `network` section: the VPC, made here or there already, its availability zones and its subnets."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from itertools import count
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from model.addresses import Cidr, Claim, overlaps
from model.constraints import each_once, matching
from stacks.sections.section import Problem, RetentionDays, Section

COMPUTED_ZONES = 4
"""Zones that computed subnets leave room for: a zone added later never renumbers the subnets that exist."""

AvailabilityZone = Annotated[
    str, matching(r"[a-z]{2}(-[a-z]+)+-\d[a-z]", "an availability zone's name, such as eu-central-1a")
]

VpcId = Annotated[
    str, matching(r"vpc-([0-9a-f]{8}|[0-9a-f]{17})", "a VPC's id, such as vpc-0a1b2c3d4e5f60718")
]
RouteTableId = Annotated[
    str, matching(r"rtb-([0-9a-f]{8}|[0-9a-f]{17})", "a route table's id, such as rtb-0a1b2c3d4e5f60718")
]

Tier = Literal["public", "private"]
TIERS: tuple[Tier, Tier] = ("public", "private")


def subnet_name(tier: Tier, zone: str) -> str:
    """A subnet's name in this program: `public-a`."""
    return f"{tier}-{zone[-1]}"


class FlowLogs(Section):
    """The VPC's flow logs in CloudWatch."""

    traffic: Literal["ALL", "ACCEPT", "REJECT"] = "ALL"
    """Which traffic is logged."""
    retention_days: RetentionDays = 30
    """Days that the logs are kept (PutRetentionPolicy)."""


class ZoneSubnets(Section):
    """The two subnets of one availability zone. An existing VPC may have one, or none, of them."""

    public: Cidr | None = None
    """The subnet with a route to the internet gateway."""
    private: Cidr | None = None
    """The subnet without one."""

    def by_tier(self) -> dict[Tier, IPv4Network]:
        """Those that there are."""
        pairs: tuple[tuple[Tier, IPv4Network | None], ...] = (
            ("public", self.public),
            ("private", self.private),
        )
        return {tier: cidr for tier, cidr in pairs if cidr is not None}


class ExistingVpc(Section):
    """A VPC that somebody else made and keeps: it is read and checked, and never changed or deleted."""

    vpc_id: VpcId
    """The VPC, in the stack's region and of its account."""
    route_tables: Annotated[tuple[RouteTableId, ...], AfterValidator(each_once)] | None = None
    """The route tables that learn the sites' routes and get those to clients and offices; none for `[]`. Left
    out, those of the private subnets learn the sites', and those of the public ones get the others too."""


class NetworkSettings(Section):
    """A VPC with a public and a private subnet in each availability zone."""

    cidr: Cidr
    """The VPC's block, /16 to /28 ("VPC CIDR blocks")."""
    secondary_cidrs: tuple[Cidr, ...] = ()
    """All further blocks of an existing VPC, each /16 to /28 too."""
    availability_zones: Annotated[tuple[AvailabilityZone, ...], Field(min_length=1, max_length=6)]
    """The zones; OpenVPN and NAT instances need two of them."""
    subnets: dict[AvailabilityZone, ZoneSubnets] | None = None
    """Every subnet's block by zone, each /16 to /28. Left out they are eighths of the VPC, four public then
    four private, by the zones' letters (a to d): no zone that comes or goes renumbers the others. They are
    called `public-a`, `private-a`, ... In an existing VPC they are found by the tag `Tier`
    (`public` or `private`), or by their route to an internet gateway, so that only those are written here of
    which a zone has several."""
    existing: ExistingVpc | None = None
    """The VPC that is there already. Left out, the stack makes one."""
    flow_logs: FlowLogs = FlowLogs()
    """The flow logs of a VPC that the stack makes."""

    @property
    def cidrs(self) -> tuple[IPv4Network, ...]:
        """All of the VPC's blocks."""
        return (self.cidr, *self.secondary_cidrs)

    def zone_subnets(self) -> dict[str, ZoneSubnets]:
        """The subnets of each zone: as given, or eighths of the VPC, four public then four private.

        Of an existing VPC these are the ones that are written down.
        """
        if self.subnets is not None or self.existing is not None:
            given = self.subnets or {}
            return {zone: given.get(zone, ZoneSubnets()) for zone in self.availability_zones}
        eighths = list(self.cidr.subnets(prefixlen_diff=3))
        return {
            zone: ZoneSubnets(public=eighths[i], private=eighths[COMPUTED_ZONES + i])
            for zone, i in self._eighths().items()
        }

    def _eighths(self) -> dict[str, int]:
        """Which eighth each zone has: by its letter, so that no zone that comes or goes moves another's.

        A subnet that moved would claim a block before the one that had it is gone (CreateSubnet,
        InvalidSubnet.Conflict). Zones beyond the first letters, or with another's, get what is left.
        """
        taken: dict[int, str] = {}
        for zone in self.availability_zones:
            taken.setdefault(ord(zone[-1]) - ord("a"), zone)
        found = {zone: i for i, zone in taken.items() if i < COMPUTED_ZONES}
        free = (i for i in count() if i not in taken or i >= COMPUTED_ZONES)
        return {zone: found[zone] if zone in found else next(free) for zone in self.availability_zones}

    def blocks_of(self, tier: Tier) -> dict[str, IPv4Network]:
        """The subnets of one tier by zone."""
        pairs = ((zone, pair.by_tier().get(tier)) for zone, pair in self.zone_subnets().items())
        return {zone: cidr for zone, cidr in pairs if cidr is not None}

    def subnet_names(self) -> dict[str, IPv4Network]:
        """Each subnet by its name in this program: `public-a`, `private-a`, ... by the zone's letter."""
        return {
            subnet_name(tier, zone): cidr for tier in TIERS for zone, cidr in self.blocks_of(tier).items()
        }

    def public_zones(self) -> tuple[str, ...]:
        """The zones that have a public subnet, or may turn out to have one."""
        return self.availability_zones

    def possible_names(self) -> tuple[str, ...]:
        """The names of the subnets that there are, or that an existing VPC may turn out to have."""
        if self.existing is None:
            return tuple(self.subnet_names())
        return tuple(subnet_name(tier, zone) for tier in TIERS for zone in self.availability_zones)

    def problems(self) -> Iterator[Problem]:
        """Sizes as AWS allows them (/16 to /28), zones named once, subnets inside the VPC and apart."""
        for key, cidr in self.blocks():
            if not 16 <= cidr.prefixlen <= 28:
                yield Problem(key, cidr, "a block between /16 and /28, the sizes AWS allows for a VPC")
        for i, zone in enumerate(self.availability_zones):
            if zone in self.availability_zones[:i]:
                yield Problem(f"availabilityZones[{i}]", zone, "each zone once")
        if self.subnets is not None:
            yield from self._given_problems(self.subnets)
        elif self.existing is None:
            yield from self._computed_problems()
        yield from self._made_problems() if self.existing is None else self._existing_problems()

    def blocks(self) -> Iterator[tuple[str, IPv4Network]]:
        """All of the VPC's blocks by their keys."""
        yield "cidr", self.cidr
        for i, cidr in enumerate(self.secondary_cidrs):
            yield f"secondaryCidrs[{i}]", cidr

    def _made_problems(self) -> Iterator[Problem]:
        for i, cidr in enumerate(self.secondary_cidrs):
            yield Problem(f"secondaryCidrs[{i}]", cidr, "left out: a VPC that the stack makes has one block")

    def _existing_problems(self) -> Iterator[Problem]:
        if "flow_logs" in self.model_fields_set:
            yield Problem("flowLogs", "given", "left out: an existing VPC's flow logs are its owner's")

    def _computed_problems(self) -> Iterator[Problem]:
        if len(self.availability_zones) > COMPUTED_ZONES:
            yield Problem(
                "availabilityZones",
                ", ".join(self.availability_zones),
                f"at most {COMPUTED_ZONES} zones, or `subnets` that name every subnet's block",
            )
        if 25 < self.cidr.prefixlen <= 28:
            yield Problem(
                "cidr",
                self.cidr,
                "/25 or wider (an eighth must hold a /28 subnet), or `subnets` with given blocks",
            )

    def _incomplete(self, subnets: dict[str, ZoneSubnets]) -> Iterator[Problem]:
        for zone in self.availability_zones:
            if zone not in subnets:
                yield Problem(f"subnets.{zone}", None, "a public and a private block")
                continue
            for tier in TIERS:
                if tier not in subnets[zone].by_tier():
                    yield Problem(f"subnets.{zone}.{tier}", None, "a block")

    def _given_problems(self, subnets: dict[str, ZoneSubnets]) -> Iterator[Problem]:
        if self.existing is None:
            yield from self._incomplete(subnets)
        for zone in subnets:
            if zone not in self.availability_zones:
                yield Problem(f"subnets.{zone}", zone, "one of availabilityZones")
        blocks = {
            f"subnets.{zone}.{tier}": cidr
            for zone, pair in subnets.items()
            for tier, cidr in pair.by_tier().items()
        }
        whole = " or ".join(map(str, self.cidrs))
        for key, block in blocks.items():
            if not any(block.subnet_of(cidr) for cidr in self.cidrs):
                yield Problem(key, block, f"a block inside the VPC's {whole}")
            if not 16 <= block.prefixlen <= 28:
                yield Problem(key, block, "a block between /16 and /28, the sizes AWS allows")
        for wider, narrower in overlaps(Claim(block, key, "") for key, block in blocks.items()):
            yield Problem(
                narrower.key, narrower.network, f"a block that leaves {wider.key} ({wider.network}) alone"
            )
