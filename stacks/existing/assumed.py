"""An existing VPC as its settings want it, where there is no cloud to ask: for what a stack costs."""

from __future__ import annotations

from collections.abc import Iterator

from stacks.existing.facts import EVERYWHERE, Route, Subnet, Table, VpcFacts
from stacks.sections.network import TIERS, ExistingVpc, NetworkSettings, subnet_name

GATEWAY = "igw-assumed"


def assumed_vpc(account: str, network: NetworkSettings, existing: ExistingVpc, vpg: str | None) -> VpcFacts:
    """A VPC in which everything that is asked for can be deployed, with the VPG that is taken over."""
    out = Route(destination=EVERYWHERE, target=GATEWAY)
    tables = {
        tier: Table(id=f"rtb-{tier}", subnets=frozenset(), is_main=False, routes=routes)
        for tier, routes in zip(TIERS, ((out,), ()), strict=True)
    }
    more = (
        Table(id=id_, subnets=frozenset(), is_main=False, routes=()) for id_ in existing.route_tables or ()
    )
    return VpcFacts(
        id=existing.vpc_id,
        owner=account,
        cidrs=network.cidrs,
        resolves_names=True,
        subnets=tuple(_subnets(network, tables)),
        tables=(*tables.values(), *more),
        vpg=vpg,
        internet_gateway=GATEWAY,
        own=frozenset(),
    )


def _subnets(network: NetworkSettings, tables: dict[str, Table]) -> Iterator[Subnet]:
    """Those that are written down, and /28 blocks for the others: the smallest that a subnet can have."""
    written = [cidr for tier in TIERS for cidr in network.blocks_of(tier).values()]
    free = (
        block
        for block in network.cidr.subnets(new_prefix=28)
        if not any(block.overlaps(cidr) for cidr in written)
    )
    for zone, pair in network.zone_subnets().items():
        for tier in TIERS:
            name = subnet_name(tier, zone)
            cidr = pair.by_tier().get(tier) or next(free, network.cidr)
            yield Subnet(
                id=f"subnet-{name}", zone=zone, cidr=cidr, name=name, tagged_tier=tier, table=tables[tier]
            )
