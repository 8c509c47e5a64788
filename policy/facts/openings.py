"""Ways into security groups, in whichever of the types that declare them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

from model.addresses import IPNetwork
from model.free_blocks import holds
from policy.facts import aws_types as aws
from policy.facts.claims import parsed
from policy.facts.graph import Graph
from policy.facts.prefix_lists import listed_networks
from policy.facts.resource import Found, Resource
from policy.facts.values import UNKNOWN, part

MOST_PUBLIC = {4: 1 << 24, 6: 1 << 112}
"""Public addresses that one opening may have as sources: those of an IPv4 /8, or an IPv6 /16. More, in
however many pieces, are a good part of the internet."""


ALL_PORTS = (0, 65535)


PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}
"""IANA's numbers of protocols by the names that AWS gives them; others have no ports."""


WITH_PORTS = frozenset({"tcp", "udp", "-1"})


GROUPS = (aws.SECURITY_GROUP, aws.DEFAULT_SECURITY_GROUP)


SEPARATE_RULES = (aws.SECURITY_GROUP_RULE, aws.SECURITY_GROUP_INGRESS_RULE)


HOST_FIREWALLS = {aws.LIGHTSAIL_PORTS: "portInfos", aws.GAMELIFT_FLEET: "ec2InboundPermissions"}
"""Types that open the firewall of hosts without a security group, and the property with the ways in."""


ANYWHERE = ("0.0.0.0/0", "::/0")


@dataclass(frozen=True, slots=True)
class Opening:
    """A way into a security group. Ports and sources are `UNKNOWN` where they cannot be known yet.

    `prefix_lists` are the ids of lists of networks; what is on a list is stated elsewhere.
    """

    stated_by: Resource
    where: str
    protocol: Any
    first_port: Any
    last_port: Any
    sources: tuple[Any, ...]
    prefix_lists: tuple[Any, ...] = ()

    @property
    def kind(self) -> Any:
        """The protocol's name: tcp, udp, icmp, icmpv6, -1 for all, or the number of another."""
        if self.protocol is UNKNOWN:
            return UNKNOWN
        name = str(self.protocol).lower()
        return PROTOCOLS.get(name, name)

    @property
    def has_ports(self) -> bool:
        """Whether ports are opened: ICMP and ESP have none."""
        return self.kind is UNKNOWN or self.kind in WITH_PORTS

    @property
    def is_world(self) -> bool:
        """Whether a good part of the internet may come in."""
        return _covers_world(self.sources)

    @property
    def may_be_world(self) -> bool:
        """Whether that cannot be ruled out."""
        return self.is_world or UNKNOWN in self.sources

    @property
    def ports(self) -> tuple[int, int] | None:
        """The first and the last port; None when they cannot be known yet."""
        if self.kind == "-1" or not self.has_ports:
            return ALL_PORTS
        if UNKNOWN in (self.kind, self.first_port, self.last_port):
            return None
        first, last = _port(self.first_port), _port(self.last_port)
        return ALL_PORTS if first == -1 or last == -1 else (first, last)

    @property
    def shown(self) -> str:
        """The opening in a message."""
        ports = self.ports
        if not self.has_ports:
            return f"{self.where} (protocol {self.kind})"
        if ports is None:
            return f"{self.where} (ports not known yet)"
        span = (
            "all ports"
            if ports == ALL_PORTS
            else f"port {ports[0]}" + (f"-{ports[1]}" if ports[0] != ports[1] else "")
        )
        return f"{self.where} ({self.kind} {span})" if ports != ALL_PORTS else f"{self.where} ({span})"


def openings(group: Resource) -> Iterator[Opening]:
    """Every way in that one resource declares."""
    if group.type in (aws.SECURITY_GROUP, aws.DEFAULT_SECURITY_GROUP):
        for i, item in enumerate(group.items("ingress")):
            yield _inline(group, f"ingress[{i}]", item)
        if group.get("ingress") is UNKNOWN and not group.is_computed("ingress"):
            yield _inline(group, "ingress", UNKNOWN)
    elif group.type in HOST_FIREWALLS:
        yield from _host_openings(group, HOST_FIREWALLS[group.type])
    elif group.type == aws.SECURITY_GROUP_RULE:
        if group.get("type") != "egress":
            yield _inline(group, "this rule", group.properties_plain)
    else:
        sources = tuple(group.get(key) for key in ("cidrIpv4", "cidrIpv6") if group.get(key) is not None)
        lists = tuple(value for value in [group.get("prefixListId")] if value)
        yield Opening(
            group,
            "this rule",
            group.get("ipProtocol"),
            group.get("fromPort"),
            group.get("toPort"),
            sources,
            lists,
        )


def _host_openings(firewall: Resource, key: str) -> Iterator[Opening]:
    """Lightsail opens a port to anybody where no source is named (PutInstancePublicPorts)."""
    for i, item in enumerate(firewall.items(key)):
        opening = _inline(firewall, f"{key}[{i}]", item)
        named = [source for name in ("cidrs", "ipv6Cidrs", "ipRange") for source in _listed(item, name)]
        aliases = _listed(item, "cidrListAliases")
        yield replace(opening, sources=tuple(named or (() if aliases else ANYWHERE)))
    if firewall.get(key) is UNKNOWN:
        yield _inline(firewall, key, UNKNOWN)


def _inline(group: Resource, where: str, rule: Any) -> Opening:
    sources = (*_listed(rule, "cidrBlocks"), *_listed(rule, "ipv6CidrBlocks"))
    lists = () if rule is UNKNOWN else _listed(rule, "prefixListIds")
    protocol, first, last = (part(rule, key) for key in ("protocol", "fromPort", "toPort"))
    return Opening(group, where, protocol, first, last, sources, lists)


def _listed(rule: Any, key: str) -> tuple[Any, ...]:
    value = part(rule, key)
    return tuple(cast("list[Any]", value)) if isinstance(value, list) else (value,) if value else ()


def _port(value: Any) -> int:
    return -1 if value is None else int(value)


def _covers_world(sources: tuple[Any, ...]) -> bool:
    """Whether the public addresses among the sources are, together, a good part of the internet."""
    public: dict[int, list[IPNetwork]] = {4: [], 6: []}
    for source in sources:
        network = parsed(source)
        if network is not None and not network.is_private:
            public[network.version].append(network)
    return any(
        sum(block.num_addresses for block in _merged(blocks)) > MOST_PUBLIC[version]
        for version, blocks in public.items()
    )


def _merged(blocks: list[IPNetwork]) -> Iterator[IPNetwork]:
    """The blocks without those that another one holds."""
    held: IPNetwork | None = None
    for block in sorted(blocks, key=lambda each: (int(each.network_address), each.prefixlen)):
        if held is None or not holds(held, block):
            held = block
            yield block


def added_up(every: Iterable[Opening]) -> Iterator[Opening]:
    """Ports that no opening alone lets a good part of the internet into, but all of them together do."""
    plain = [(opening, opening.ports) for opening in every if opening.has_ports]
    known = [(opening, ports) for opening, ports in plain if ports is not None and not opening.is_world]
    seen: set[tuple[Any, tuple[int, int]]] = set()
    for opening, ports in known:
        if (opening.kind, ports) in seen:
            continue
        seen.add((opening.kind, ports))
        sources = tuple(
            source
            for other, wider in known
            if other.kind in (opening.kind, "-1") and wider[0] <= ports[0] and ports[1] <= wider[1]
            for source in other.sources
        )
        if _covers_world(sources):
            yield replace(opening, sources=sources)


def openings_by_group(graph: Graph) -> dict[str, list[Opening]]:
    """Every way into each security group, its own and those of separate rules, by the group's identity."""
    found: dict[str, list[Opening]] = defaultdict(list)
    for group in graph.of(*GROUPS):
        found[group.identity] += openings(group)
    for rule in graph.of(*SEPARATE_RULES):
        group = graph.target(rule, "securityGroupId", *GROUPS)
        if isinstance(group, Found):
            found[group.identity] += openings(rule)
    return found


def with_lists(graph: Graph, opening: Opening) -> Opening:
    """The opening with the networks of its prefix lists; those of a list made elsewhere are unknown."""
    if not opening.prefix_lists:
        return opening
    return replace(opening, sources=(*opening.sources, *listed_networks(graph, opening.stated_by)))
