"""Pairs of servers behind one floating IP: main, standby, and the monitor that moves the address."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from policy.facts import aws_types as aws
from policy.facts.existing_networks import zone_of_existing
from policy.facts.graph import Graph
from policy.facts.interfaces import attached_later, forwards, interfaces_of
from policy.facts.resource import External, Found, Resource, Target
from policy.facts.routes import static_routes
from policy.facts.values import part

FLOATING_IP = "aws-vpn:failover:FloatingIp"
"""The component that says so itself."""

PAIR_TAG = "FailoverPair"
"""How any other program says it: the same value of this tag on both instances and on the monitor's group."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Servers that stand in for each other, and the subnets that their monitor may run in."""

    name: str
    stated_by: Resource
    servers: tuple[Target, ...]
    monitor_subnets: tuple[Target, ...]
    monitors: tuple[Resource, ...]


def pairs(graph: Graph, tag: str) -> Iterator[Pair]:
    """Every pair of the stack: by component, and by tag."""
    for component in graph.of(FLOATING_IP):
        main = graph.target(component, "mainInstanceId", aws.INSTANCE)
        standby = graph.target(component, "standbyInstanceId", aws.INSTANCE)
        groups = [child for child in graph.descendants(component.urn) if child.type == aws.AUTO_SCALING_GROUP]
        yield Pair(str(component), component, (main, standby), _subnets(graph, groups), tuple(groups))
    yield from _tagged_pairs(graph, tag)


def _tagged_pairs(graph: Graph, tag: str) -> Iterator[Pair]:
    servers: dict[tuple[tuple[str, str], str], list[Resource]] = defaultdict(list)
    groups: dict[tuple[tuple[str, str], str], list[Resource]] = defaultdict(list)
    for instance in graph.of(aws.INSTANCE):
        value = instance.tags.get(tag)
        if isinstance(value, str) and value:
            servers[instance.stack, value].append(instance)
    for group in graph.of(aws.AUTO_SCALING_GROUP):
        for value in _group_tags(group, tag):
            groups[group.stack, value].append(group)
    for key, members in servers.items():
        yield Pair(
            f"{tag} {key[1]}", members[0], tuple(members), _subnets(graph, groups[key]), tuple(groups[key])
        )


def _group_tags(group: Resource, tag: str) -> Iterator[str]:
    for item in group.items("tags"):
        value = part(item, "value")
        if part(item, "key") == tag and isinstance(value, str):
            yield value


def _subnets(graph: Graph, groups: list[Resource]) -> tuple[Target, ...]:
    return tuple(
        target for group in groups for target in graph.targets(group, "vpcZoneIdentifiers", aws.SUBNET)
    )


def zone_of(graph: Graph, target: Target) -> str | None:
    """The availability zone of an instance, an interface or a subnet; None when it cannot be known yet."""
    if isinstance(target, External):
        return zone_of_existing(graph, target)
    if not isinstance(target, Resource):
        return None
    for key in ("availabilityZone", "availabilityZoneId"):
        zone = target.get(key)
        if isinstance(zone, str) and zone:
            return zone
    if target.type == aws.NETWORK_INTERFACE:
        return zone_of(graph, graph.target(target, "subnetId", aws.SUBNET))
    if target.type == aws.INSTANCE:
        through = interfaces_of(graph, target) or [graph.target(target, "subnetId", aws.SUBNET)]
        return zone_of(graph, through[0])
    return None


def is_zone_id(zone: str | None) -> bool:
    """Whether a zone is given by its id (euc1-az1), which every account maps to another name."""
    return zone is not None and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*-az\d+", zone) is not None


def lone_servers(graph: Graph, tag: str) -> Iterator[Resource]:
    """What is a pair's server in all but the pair: forwards, has an Elastic IP, and a route leads to it."""
    paired = forwards_in_pair(graph, tag)
    addressed = set(_with_elastic_ip(graph))
    led_to = set(_led_to(graph))
    for instance in graph.of(aws.INSTANCE):
        own = {
            each.identity
            for each in (instance, *interfaces_of(graph, instance), *attached_later(graph, instance))
        }
        if own & addressed and own & led_to and not own & paired and forwards(graph, instance):
            yield instance


def _with_elastic_ip(graph: Graph) -> Iterator[str]:
    """Instances and interfaces that an Elastic IP is given to, by identity."""
    hosts = (aws.INSTANCE, aws.NETWORK_INTERFACE)
    places = [*((each, ("instance", "networkInterface")) for each in graph.of(aws.ELASTIC_IP))]
    places += [(each, ("instanceId", "networkInterfaceId")) for each in graph.of(aws.ELASTIC_IP_ASSOCIATION)]
    for resource, keys in places:
        for key in keys:
            held = graph.holding("primaryNetworkInterfaceId", resource.get(key), aws.INSTANCE)
            target = held or graph.target(resource, key, *hosts)
            if isinstance(target, Found):
                yield target.identity


def _led_to(graph: Graph) -> Iterator[str]:
    """Instances and interfaces that routes lead to, by identity."""
    for route in static_routes(graph):
        for key in ("networkInterfaceId", "instanceId"):
            for target in route.targets(graph, key, aws.INSTANCE, aws.NETWORK_INTERFACE):
                if isinstance(target, Found):
                    yield target.identity
            held = graph.holding("primaryNetworkInterfaceId", route.get(key), aws.INSTANCE)
            if held is not None:
                yield held.identity


def forwards_in_pair(graph: Graph, tag: str) -> frozenset[str]:
    """The servers that are part of a pair, by identity."""
    return frozenset(
        server.identity for pair in pairs(graph, tag) for server in pair.servers if isinstance(server, Found)
    )
