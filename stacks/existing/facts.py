"""What was read of a VPC, in plain values."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

EVERYWHERE = IPv4Network("0.0.0.0/0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route that somebody made: neither the VPC's own nor a propagated one.

    `instance` is the one that an interface belongs to, empty for any other target.
    """

    destination: IPv4Network
    target: str
    instance: str = ""

    def is_of(self, own: frozenset[str]) -> bool:
        """Whether it leads to something of `own`, or to an interface whose instance is gone."""
        is_dead = self.target.startswith("eni-") and not self.instance
        return is_dead or self.target in own or self.instance in own

    def __str__(self) -> str:
        return f"{self.destination} by {self.instance or self.target}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A route table and who uses it; subnets that none has been associated with use the main one."""

    id: str
    subnets: frozenset[str]
    is_main: bool
    routes: tuple[Route, ...]

    def default_route(self) -> Route | None:
        """The way to everywhere else."""
        return next((route for route in self.routes if route.destination == EVERYWHERE), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """A subnet, its `Name` and its `Tier` tags (empty without them), and its route table."""

    id: str
    zone: str
    cidr: IPv4Network
    name: str
    tagged_tier: str
    table: Table

    @property
    def tier(self) -> str:
        """Public or private: by its tag, else by a route to an internet gateway ("Subnet types")."""
        if self.tagged_tier in ("public", "private"):
            return self.tagged_tier
        return "public" if self.is_public else "private"

    @property
    def is_public(self) -> bool:
        """Whether its way to everywhere else is an internet gateway."""
        default = self.table.default_route()
        return default is not None and default.target.startswith("igw-")

    def __str__(self) -> str:
        named = f", {self.name}" if self.name else ""
        return f"{self.cidr} ({self.id}{named})"


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcFacts:
    """A VPC. `cidrs` begin with the primary block; `vpg` and `internet_gateway` are those attached.

    `own` are the instances, and the VPG, that this stack deployed before.
    """

    id: str
    owner: str
    cidrs: tuple[IPv4Network, ...]
    resolves_names: bool
    subnets: tuple[Subnet, ...]
    tables: tuple[Table, ...]
    vpg: str | None
    internet_gateway: str | None
    own: frozenset[str]

    def table(self, id_: str) -> Table | None:
        """A route table by its id."""
        return next((table for table in self.tables if table.id == id_), None)
