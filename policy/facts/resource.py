"""One resource as the engine tells it, and what a property can refer to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, cast

from google.protobuf.struct_pb2 import Struct

from policy.facts.values import UNKNOWN, decoded, plain


@dataclass(eq=False, kw_only=True)
class Resource:
    """One resource: inputs when the engine is about to make it, outputs when the whole stack is judged.

    `given` are the names of the properties that the program set, where the engine told them.
    """

    type: str
    urn: str
    name: str
    struct: Struct
    protect: bool = False
    parent: str = ""
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    given: frozenset[str] | None = None
    provider_struct: Struct | None = None

    @cached_property
    def properties(self) -> dict[str, Any]:
        """The properties, secrets still marked."""
        return decoded(self.struct)

    @property
    def has_provider(self) -> bool:
        """Whether a provider makes it: components have none."""
        return self.provider_struct is not None

    @cached_property
    def default_tags(self) -> dict[str, Any]:
        """Tags that the provider puts on everything."""
        provider = decoded(self.provider_struct) if self.provider_struct is not None else {}
        tags = plain(provider.get("defaultTags"))
        return cast("dict[str, Any]", tags["tags"]) if isinstance(tags, dict) and "tags" in tags else {}

    @property
    def properties_plain(self) -> dict[str, Any]:
        """The properties without the marks of secrets: to compare with, never to show."""
        return cast("dict[str, Any]", plain(self.properties))

    def get(self, key: str) -> Any:
        """A property to compare with: None when missing, `UNKNOWN` when not known yet, never a `Secret`."""
        return plain(self.properties.get(key))

    def mapping(self, key: str) -> dict[str, Any]:
        """A property that is an object; empty when missing or unknown."""
        value = self.get(key)
        return cast("dict[str, Any]", value) if isinstance(value, dict) else {}

    def items(self, key: str) -> list[Any]:
        """A property that is a list; empty when missing or unknown."""
        value = self.get(key)
        return cast("list[Any]", value) if isinstance(value, list) else []

    @property
    def tags(self) -> dict[str, Any]:
        """The resource's tags, those of the provider included."""
        return {**self.default_tags, **self.mapping("tags")}

    @property
    def id(self) -> str | None:
        """The resource's id in the cloud, once it is known."""
        value = self.get("id")
        return value if isinstance(value, str) and value else None

    @property
    def identity(self) -> str:
        """What tells this resource from others: two `Vpc.get` of one id are one VPC."""
        return self.id or self.urn

    @property
    def stack(self) -> tuple[str, str]:
        """The project and the stack that the resource belongs to."""
        parts = self.urn.split("::")
        return (parts[1], parts[0].rsplit(":", 1)[-1]) if len(parts) > 2 else ("", "")

    def is_computed(self, key: str) -> bool:
        """Whether the program left the property to the cloud, so that nothing but the cloud can tell it."""
        if self.given is not None:
            return key not in self.given
        return self.get(key) is UNKNOWN and not self.property_dependencies.get(key)

    def with_properties(self, properties: dict[str, Any]) -> Resource:
        """The resource with other properties: a part of it that is judged as it would be alone."""
        part = replace(self, given=frozenset(properties))
        part.__dict__["properties"] = properties
        return part

    def __str__(self) -> str:
        return f"{self.type.rsplit(':', 1)[-1]} {self.name}"


@dataclass(frozen=True, slots=True)
class External:
    """A resource that is not in the graph, by its id."""

    id: str

    @property
    def identity(self) -> str:
        """The id, which is also the identity of the resource wherever it is in a graph."""
        return self.id

    def __str__(self) -> str:
        return self.id


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A reference that cannot be followed yet, and why."""

    why: str


Target = Resource | External | Unresolved | None
"""What a property refers to; None when it refers to nothing."""

Found = Resource | External
