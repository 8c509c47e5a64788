"""The inside CIDRs of tunnels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from ipaddress import IPv6Network

from pulumi_policy import Severity

from model.addresses import IPNetwork
from model.free_blocks import FreeBlocks, holds
from model.tunnel_options import INSIDE_RANGE, RESERVED_INSIDE
from policy.facts import aws_types as aws
from policy.facts.claims import parsed
from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.references import vpn_guide
from policy.facts.resource import Found, Resource
from policy.facts.values import UNKNOWN
from policy.rules.no_overlapping_cidrs.shared import OverlapParameters, capped, proposal
from policy.rules.rule import Level, StackRule

INSIDE_IPV6_RANGE = IPv6Network("fd00::/8")


def _check(graph: Graph, parameters: OverlapParameters) -> Iterator[Finding]:
    yield from capped(_inside_clashes(graph), parameters.most_reported)


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
            + proposal(small, FreeBlocks([*seen, *RESERVED_INSIDE]), space),
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


RULE = StackRule(
    name="inside-cidrs-do-not-overlap",
    title="Inside CIDRs do not overlap",
    description="The inside CIDRs of the tunnels of one gateway are blocks of their own, in the range that "
    "AWS has for them.",
    level=Level.MANDATORY,
    severity=Severity.HIGH,
    references=(vpn_guide("Tunnel options", "VPNTunnels.html"),),
    tags=("vpn", "network"),
    risk="AWS refuses the tunnel, or a router with two tunnels of one inside CIDR answers on the wrong one.",
    remediation="Take the free block that the message proposes, or leave it to AWS.",
    check=_check,
    parameters=OverlapParameters,
    bad="""
            connection:
              type: aws:ec2:VpnConnection
              properties:
                type: ipsec.1
                customerGatewayId: cgw-0a1b2c3d
                vpnGatewayId: vgw-0a1b2c3d
                tunnel1InsideCidr: 169.254.50.0/30
                tunnel2InsideCidr: 169.254.50.0/30
        """,
    good="""
            connection:
              type: aws:ec2:VpnConnection
              properties:
                type: ipsec.1
                customerGatewayId: cgw-0a1b2c3d
                vpnGatewayId: vgw-0a1b2c3d
                tunnel1InsideCidr: 169.254.50.0/30
                tunnel2InsideCidr: 169.254.50.4/30
        """,
)
