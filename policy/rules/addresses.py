"""Rules about ranges of addresses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv6Network
from itertools import islice
from typing import Annotated, Any, Literal

from pulumi_policy import Severity
from pydantic import Field

from model.addresses import Claim, IPNetwork, overlaps
from model.tunnel_options import INSIDE_RANGE, RESERVED_INSIDE
from policy.facts import aws_types as aws
from policy.facts.claims import NOBODY, Taken, parsed, taken_in, taken_in_files, without_repetitions
from policy.facts.free_blocks import FreeBlocks, holds, private_range
from policy.facts.graph import Found, Graph, Resource, Unresolved
from policy.facts.references import vpn_guide, well_architected
from policy.facts.routes import DESTINATIONS, StaticRoute, static_routes, unreadable_tables, vpc_of_table
from policy.facts.values import UNKNOWN, is_secret
from policy.rules.gateways import attachments
from policy.rules.rule import Finding, Level, Parameters, ResourceParameters, ResourceRule, StackRule
from stacks.sections.section import Section

INSIDE_IPV6_RANGE = IPv6Network("fd00::/8")

NON_OVERLAP = well_architected(
    "REL02-BP05", "reliability-pillar/rel_planning_network_topology_non_overlap_ip.html"
)


class NamedNetwork(Section):
    """A network that no Pulumi program makes: a corporate range, a peer, a partner."""

    name: Annotated[str, Field(min_length=1, description="what the network is")]
    cidr: Annotated[str, Field(description="its block, IPv4 or IPv6")]


class OverlapParameters(Parameters):
    """What else is compared, and how much is told."""

    networks: Annotated[
        tuple[NamedNetwork, ...], Field(description="networks that VPCs and client pools must not touch")
    ] = ()
    stack_files: Annotated[
        str,
        Field(
            description="stack files whose addresses are compared, by a pattern from the repository's root"
        ),
    ] = "stacks/Pulumi.*.yaml"
    components: Annotated[
        dict[str, Literal["site", "office", "pool"]],
        Field(
            description="properties of components that hold ranges: LANs behind a VPG, other LANs, client "
            "pools"
        ),
    ] = Field(default={"onPremisesCidrs": "site", "officeLans": "office", "clientPool": "pool"})
    domain_tag: Annotated[
        str, Field(description="the tag of a VPC that names its routing domain; domains are not compared")
    ] = "RoutingDomain"
    most_reported: Annotated[int, Field(ge=1, le=1000, description="the most clashes that are listed")] = 50


def _check_overlaps(graph: Graph, parameters: OverlapParameters) -> Iterator[Finding]:
    claims: list[Taken] = []
    for said in _everything_said(graph, parameters):
        if isinstance(said, Finding):
            yield said
        else:
            claims.append(said)
    claims = without_repetitions(claims)
    yield from _capped(_clashes(claims, graph.stacks), parameters.most_reported)
    yield from _capped(_subnet_clashes(graph, claims), parameters.most_reported)
    yield from _capped(_inside_clashes(graph), parameters.most_reported)
    yield from _capped(_route_clashes(graph, claims), parameters.most_reported)


def _everything_said(graph: Graph, parameters: OverlapParameters) -> Iterator[Taken | Finding]:
    yield from taken_in(graph, parameters.domain_tag, parameters.components)
    yield from taken_in_files(parameters.stack_files, parameters.domain_tag, graph.stacks)
    for network in parameters.networks:
        block = parsed(network.cidr)
        if block is None:
            yield Finding(
                message=f"network {network.name} of the configuration has no CIDR block", undecided=True
            )
        else:
            yield Taken(block, f"network {network.name} of the policy's configuration", "", "network", NOBODY)


def _capped(findings: Iterator[Finding], most: int) -> Iterator[Finding]:
    yield from islice(findings, most)
    if next(findings, None) is not None:
        yield Finding(message=f"there are more clashes than the {most} listed; resolve these first")


def _clashes(claims: list[Taken], own: frozenset[tuple[str, str]]) -> Iterator[Finding]:
    for domain in _domains(claims):
        free = FreeBlocks(claim.network for claim in domain)
        for wider, narrower in overlaps(domain):
            if _meet(wider, narrower, own) and not wider.is_same_as(narrower):
                yield _clash(*_sides(wider, narrower, own), free)


def _meet(wider: Taken, narrower: Taken, own: frozenset[tuple[str, str]]) -> bool:
    """Whether the stack is concerned. A route into a network of its own stack is judged as a route."""
    into_own = narrower.kind == "routed" and wider.stack == narrower.stack
    return (wider.stack in own or narrower.stack in own) and not into_own


def _domains(claims: list[Taken]) -> list[list[Taken]]:
    """Claims by routing domain. Networks of the configuration are in every domain."""
    everywhere = [claim for claim in claims if claim.kind == "network"]
    by_domain: dict[str, list[Taken]] = defaultdict(list)
    for claim in claims:
        if claim.kind != "network":
            by_domain[claim.domain].append(claim)
    return [sorted([*found, *everywhere], key=lambda claim: claim.key) for found in by_domain.values()]


def _sides(wider: Taken, narrower: Taken, own: frozenset[tuple[str, str]]) -> tuple[Taken, Taken]:
    """The side that can give way, which is one of the stack's own, and the other."""
    return (narrower, wider) if narrower.stack in own and narrower.resource is not None else (wider, narrower)


def _clash(yielding: Taken, other: Taken, free: FreeBlocks) -> Finding:
    same_lan = {yielding.kind, other.kind} <= {"site", "office"} and yielding.network == other.network
    hint = " If both are one office, give both the same Location tag." if same_lan else ""
    return Finding(
        message=f"{yielding} overlaps {other}. {_proposal(yielding.network, free)}{hint}",
        resource=yielding.resource or other.resource,
    )


def _proposal(network: IPNetwork, free: FreeBlocks, space: IPNetwork | None = None) -> str:
    block = free.nearest(network, space)
    if block is None:
        return f"No /{network.prefixlen} is free in {space or 'private address space'}."
    return f"The nearest free /{network.prefixlen} is {block}."


def _subnet_clashes(graph: Graph, claims: list[Taken]) -> Iterator[Finding]:
    blocks: dict[str, list[IPNetwork]] = defaultdict(list)
    for claim in claims:
        if claim.kind == "vpc":
            blocks[claim.owner].append(claim.network)
    by_vpc: dict[str, list[SubnetClaim]] = defaultdict(list)
    for subnet in graph.of(aws.SUBNET):
        vpc = graph.target(subnet, "vpcId", aws.VPC, aws.DEFAULT_VPC)
        owner = vpc.identity if isinstance(vpc, Found) else subnet.urn
        if isinstance(vpc, Unresolved):
            yield Finding(
                message=f"which VPC {subnet} is in cannot be known yet ({vpc.why}), so it cannot be compared "
                "with that VPC's other subnets. Pass the VPC's own id instead.",
                resource=subnet,
                undecided=True,
            )
        for claim in _subnet_claims(subnet, owner):
            if isinstance(claim, Finding):
                yield claim
            else:
                by_vpc[owner].append(claim)
    for owner, subnets in by_vpc.items():
        yield from _clashes_in_vpc(subnets, blocks.get(owner, []))


@dataclass(frozen=True, slots=True)
class SubnetClaim(Claim):
    """A subnet's block in its VPC."""

    resource: Resource


def _subnet_claims(subnet: Resource, owner: str) -> Iterator[SubnetClaim | Finding]:
    for key in ("cidrBlock", "ipv6CidrBlock"):
        value = subnet.get(key)
        network = parsed(value) if isinstance(value, str) and value else None
        if network is not None:
            yield SubnetClaim(network, str(subnet), owner, subnet)
        elif value is UNKNOWN and not subnet.is_computed(key):
            yield Finding(
                message=f"{key} of {subnet} is not known yet, so it cannot be compared with the VPC's other "
                "subnets. Give the block itself.",
                resource=subnet,
                undecided=True,
            )


def _clashes_in_vpc(subnets: list[SubnetClaim], blocks: list[IPNetwork]) -> Iterator[Finding]:
    free = FreeBlocks(subnet.network for subnet in subnets)
    for wider, narrower in overlaps(subnets):
        if wider.resource is not narrower.resource:
            space = next((block for block in blocks if holds(block, narrower.network)), None)
            yield Finding(
                message=f"{narrower.network} ({narrower.key}) overlaps {wider.network} ({wider.key}). "
                + _proposal(narrower.network, free, space),
                resource=narrower.resource,
            )
    for subnet in subnets:
        of_version = [block for block in blocks if block.version == subnet.network.version]
        if of_version and not any(holds(block, subnet.network) for block in of_version):
            yield Finding(
                message=f"{subnet.network} ({subnet.key}) is outside of its VPC's "
                f"{', '.join(sorted(set(map(str, of_version))))}. "
                + _proposal(subnet.network, free, of_version[0]),
                resource=subnet.resource,
            )


def _inside_clashes(graph: Graph) -> Iterator[Finding]:
    by_gateway: dict[str, dict[IPNetwork, str]] = defaultdict(dict)
    for connection in graph.of(aws.VPN_CONNECTION):
        gateway = graph.target(connection, "vpnGatewayId", aws.VPG) or graph.target(
            connection, "transitGatewayId", aws.TRANSIT_GATEWAY
        )
        owner = gateway.identity if isinstance(gateway, Found) else ""
        for tunnel in (1, 2):
            yield from _inside_clash(connection, f"tunnel{tunnel}InsideCidr", by_gateway[owner])
            yield from _inside_clash(connection, f"tunnel{tunnel}InsideIpv6Cidr", by_gateway[owner])


def _inside_clash(connection: Resource, key: str, seen: dict[IPNetwork, str]) -> Iterator[Finding]:
    value = connection.get(key)
    if value is UNKNOWN and not connection.is_computed(key):
        yield Finding(
            message=f"{key} of {connection} is not known yet, so it cannot be compared with the VPG's other "
            "tunnels. Give the block itself, or leave it to AWS.",
            resource=connection,
            undecided=True,
        )
    network = parsed(value) if isinstance(value, str) and value else None
    if network is None:
        return
    wrong = _wrong_inside(network) or (f"is also {seen[network]}" if network in seen else "")
    if wrong:
        space = INSIDE_RANGE if network.version == 4 else INSIDE_IPV6_RANGE
        small = type(network)(
            (int(network.network_address), 30 if network.version == 4 else 126), strict=False
        )
        yield Finding(
            message=f"{key} of {connection}, {network}, {wrong}. "
            + _proposal(small, FreeBlocks([*seen, *RESERVED_INSIDE]), space),
            resource=connection,
        )
    seen.setdefault(network, f"{key} of {connection}")


def _wrong_inside(network: IPNetwork) -> str:
    if network.version == 6:
        fits = network.prefixlen == 126 and holds(INSIDE_IPV6_RANGE, network)
        return "" if fits else f"should be a /126 in {INSIDE_IPV6_RANGE}"
    if network.prefixlen != 30 or not holds(INSIDE_RANGE, network):
        return f"should be a /30 in {INSIDE_RANGE}"
    return "is reserved by AWS" if network in RESERVED_INSIDE else ""


@dataclass(frozen=True, slots=True)
class RouteClaim(Claim):
    """A route's destination, or a range that routes of the same VPC must leave alone."""

    resource: Resource | None
    kind: str = "route"


def _route_clashes(graph: Graph, claims: list[Taken]) -> Iterator[Finding]:
    """Static routes into the VPC's own blocks, or into LANs behind its VPG, take traffic away from them."""
    by_vpc: dict[str, list[RouteClaim]] = defaultdict(list)
    for said in _routes(graph):
        if isinstance(said, Finding):
            yield said
        else:
            by_vpc[said.owner].append(said)
    behind_vpg = _vpcs_behind_vpg(graph)
    for claim in claims:
        owner = (
            claim.owner
            if claim.kind == "vpc"
            else behind_vpg.get(claim.resource.urn if claim.resource else "")
        )
        if owner in by_vpc:
            by_vpc[owner].append(RouteClaim(claim.network, str(claim), owner, claim.resource, claim.kind))
    for together in by_vpc.values():
        for wider, narrower in overlaps(
            sorted(together, key=lambda claim: (claim.kind == "route", claim.key))
        ):
            if narrower.kind == "route" and wider.kind != "route":
                yield Finding(
                    message=f"the route to {narrower.network} ({narrower.key}) takes traffic away from "
                    f"{wider.key}. "
                    "Route to a network outside of it, or send this through the VPG.",
                    resource=narrower.resource,
                )


def _routes(graph: Graph) -> Iterator[RouteClaim | Finding]:
    seen: set[tuple[str, IPNetwork]] = set()
    for route in static_routes(graph):
        vpc = vpc_of_table(graph, route.table)
        if not isinstance(vpc, Found) or _leads_to_vpg(graph, route):
            continue
        for key in DESTINATIONS:
            value = route.get(key)
            network = parsed(value) if isinstance(value, str) and value else None
            if network is not None and (vpc.identity, network) not in seen:
                seen.add((vpc.identity, network))
                yield RouteClaim(network, str(route.stated_by), vpc.identity, route.stated_by)
            elif value is UNKNOWN and not route.is_computed(key) and not route.leads_to_host:
                yield _unreadable_route(route.stated_by, f"{key} of {route.stated_by} is not known yet")
    for table in unreadable_tables(graph):
        yield _unreadable_route(table, f"the routes of {table} are not known yet")


def _unreadable_route(stated_by: Resource, what: str) -> Finding:
    return Finding(
        message=f"{what}, so it cannot be compared with the VPC and the LANs. Give the block itself.",
        resource=stated_by,
        undecided=True,
    )


def _leads_to_vpg(graph: Graph, route: StaticRoute) -> bool:
    gateway = route.target(graph, "gatewayId", aws.VPG)
    if isinstance(gateway, Resource):
        return True
    value = route.get("gatewayId")
    return isinstance(value, str) and value.startswith(("vgw-", "local"))


def _vpcs_behind_vpg(graph: Graph) -> dict[str, str]:
    """The VPC that a VPN connection's static route is for, by the route's URN."""
    vpcs = {
        attachment.gateway.identity: attachment.vpc.identity
        for attachment in attachments(graph)
        if isinstance(attachment.gateway, Found) and isinstance(attachment.vpc, Found)
    }
    found: dict[str, str] = {}
    for route in graph.of(aws.VPN_CONNECTION_ROUTE):
        connection = graph.target(route, "vpnConnectionId", aws.VPN_CONNECTION)
        gateway = (
            graph.target(connection, "vpnGatewayId", aws.VPG) if isinstance(connection, Resource) else None
        )
        if isinstance(gateway, Found) and gateway.identity in vpcs:
            found[route.urn] = vpcs[gateway.identity]
    return found


CIDR_KEYS = {
    aws.VPC: ("cidrBlock", "ipv6CidrBlock"),
    aws.VPC_IPV4_BLOCK: ("cidrBlock",),
    aws.VPC_IPV6_BLOCK: ("ipv6CidrBlock",),
    aws.SUBNET: ("cidrBlock", "ipv6CidrBlock"),
    aws.VPN_CONNECTION: (
        "tunnel1InsideCidr",
        "tunnel2InsideCidr",
        "localIpv4NetworkCidr",
        "remoteIpv4NetworkCidr",
    ),
    aws.VPN_CONNECTION_ROUTE: ("destinationCidrBlock",),
    aws.ROUTE: ("destinationCidrBlock", "destinationIpv6CidrBlock"),
}


def _check_host_bits(resource: Resource, _parameters: Any) -> Iterator[Finding]:
    for key in CIDR_KEYS[resource.type]:
        value = resource.get(key)
        if value is UNKNOWN:
            yield Finding(message=f"{key} is not known yet", resource=resource, undecided=True)
        elif isinstance(value, str) and value:
            network = parsed(value)
            shown = "its value" if is_secret(resource.properties.get(key)) else value
            if network is None:
                yield Finding(message=f"{key} should be a CIDR block, such as 10.0.0.0/16", resource=resource)
            elif str(network).partition("/")[0] != value.partition("/")[0].lower():
                yield Finding(
                    message=f"{key}: {shown} has host bits; the block that is meant is {network}",
                    resource=resource,
                )


def _check_private_space(vpc: Resource, _parameters: Any) -> Iterator[Finding]:
    value = vpc.get("cidrBlock")
    network = parsed(value) if isinstance(value, str) and value else None
    if value is UNKNOWN:
        yield Finding(message="cidrBlock is not known yet", resource=vpc, undecided=True)
    if network is not None and network.version == 4 and private_range(network) is None:
        yield Finding(
            message=f"cidrBlock {network} belongs to somebody on the internet; take a block of private space",
            resource=vpc,
        )


RULES = (
    StackRule(
        name="no-overlapping-cidrs",
        title="No overlapping CIDRs",
        description="VPCs, subnets, on-premises LANs, client pools, tunnel insides and routes do not "
        "overlap, "
        "within the stack, across stacks, and with networks named in the configuration.",
        level=Level.MANDATORY,
        severity=Severity.CRITICAL,
        references=(NON_OVERLAP, vpn_guide("Tunnel options", "VPNTunnels.html")),
        tags=("vpn", "network", "cross-stack"),
        remediation="Move one of the two networks to the free block that the message proposes.",
        parameters=OverlapParameters,
        check=_check_overlaps,
        bad="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
            peer: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.128.0/17}}
        """,
        good="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
            peer: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.51.0.0/16}}
        """,
    ),
    ResourceRule(
        name="cidr-without-host-bits",
        title="CIDRs without host bits",
        description="A CIDR block is written as the address of the network, so that it says what it covers.",
        level=Level.MANDATORY,
        severity=Severity.LOW,
        references=(NON_OVERLAP,),
        tags=("network",),
        remediation="Write the network's own address, as the message gives it.",
        types=frozenset(CIDR_KEYS),
        parameters=ResourceParameters,
        check=_check_host_bits,
        bad="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.1.0/16}}
        """,
        good="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
        """,
    ),
    ResourceRule(
        name="vpc-in-private-space",
        title="VPCs in private address space",
        description="A VPC's IPv4 block is private (RFC 1918) or shared (RFC 6598) address space.",
        level=Level.ADVISORY,
        severity=Severity.MEDIUM,
        references=(NON_OVERLAP,),
        tags=("network",),
        remediation="Take a block of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10.",
        types=frozenset({aws.VPC}),
        check=_check_private_space,
        bad="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 11.50.0.0/16}}
        """,
        good="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
        """,
    ),
)
