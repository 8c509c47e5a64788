"""Which ranges of addresses are taken, by whom: what the resources of a stack say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Literal, cast

from model.addresses import Claim, IPNetwork
from policy.facts import aws_types as aws
from policy.facts.existing_networks import existing_networks
from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.resource import External, Found, Resource
from policy.facts.routes import StaticRoute, static_routes
from policy.facts.routing_domains import domain_of
from policy.facts.transit_routes import transit_routes
from policy.facts.values import UNKNOWN

Kind = Literal["vpc", "site", "office", "pool", "routed", "network"]
"""A VPC's block, a LAN behind a VPG or behind another tunnel, a client pool, what a route to a host leads to,
or a network of the configuration."""

LANS = frozenset({"site", "office"})

ComponentKinds = Mapping[str, Literal["site", "office", "pool"]]
"""What the properties of components mean: the name of the property, and the kind of range in it."""

NOBODY = ("", "")


@dataclass(frozen=True, slots=True)
class Taken(Claim):
    """A range of addresses that somebody takes.

    `owner` is the VPC, the place of a LAN (empty when nobody says), or the component of a pool. `stack` is
    the project and stack. Only ranges of one routing `domain` can meet.
    """

    kind: Kind
    stack: tuple[str, str]
    domain: str = ""
    resource: Resource | None = None

    def is_same_as(self, other: Taken) -> bool:
        """Whether both speak of one thing, which is no clash: one office may have several environments."""
        if {self.kind, other.kind} <= LANS:
            return self.network == other.network and self._is_same_place(other)
        if self.kind == other.kind and self.kind in ("vpc", "pool"):
            return self.owner == other.owner
        if self.kind == other.kind == "routed":
            return self.stack == other.stack
        return {self.kind, other.kind} <= LANS | {"network"}

    def _is_same_place(self, other: Taken) -> bool:
        if self.owner and other.owner:
            return self.owner == other.owner
        return self.stack == other.stack

    def __str__(self) -> str:
        return f"{self.network} ({self.key})"


Said = Taken | Finding
"""A range, or what keeps one from being known."""


def parsed(text: object) -> IPNetwork | None:
    """A CIDR block; host bits are cut off, as AWS does. None when it is none."""
    try:
        return ip_network(str(text), strict=False)
    except ValueError:
        return None


def taken_in(graph: Graph, domain_tag: str, kinds: ComponentKinds) -> Iterator[Said]:
    """Every range that the stack's own resources take: VPCs, LANs, client pools."""
    domains = _stack_domains(graph, domain_tag)
    yield from taken_by_vpcs(graph, domain_tag)
    yield from taken_by_sites(graph, domains)
    for endpoint in graph.of(aws.CLIENT_VPN):
        domain = domains.get(endpoint.stack, "")
        yield from _blocks(endpoint, "clientCidrBlock", "pool", endpoint.urn, domain)
    for route in static_routes(graph):
        if route.leads_to_host:
            yield from _behind_host(graph, route, domains.get(route.stated_by.stack, ""))
    for component in _components(graph):
        for key, kind in kinds.items():
            owner = component.urn if kind == "pool" else ""
            yield from _blocks(component, key, kind, owner, domains.get(component.stack, ""))


def taken_by_vpcs(graph: Graph, domain_tag: str = "") -> Iterator[Said]:
    """The blocks of VPCs, in the domain that each one's tag names."""
    for vpc in graph.of(aws.VPC, aws.DEFAULT_VPC):
        yield from _vpc_blocks(vpc, vpc, domain_tag)
    for vpc, component in existing_networks(graph):
        yield from _blocks(component, "cidrs", "vpc", vpc.identity, "", required=True)
    for block in graph.of(aws.VPC_IPV4_BLOCK, aws.VPC_IPV6_BLOCK):
        yield from _secondary_blocks(graph, block, domain_tag)


def taken_by_sites(graph: Graph, domains: Mapping[tuple[str, str], str] | None = None) -> Iterator[Said]:
    """The LANs that static routes of VPN connections lead to, in the routing domain of each stack."""
    domains = domains or {}
    for route in graph.of(aws.VPN_CONNECTION_ROUTE):
        place = place_of(graph, graph.target(route, "vpnConnectionId", aws.VPN_CONNECTION))
        yield from _blocks(route, "destinationCidrBlock", "site", place, domains.get(route.stack, ""))
    for route, connection in transit_routes(graph):
        place = place_of(graph, connection)
        yield from _blocks(route, "destinationCidrBlock", "site", place, domains.get(route.stack, ""))


def place_of(graph: Graph, connection: object) -> str:
    """Where a VPN connection leads: the `Location` or `Site` tag on it or on its customer gateway.

    Two gateways that nobody says are in one place are in two.
    """
    if not isinstance(connection, Resource):
        return ""
    gateway = graph.target(connection, "customerGatewayId", aws.CUSTOMER_GATEWAY)
    for resource in (connection, gateway):
        if isinstance(resource, Resource):
            for tag in ("Location", "Site"):
                place = resource.tags.get(tag)
                if isinstance(place, str) and place:
                    return place
    return gateway.identity if isinstance(gateway, Found) else ""


def without_repetitions(claims: Iterable[Taken]) -> list[Taken]:
    """What a stack names several times is one.

    That is a LAN behind redundant routers, a LAN named with its place and without, and a route to a network
    that something else in the stack claims.
    """
    claims = list(claims)
    placed = {(claim.stack, claim.network) for claim in claims if claim.owner}
    named = {(claim.stack, claim.network) for claim in claims if claim.kind != "routed"}
    distinct: dict[object, Taken] = {}
    for claim in claims:
        again = named if claim.kind == "routed" else placed
        if claim.kind in LANS and claim.owner:
            distinct.setdefault((claim.stack, claim.network, claim.owner), claim)
        elif claim.owner or (claim.stack, claim.network) not in again:
            distinct[id(claim)] = claim
    return list(distinct.values())


def _components(graph: Graph) -> Iterator[Resource]:
    for resource in graph.resources:
        if not resource.type.startswith(("aws:", "pulumi:")):
            yield resource


def _stack_domains(graph: Graph, domain_tag: str) -> dict[tuple[str, str], str]:
    """The routing domain of a stack whose VPCs all have the same one."""
    domains: dict[tuple[str, str], set[str]] = defaultdict(set)
    for vpc in graph.of(aws.VPC):
        domains[vpc.stack].add(domain_of(vpc, domain_tag))
    return {stack: next(iter(found)) for stack, found in domains.items() if len(found) == 1}


def _vpc_blocks(resource: Resource, vpc: Found, domain_tag: str) -> Iterator[Said]:
    domain = domain_of(vpc, domain_tag) if isinstance(vpc, Resource) else ""
    yield from _blocks(resource, "cidrBlock", "vpc", vpc.identity, domain, required=True)
    from_pool = resource.get("ipv6IpamPoolId") is not None
    if resource.get("ipv6CidrBlock") is not UNKNOWN or from_pool or not resource.is_computed("ipv6CidrBlock"):
        yield from _blocks(resource, "ipv6CidrBlock", "vpc", vpc.identity, domain, required=from_pool)


def _behind_host(graph: Graph, route: StaticRoute, domain: str) -> Iterator[Said]:
    """What a route to a host leads to, unless it is everything."""
    for key, value in route.destinations(graph):
        for block in _said(route.stated_by, key, value, "routed", "", domain):
            if isinstance(block, Finding) or block.network.prefixlen > 0:
                yield block


def _secondary_blocks(graph: Graph, block: Resource, domain_tag: str) -> Iterator[Said]:
    vpc = graph.target(block, "vpcId", aws.VPC, aws.DEFAULT_VPC)
    owner: Found = vpc if isinstance(vpc, Resource | External) else block
    domain = domain_of(owner, domain_tag) if isinstance(owner, Resource) else ""
    key = "cidrBlock" if block.type == aws.VPC_IPV4_BLOCK else "ipv6CidrBlock"
    yield from _blocks(block, key, "vpc", owner.identity, domain, required=True)


def _blocks(
    resource: Resource, key: str, kind: Kind, owner: str, domain: str, *, required: bool = False
) -> Iterator[Said]:
    yield from _said(resource, key, resource.get(key), kind, owner, domain, required=required)


def _said(
    resource: Resource,
    key: str,
    value: Any,
    kind: Kind,
    owner: str,
    domain: str,
    *,
    required: bool = False,
) -> Iterator[Said]:
    for item in cast("list[Any]", value) if isinstance(value, list) else [value]:
        network = parsed(item) if isinstance(item, str) and item else None
        if network is not None:
            label = f"{resource} in {'/'.join(resource.stack)}"
            yield Taken(network, label, owner, kind, resource.stack, domain, resource)
        elif item or required:
            yield _unreadable(resource, key, item)


def _unreadable(resource: Resource, key: str, value: object) -> Finding:
    if value is UNKNOWN or value is None:
        why = (
            "an IPAM pool will allocate it"
            if resource.get("ipv4IpamPoolId") is not None or resource.get("ipv6IpamPoolId") is not None
            else "it is not known yet"
        )
    else:
        why = "it is no CIDR block"
    return Finding(
        message=f"{key} of {resource} cannot be compared with other networks: {why}. Give the block itself, "
        "or accept this with whenUnknown: advice.",
        resource=resource,
        undecided=True,
    )
