"""The program's routes, whether each is a resource of its own or is written into its route table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from policy.facts import aws_types as aws
from policy.facts.graph import Graph
from policy.facts.prefix_lists import networks_of
from policy.facts.resource import Found, Resource, Target
from policy.facts.values import UNKNOWN

TABLES = (aws.ROUTE_TABLE, aws.DEFAULT_ROUTE_TABLE)

DESTINATIONS = ("destinationCidrBlock", "destinationIpv6CidrBlock")

_INLINE_NAMES = {"destinationCidrBlock": "cidrBlock", "destinationIpv6CidrBlock": "ipv6CidrBlock"}
_PREFIX_LIST = "destinationPrefixListId"
"""What a route's destination is called inside of a route table."""


@dataclass(frozen=True, slots=True)
class MainTable:
    """The route table that a VPC was made with, where the program has no resource for it."""

    vpc: Found

    @property
    def identity(self) -> str:
        """What tells it from other route tables."""
        return f"main route table of {self.vpc.identity}"


@dataclass(frozen=True, slots=True)
class StaticRoute:
    """A route and the resource that states it: a `Route`, or the route table that it is written into."""

    stated_by: Resource
    table: Target | MainTable
    values: Mapping[str, Any]

    @property
    def is_inline(self) -> bool:
        """Whether the route is one of several in a property of its table."""
        return self.stated_by.type in TABLES

    def get(self, key: str) -> Any:
        """A property of the route, by the name that it has in `aws.ec2.Route`."""
        return self.values.get(_INLINE_NAMES.get(key, key) if self.is_inline else key)

    def target(self, graph: Graph, key: str, *types: str) -> Target:
        """What the route leads to."""
        return graph.referred(self.stated_by, self._property(key), self.get(key), types)

    def targets(self, graph: Graph, key: str, *types: str) -> list[Target]:
        """What the route may lead to: of a table's unknown routes it cannot be told which leads where."""
        return graph.candidates(self.stated_by, self._property(key), self.get(key), types)

    @property
    def leads_to_host(self) -> bool:
        """Whether an instance or a network interface gets the traffic."""
        return bool(self.get("networkInterfaceId") or self.get("instanceId"))

    def destinations(self, graph: Graph) -> Iterator[tuple[str, Any]]:
        """The blocks that the route is for, each with its property: given, or on a prefix list."""
        for key in DESTINATIONS:
            value = self.get(key)
            if value and not (value is UNKNOWN and self.is_computed(key)):
                yield key, value
        value = self.get(_PREFIX_LIST)
        if value and not (value is UNKNOWN and self.is_computed(_PREFIX_LIST)):
            for network in networks_of(graph, self.stated_by, self._property(_PREFIX_LIST), value):
                yield _PREFIX_LIST, network

    def is_computed(self, key: str) -> bool:
        """Whether the program left the property to the cloud."""
        return self.stated_by.is_computed(self._property(key))

    def _property(self, key: str) -> str:
        return "routes" if self.is_inline else key


def static_routes(graph: Graph) -> Iterator[StaticRoute]:
    """Every route: first those of their own, which a refreshed route table repeats."""
    for route in graph.of(aws.ROUTE):
        yield StaticRoute(route, table_named(graph, route, "routeTableId"), route.properties_plain)
    for table in graph.of(*TABLES):
        for item in table.items("routes"):
            if isinstance(item, dict):
                yield StaticRoute(table, table, cast("dict[str, Any]", item))


def unreadable_tables(graph: Graph) -> Iterator[Resource]:
    """Route tables whose routes cannot be told apart, or read, yet."""
    for table in graph.of(*TABLES):
        if not table.is_computed("routes") and (
            table.get("routes") is UNKNOWN or UNKNOWN in table.items("routes")
        ):
            yield table


def vpc_of_table(graph: Graph, table: Target | MainTable) -> Target:
    """The VPC of a route table; of its default one also when it says so only by where its id comes from."""
    if isinstance(table, MainTable):
        return table.vpc
    if not isinstance(table, Resource):
        return None
    vpc = graph.target(table, "vpcId", aws.VPC, aws.DEFAULT_VPC)
    if isinstance(vpc, Found) or table.type != aws.DEFAULT_ROUTE_TABLE:
        return vpc
    return main_table_of(graph, table, "defaultRouteTableId")


def main_table_of(graph: Graph, resource: Resource, key: str) -> Resource | None:
    """The VPC whose main route table, the one that it was made with, the property names."""
    value = resource.get(key)
    if value is UNKNOWN:
        return graph.made_of(resource, key, aws.VPC, aws.DEFAULT_VPC)
    names = ("mainRouteTableId", "defaultRouteTableId")
    return next(filter(None, (graph.holding(name, value, aws.VPC, aws.DEFAULT_VPC) for name in names)), None)


def table_named(graph: Graph, resource: Resource, key: str) -> Target | MainTable:
    """The route table that a property names; that of a VPC may have no resource of its own."""
    target = graph.target(resource, key, *TABLES)
    if isinstance(target, Resource):
        return target
    vpc = main_table_of(graph, resource, key)
    if vpc is None:
        return target
    adopted = [each for each in graph.of(aws.DEFAULT_ROUTE_TABLE) if vpc_of_table(graph, each) is vpc]
    return adopted[0] if adopted else MainTable(vpc)
