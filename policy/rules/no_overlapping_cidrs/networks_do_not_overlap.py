"""VPCs, LANs and client pools, of this stack and of all others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Annotated, Literal

from pulumi_policy import Severity
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from model.addresses import overlaps
from model.free_blocks import FreeBlocks
from policy.facts.claims import NOBODY, Taken, parsed, taken_in, without_repetitions
from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.routing_domains import joined_domains
from policy.facts.stack_files import taken_in_files
from policy.rules.no_overlapping_cidrs.shared import NON_OVERLAP, OverlapParameters, capped, proposal
from policy.rules.rule import Level, StackRule
from stacks.sections.section import Section

SAME_OFFICE = (
    " If both are one office, give both the same location: `location` in a stack file of this project, the "
    "tag Location elsewhere."
)


def _check_block(cidr: str) -> str:
    try:
        ip_network(cidr)
    except ValueError:
        block = parsed(cidr)
        right = (
            f"should be {block}, which has no host bits" if block else "should be a block such as 10.0.0.0/16"
        )
        raise PydanticCustomError("cidr", "{right}", {"right": right}) from None
    return cidr


class NamedNetwork(Section):
    """A network that no Pulumi program makes: a corporate range, a peer, a partner."""

    name: Annotated[str, Field(min_length=1, description="what the network is")]
    cidr: Annotated[
        str, AfterValidator(_check_block), Field(description="its block, IPv4 or IPv6, without host bits")
    ]


class NetworkParameters(OverlapParameters):
    """What else is compared."""

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


def _check(graph: Graph, parameters: NetworkParameters) -> Iterator[Finding]:
    claims: list[Taken] = []
    for said in _everything_said(graph, parameters):
        if isinstance(said, Finding):
            yield said
        else:
            claims.append(said)
    claims = without_repetitions(claims)
    joined = joined_domains(graph, parameters.domain_tag)
    yield from capped(_clashes(claims, graph.stacks, joined), parameters.most_reported)


def _everything_said(graph: Graph, parameters: NetworkParameters) -> Iterator[Taken | Finding]:
    yield from taken_in(graph, parameters.domain_tag, parameters.components)
    yield from taken_in_files(parameters.stack_files, parameters.domain_tag, graph.stacks)
    for network in parameters.networks:
        block = ip_network(network.cidr)
        yield Taken(block, f"network {network.name} of the policy's configuration", "", "network", NOBODY)


def _clashes(
    claims: list[Taken], own: frozenset[tuple[str, str]], joined: Mapping[str, str]
) -> Iterator[Finding]:
    for domain in _domains(claims, joined):
        free = FreeBlocks(claim.network for claim in domain)
        for wider, narrower in overlaps(domain):
            if _meet(wider, narrower, own) and not wider.is_same_as(narrower):
                yield _clash(*_sides(wider, narrower, own), free)


def _meet(wider: Taken, narrower: Taken, own: frozenset[tuple[str, str]]) -> bool:
    """Whether the stack is concerned. A route into a network of its own stack is judged as a route."""
    into_own = narrower.kind == "routed" and wider.stack == narrower.stack
    return (wider.stack in own or narrower.stack in own) and not into_own


def _domains(claims: list[Taken], joined: Mapping[str, str]) -> list[list[Taken]]:
    """Claims by routing domain. Networks of the configuration are in every domain."""
    everywhere = [claim for claim in claims if claim.kind == "network"]
    by_domain: dict[str, list[Taken]] = defaultdict(list)
    for claim in claims:
        if claim.kind != "network":
            by_domain[joined.get(claim.domain, claim.domain)].append(claim)
    return [sorted([*found, *everywhere], key=lambda claim: claim.key) for found in by_domain.values()]


def _sides(wider: Taken, narrower: Taken, own: frozenset[tuple[str, str]]) -> tuple[Taken, Taken]:
    """The side that can give way, which is one of the stack's own, and the other."""
    return (narrower, wider) if narrower.stack in own and narrower.resource is not None else (wider, narrower)


def _clash(yielding: Taken, other: Taken, free: FreeBlocks) -> Finding:
    same_lan = {yielding.kind, other.kind} <= {"site", "office"} and yielding.network == other.network
    hint = SAME_OFFICE if same_lan else ""
    return Finding(
        message=f"{yielding} overlaps {other}. {proposal(yielding.network, free)}{hint}",
        resource=yielding.resource or other.resource,
    )


RULE = StackRule(
    name="networks-do-not-overlap",
    title="Networks do not overlap",
    description="VPCs, on-premises LANs, client pools and what routes to hosts lead to do not overlap, "
    "within the stack, across stacks, and with networks named in the configuration.",
    level=Level.MANDATORY,
    severity=Severity.CRITICAL,
    references=(NON_OVERLAP,),
    tags=("vpn", "network", "cross-stack"),
    risk="Traffic for one network goes to the other, and renumbering either one later means an outage.",
    remediation="Move one of the two networks to the free block that the message proposes.",
    check=_check,
    parameters=NetworkParameters,
    bad="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
            peer: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.128.0/17}}
        """,
    good="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
            peer: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.51.0.0/16}}
        """,
)
