"""Which subnets and tables of a VPC the stack uses: those written down, or that tags or routes tell."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

from stacks.existing.facts import Subnet, Table, VpcFacts
from stacks.sections.network import TIERS, NetworkSettings, Tier, ZoneSubnets
from stacks.sections.section import Problem


class ReadNetwork(NetworkSettings):
    """The settings of an existing VPC's network, completed by what was read: no other subnets are found."""

    def public_zones(self) -> tuple[str, ...]:
        """The zones that have a public subnet."""
        return tuple(self.blocks_of("public"))

    def possible_names(self) -> tuple[str, ...]:
        """The names of the subnets that there are."""
        return tuple(self.subnet_names())


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The subnets by tier and zone, and the tables, each once."""

    subnets: Mapping[Tier, Mapping[str, Subnet]]
    site_tables: tuple[Table, ...]
    client_tables: tuple[Table, ...]

    @property
    def private_tables(self) -> tuple[Table, ...]:
        """The tables of the private subnets."""
        return _once(subnet.table for subnet in self.subnets["private"].values())

    def completed(self, network: NetworkSettings) -> ReadNetwork:
        """The settings with the blocks of the subnets that were found."""
        blocks = {
            zone: ZoneSubnets(
                **{tier: self.subnets[tier][zone].cidr for tier in TIERS if zone in self.subnets[tier]}
            )
            for zone in network.availability_zones
        }
        fields = {**dict(network), "subnets": blocks}
        return ReadNetwork.model_construct(_fields_set=network.model_fields_set | {"subnets"}, **fields)


def choose(network: NetworkSettings, vpc: VpcFacts, needed: frozenset[Tier]) -> Choice | list[Problem]:
    """The parts of the VPC that are used, or why those that are needed cannot be told."""
    problems: list[Problem] = []
    subnets: dict[Tier, dict[str, Subnet]] = {tier: {} for tier in TIERS}
    for zone, written in network.zone_subnets().items():
        for tier in TIERS:
            cidr = written.by_tier().get(tier)
            key = f"network.subnets.{zone}.{tier}"
            here = [subnet for subnet in vpc.subnets if subnet.zone == zone]
            found = (
                [subnet for subnet in here if subnet.cidr == cidr]
                if cidr
                else _candidates(here, tier, written.by_tier().values())
            )
            if len(found) == 1:
                subnets[tier][zone] = found[0]
            elif cidr:
                right = f"the block of a subnet of {vpc.id} in {zone}: {_listed(here)}"
                problems.append(Problem(key, cidr, right))
            elif found and tier in needed:
                problems.append(Problem(key, None, f"the block of one of several: {_listed(found)}"))
    problems += _unknown_tables(network, vpc)
    if problems:
        return problems
    private = (subnet.table for subnet in subnets["private"].values())
    public = (subnet.table for subnet in subnets["public"].values())
    given = network.existing.route_tables if network.existing else None
    if given is not None:
        tables = _once(table for table in vpc.tables if table.id in given)
        return Choice(subnets=subnets, site_tables=tables, client_tables=tables)
    site_tables = _once(private)
    return Choice(subnets=subnets, site_tables=site_tables, client_tables=_once((*site_tables, *public)))


def _candidates(here: Iterable[Subnet], tier: Tier, written: Collection[IPv4Network]) -> list[Subnet]:
    """The subnets of a tier that are not written down; of several, those whose tag says so."""
    found = [subnet for subnet in here if subnet.tier == tier and subnet.cidr not in written]
    tagged = [subnet for subnet in found if subnet.tagged_tier == tier]
    return tagged if len(found) > 1 and tagged else found


def _unknown_tables(network: NetworkSettings, vpc: VpcFacts) -> Iterator[Problem]:
    given = network.existing.route_tables if network.existing else None
    for i, id_ in enumerate(given or ()):
        if vpc.table(id_) is None:
            there = ", ".join(table.id for table in vpc.tables)
            yield Problem(f"network.existing.routeTables[{i}]", id_, f"a route table of {vpc.id}: {there}")


def _listed(subnets: Iterable[Subnet]) -> str:
    return ", ".join(map(str, subnets)) or "there is none"


def _once(tables: Iterable[Table]) -> tuple[Table, ...]:
    return tuple({table.id: table for table in tables}.values())
