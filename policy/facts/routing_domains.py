"""Routing domains: networks of two domains never meet, unless the program joins VPCs of both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from policy.facts import aws_types as aws
from policy.facts.graph import Graph
from policy.facts.resource import Found, Resource

VPCS = (aws.VPC, aws.DEFAULT_VPC)


def domain_of(vpc: Resource, domain_tag: str) -> str:
    """The domain that a VPC's tag names; empty when none does."""
    value = vpc.tags.get(domain_tag, "")
    return value if isinstance(value, str) else ""


def joined_domains(graph: Graph, domain_tag: str) -> Mapping[str, str]:
    """Domains that are one, by the name of the first: their VPCs are peered or share a transit gateway."""
    first: dict[str, str] = {}
    for vpcs in _joined_vpcs(graph):
        domains = {_first_of(first, domain_of(vpc, domain_tag)) for vpc in vpcs}
        for domain in domains:
            first[domain] = min(domains)
    return {domain: _first_of(first, domain) for domain in first}


def _joined_vpcs(graph: Graph) -> Iterator[list[Resource]]:
    for peering in graph.of(aws.VPC_PEERING):
        ends = [graph.target(peering, key, *VPCS) for key in ("vpcId", "peerVpcId")]
        yield [vpc for vpc in ends if isinstance(vpc, Resource)]
    attached: dict[str, list[Resource]] = defaultdict(list)
    for attachment in graph.of(aws.TRANSIT_GATEWAY_VPC):
        gateway = graph.target(attachment, "transitGatewayId", aws.TRANSIT_GATEWAY)
        vpc = graph.target(attachment, "vpcId", *VPCS)
        if isinstance(gateway, Found) and isinstance(vpc, Resource):
            attached[gateway.identity].append(vpc)
    yield from attached.values()


def _first_of(first: Mapping[str, str], domain: str) -> str:
    while first.get(domain, domain) != domain:
        domain = first[domain]
    return domain
