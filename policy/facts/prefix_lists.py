"""Managed prefix lists: networks under one id, written into the list or added to it one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policy.facts import aws_types as aws
from policy.facts.graph import Graph
from policy.facts.resource import Resource
from policy.facts.values import UNKNOWN, part

_KEYS = ("prefixListId", "prefixListIds", "ingress")
"""The properties of security groups and their rules that name prefix lists."""


def listed_networks(graph: Graph, rule: Resource) -> Iterator[Any]:
    """The networks on every prefix list that a security group or one of its rules names.

    A list that is not in the stack is one unknown network.
    """
    for key in _KEYS:
        for value in _named(rule, key):
            yield from networks_of(graph, rule, key, value)


def networks_of(graph: Graph, resource: Resource, key: str, value: Any) -> Iterator[Any]:
    """The networks on the prefix list that `value`, which is in the property `key`, names."""
    for target in graph.candidates(resource, key, value, (aws.PREFIX_LIST,)):
        yield from _entries(graph, target) if isinstance(target, Resource) else [UNKNOWN]


def _named(rule: Resource, key: str) -> Iterator[Any]:
    if key != "ingress":
        yield from rule.items(key) or [rule.get(key)]
        return
    for item in rule.items(key):
        value = part(item, "prefixListIds")
        yield from value if isinstance(value, list) else [value]


def _entries(graph: Graph, prefix_list: Resource) -> Iterator[Any]:
    if prefix_list.get("entries") is UNKNOWN and not prefix_list.is_computed("entries"):
        yield UNKNOWN
    for item in prefix_list.items("entries"):
        yield part(item, "cidr")
    for entry in graph.of(aws.PREFIX_LIST_ENTRY):
        if graph.target(entry, "prefixListId", aws.PREFIX_LIST) is prefix_list:
            yield entry.get("cidr")
