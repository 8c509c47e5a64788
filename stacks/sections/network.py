"""The `network` section: the VPC, its availability zones and its subnets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from model.addresses import Cidr, Claim, overlaps
from model.constraints import matching
from stacks.sections.section import Problem, RetentionDays, Section

COMPUTED_ZONES = 4
"""Zones that computed subnets leave room for: a zone added later never renumbers the subnets that exist."""

AvailabilityZone = Annotated[
    str, matching(r"[a-z]{2}(-[a-z]+)+-\d[a-z]", "an availability zone's name, such as eu-central-1a")
]


class FlowLogs(Section):
    """The VPC's flow logs in CloudWatch."""

    traffic: Literal["ALL", "ACCEPT", "REJECT"] = "ALL"
    """Which traffic is logged."""
    retention_days: RetentionDays = 30
    """Days that the logs are kept (PutRetentionPolicy)."""


class ZoneSubnets(Section):
    """The two subnets of one availability zone."""

    public: Cidr
    """The subnet with a route to the internet gateway."""
    private: Cidr
    """The subnet without one."""


class NetworkSettings(Section):
    """A VPC with a public and a private subnet in each availability zone."""

    cidr: Cidr
    """The VPC's block, /16 to /28 ("VPC CIDR blocks")."""
    availability_zones: Annotated[tuple[AvailabilityZone, ...], Field(min_length=1, max_length=6)]
    """The zones; OpenVPN and NAT instances need two of them."""
    subnets: dict[AvailabilityZone, ZoneSubnets] | None = None
    """Every subnet's block by zone, each /16 to /28. Left out they are eighths of the VPC, four public then
    four private, so that a zone added later (up to four) never renumbers the others. They are called
    `public-a`, `private-a`, ... by their zone's letter."""
    flow_logs: FlowLogs = FlowLogs()
    """The VPC's flow logs."""

    def zone_subnets(self) -> dict[str, ZoneSubnets]:
        """The subnets of each zone: as given, or eighths of the VPC, four public then four private."""
        if self.subnets is not None:
            return {zone: self.subnets[zone] for zone in self.availability_zones if zone in self.subnets}
        eighths = list(self.cidr.subnets(prefixlen_diff=3))
        return {
            zone: ZoneSubnets(public=eighths[i], private=eighths[COMPUTED_ZONES + i])
            for i, zone in enumerate(self.availability_zones)
        }

    def subnet_names(self) -> dict[str, Cidr]:
        """Each subnet by its name in this program: `public-a`, `private-a`, ... by the zone's letter."""
        return {
            f"{tier}-{zone[-1]}": cidr
            for tier in ("public", "private")
            for zone, pair in self.zone_subnets().items()
            for cidr in [getattr(pair, tier)]
        }

    def problems(self) -> Iterator[Problem]:
        """Sizes as AWS allows them (/16 to /28), zones named once, subnets inside the VPC and apart."""
        if not 16 <= self.cidr.prefixlen <= 28:
            yield Problem("cidr", self.cidr, "a block between /16 and /28, the sizes AWS allows for a VPC")
        for i, zone in enumerate(self.availability_zones):
            if zone in self.availability_zones[:i]:
                yield Problem(f"availabilityZones[{i}]", zone, "each zone once")
        yield from self._computed_problems() if self.subnets is None else self._given_problems(self.subnets)

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

    def _given_problems(self, subnets: dict[str, ZoneSubnets]) -> Iterator[Problem]:
        for zone in self.availability_zones:
            if zone not in subnets:
                yield Problem(f"subnets.{zone}", None, "a public and a private block")
        for zone in subnets:
            if zone not in self.availability_zones:
                yield Problem(f"subnets.{zone}", zone, "one of availabilityZones")
        claims = [
            Claim(cidr, f"subnets.{zone}.{tier}", zone)
            for zone, pair in subnets.items()
            for tier, cidr in (("public", pair.public), ("private", pair.private))
        ]
        for claim in claims:
            if claim.network.version == 4 and not claim.network.subnet_of(self.cidr):
                yield Problem(claim.key, claim.network, f"a block inside the VPC's {self.cidr}")
            if not 16 <= claim.network.prefixlen <= 28:
                yield Problem(claim.key, claim.network, "a block between /16 and /28, the sizes AWS allows")
        for wider, narrower in overlaps(claims):
            yield Problem(
                narrower.key, narrower.network, f"a block that leaves {wider.key} ({wider.network}) alone"
            )
