"""Which subnets use which route table: the one associated with them, or else their VPC's main one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from policy.facts import aws_types as aws
from policy.facts.graph import Graph
from policy.facts.resource import Found, Resource, Target, Unresolved
from policy.facts.routes import MainTable, table_named, vpc_of_table


def associations_are_known(graph: Graph) -> bool:
    """Whether every association tells its subnet; one that does not may be about any subnet."""
    return not any(isinstance(target, Unresolved) for target in _associated(graph))


def subnets_on_main_table(graph: Graph) -> Iterator[tuple[Found, list[Resource]]]:
    """Each VPC with those of its subnets that no route table is associated with."""
    targets = _associated(graph)
    associated = {target.identity for target in targets if isinstance(target, Found)}
    by_vpc: dict[str, list[Resource]] = defaultdict(list)
    vpcs: dict[str, Found] = {}
    for subnet in graph.of(aws.SUBNET):
        vpc = graph.target(subnet, "vpcId", aws.VPC, aws.DEFAULT_VPC)
        if isinstance(vpc, Found) and subnet.identity not in associated:
            by_vpc[vpc.identity].append(subnet)
            vpcs[vpc.identity] = vpc
    for identity, subnets in by_vpc.items():
        yield vpcs[identity], subnets


def main_table(graph: Graph, vpc: Found) -> Target | MainTable:
    """A VPC's main route table: one that was made the main one, or the one that the VPC was made with."""
    for association in graph.of(aws.MAIN_ROUTE_TABLE_ASSOCIATION):
        of = graph.target(association, "vpcId", aws.VPC, aws.DEFAULT_VPC)
        if isinstance(of, Found) and of.identity == vpc.identity:
            return table_named(graph, association, "routeTableId")
    for table in graph.of(aws.DEFAULT_ROUTE_TABLE):
        of = vpc_of_table(graph, table)
        if isinstance(of, Found) and of.identity == vpc.identity:
            return table
    return MainTable(vpc)


def used_tables(graph: Graph) -> set[str]:
    """Route tables with a subnet, by identity; one without carries nothing."""
    tables = [
        table_named(graph, association, "routeTableId")
        for association in graph.of(aws.ROUTE_TABLE_ASSOCIATION)
        if association.get("subnetId")
    ]
    tables += [main_table(graph, vpc) for vpc, _ in subnets_on_main_table(graph)]
    return {table.identity for table in tables if isinstance(table, Found | MainTable)}


def _associated(graph: Graph) -> list[Target]:
    return [
        graph.target(association, "subnetId", aws.SUBNET)
        for association in graph.of(aws.ROUTE_TABLE_ASSOCIATION)
    ]
