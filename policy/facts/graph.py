"""A stack's resources and how they refer to each other, whether their ids are known yet or not.

At preview of a new stack every id is unknown. What a property refers to is then told by the property's
dependencies: the URNs of the resources whose outputs it was made of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from policy.facts.resource import External, Found, Resource, Target, Unresolved
from policy.facts.values import UNKNOWN

STACK_TYPE = "pulumi:pulumi:Stack"


class Graph:
    """All resources of a stack, or of several stacks that were put together."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources = sorted(resources, key=lambda resource: resource.urn)
        self._by_urn = {resource.urn: resource for resource in self.resources}
        self._by_type: dict[str, list[Resource]] = defaultdict(list)
        self._children: dict[str, list[Resource]] = defaultdict(list)
        self._ids: dict[str, dict[str, list[Resource]]] = {}
        self._holders: dict[tuple[str, str], dict[str, Resource]] = {}
        for resource in self.resources:
            self._by_type[resource.type].append(resource)
            self._children[resource.parent].append(resource)

    def of(self, *types: str) -> Iterator[Resource]:
        """The resources of these types, in the order of their URNs: the engine's order is random."""
        for token in types:
            yield from self._by_type.get(token, ())

    @cached_property
    def root(self) -> Resource | None:
        """The stack itself, when it is the only one in the graph."""
        stacks = self._by_type.get(STACK_TYPE, [])
        return stacks[0] if len(stacks) == 1 else None

    @cached_property
    def stacks(self) -> frozenset[tuple[str, str]]:
        """The projects and stacks that the resources belong to."""
        return frozenset(resource.stack for resource in self.resources)

    def named(self, name: str) -> Iterator[Resource]:
        """The resources of this name, the one of this URN, or the stack of this name."""
        found = [resource for resource in self.resources if name in (resource.name, resource.urn)]
        yield from found
        if not found and self.root is not None and name == self.root.stack[1]:
            yield self.root

    def descendants(self, urn: str) -> Iterator[Resource]:
        """Everything under a component."""
        for child in self._children.get(urn, ()):
            yield child
            yield from self.descendants(child.urn)

    def ancestors(self, resource: Resource) -> Iterator[Resource]:
        """The components that the resource is part of, the innermost first."""
        parent = self._by_urn.get(resource.parent)
        while parent is not None:
            yield parent
            parent = self._by_urn.get(parent.parent)

    def target(self, resource: Resource, key: str, *types: str) -> Target:
        """What `resource`'s property `key` refers to, among resources of these types."""
        return self.referred(resource, key, resource.get(key), types)

    def targets(self, resource: Resource, key: str, *types: str) -> list[Target]:
        """What each item of a list property refers to.

        Which unknown item depends on which resource cannot be told: all the property's dependencies stand for
        them together.
        """
        value = resource.get(key)
        if value is UNKNOWN:
            return [] if resource.is_computed(key) else self._unknown_items(resource, key, types)
        known = [item for item in resource.items(key) if item is not UNKNOWN]
        found: list[Target] = [self.referred(resource, key, item, types) for item in known]
        if len(known) < len(resource.items(key)):
            met = {target.identity for target in found if isinstance(target, Found)}
            others = self._unknown_items(resource, key, types)
            found += [other for other in others if not (isinstance(other, Found) and other.identity in met)]
        return found

    def _unknown_items(self, resource: Resource, key: str, types: tuple[str, ...]) -> list[Target]:
        return self._dependencies(resource, key, types) or [Unresolved(self._origin(resource, key))]

    def referred(self, resource: Resource, key: str, value: Any, types: tuple[str, ...]) -> Target:
        """What `value`, which is or is part of the property `key`, refers to."""
        if value is UNKNOWN:
            return self._unknown_target(resource, key, types)
        if not isinstance(value, str) or not value:
            return None
        known = next((found for token in types for found in self._by_id(token).get(value, ())), None)
        if known is not None:
            return known
        nameless = [
            dependency
            for dependency in self._dependencies(resource, key, types)
            if isinstance(dependency, Resource) and dependency.id is None
        ]
        return nameless[0] if len(nameless) == 1 else External(value)

    def made_of(self, resource: Resource, key: str, *types: str) -> Resource | None:
        """The first resource of these types that the property is made of, whichever output of it that is."""
        urns = resource.property_dependencies.get(key, ())
        found = (self._by_urn[urn] for urn in urns if urn in self._by_urn)
        return next((each for each in found if each.type in types), None)

    def holding(self, key: str, value: Any, *types: str) -> Resource | None:
        """The resource of these types whose property `key` has the value, once that is known."""
        for token in types:
            if (token, key) not in self._holders:
                self._holders[token, key] = {
                    held: each
                    for each in reversed(self._by_type.get(token, []))
                    if isinstance(held := each.get(key), str) and held
                }
        held = (self._holders[token, key] for token in types)
        return next((each[value] for each in held if isinstance(value, str) and value in each), None)

    def candidates(self, resource: Resource, key: str, value: Any, types: tuple[str, ...]) -> list[Target]:
        """What `value` may refer to: while it is unknown, everything that `key` was made of."""
        if value is UNKNOWN:
            return [] if resource.is_computed(key) else self._unknown_items(resource, key, types)
        target = self.referred(resource, key, value, types)
        return [] if target is None else [target]

    def _unknown_target(self, resource: Resource, key: str, types: tuple[str, ...]) -> Target:
        if resource.is_computed(key):
            return None
        found = {_identity(target): target for target in self._dependencies(resource, key, types)}
        if len(found) == 1:
            return next(iter(found.values()))
        if found:
            names = ", ".join(sorted(str(target) for target in found.values()))
            return Unresolved(f"it may be any of {names}")
        return Unresolved(self._origin(resource, key))

    def _origin(self, resource: Resource, key: str) -> str:
        urns = resource.property_dependencies.get(key, ())
        names = [str(self._by_urn[urn]) for urn in urns if urn in self._by_urn]
        return f"it comes from {', '.join(sorted(names))}" if names else "the program does not say from where"

    def _dependencies(self, resource: Resource, key: str, types: tuple[str, ...]) -> list[Target]:
        """The resources of these types that a property was made of."""
        found: dict[str, Target] = {}
        for urn in resource.property_dependencies.get(key, ()):
            for target in self._reached(urn, key, types, frozenset({resource.urn})):
                found[_identity(target)] = target
        return list(found.values())

    def _reached(
        self, urn: str, key: str, types: tuple[str, ...], seen: frozenset[str]
    ) -> Iterator[Resource | External]:
        """Resources of these types at a URN: itself, in a component, or one step on (`attachment.vpcId`)."""
        resource = self._by_urn.get(urn)
        if resource is None or urn in seen:
            return
        if resource.type in types:
            yield resource
            return
        inside = [child for child in self.descendants(urn) if child.type in types]
        if inside:
            yield from inside
            return
        value = resource.get(key)
        if isinstance(value, str):
            target = self.referred(resource, key, value, types)
            if isinstance(target, Found):
                yield target
            return
        for further in resource.property_dependencies.get(key, ()):
            yield from self._reached(further, key, types, seen | {urn})

    def _by_id(self, token: str) -> dict[str, list[Resource]]:
        if token not in self._ids:
            self._ids[token] = self._index(token)
        return self._ids[token]

    def _index(self, token: str) -> dict[str, list[Resource]]:
        index: dict[str, list[Resource]] = defaultdict(list)
        for resource in self._by_type.get(token, ()):
            for name in (resource.id, resource.get("arn")):
                if isinstance(name, str):
                    index[name].append(resource)
        return index


def _identity(target: Target) -> str:
    return target.identity if isinstance(target, Found) else repr(target)
