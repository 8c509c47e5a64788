"""The words in which a resource type is declared: its properties, and what AWS does for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, ClassVar

from sandbox.provider.aws_client import Cloud
from sandbox.provider.values import Values

Rule = Callable[[Any], str | None]
"""Says what would be right instead, or None when a value is right."""


class Kind(Enum):
    """What a property's value is; the value of a member is the word for a user."""

    TEXT = "a string"
    DOCUMENT = "a JSON document in a string"
    NUMBER = "a number"
    FLAG = "a boolean"
    LIST = "a list"
    SET = "a list (a set: no order)"
    MAP = "a map of strings"
    OBJECT = "an object"


@dataclass(frozen=True)
class Property:
    """One property of a resource type, under its pulumi-aws name.

    `aws` is the member of the creating operation's input that carries the value; the member's shape in
    botocore's service model constrains it. `computed` means that AWS chooses a value when none is given;
    `default` is the provider's; to give none is the same as a value that is `implied`.
    """

    name: str
    kind: Kind
    aws: str = ""
    required: bool = False
    computed: bool = False
    force_new: bool = False
    secret: bool = False
    default: Any = None
    implied: Any = None
    rule: Rule | None = None
    element: Kind = Kind.TEXT
    fields: tuple[Property, ...] = ()


def text(name: str, aws: str = "", **traits: Any) -> Property:
    """A string."""
    return Property(name, Kind.TEXT, aws, **traits)


def document(name: str, aws: str = "", **traits: Any) -> Property:
    """A JSON document, equal to another when its content is."""
    return Property(name, Kind.DOCUMENT, aws, **traits)


def number(name: str, aws: str = "", **traits: Any) -> Property:
    """A number."""
    return Property(name, Kind.NUMBER, aws, **traits)


def flag(name: str, aws: str = "", **traits: Any) -> Property:
    """A boolean."""
    return Property(name, Kind.FLAG, aws, **traits)


def strings(name: str, aws: str = "", **traits: Any) -> Property:
    """A set of strings."""
    return Property(name, Kind.SET, aws, **traits)


def listed(name: str, aws: str = "", **traits: Any) -> Property:
    """A list of strings, in order."""
    return Property(name, Kind.LIST, aws, **traits)


def numbers(name: str, aws: str = "", **traits: Any) -> Property:
    """A set of numbers."""
    return Property(name, Kind.SET, aws, element=Kind.NUMBER, **traits)


def labels(name: str, aws: str = "", **traits: Any) -> Property:
    """A map of strings."""
    return Property(name, Kind.MAP, aws, **traits)


def block(name: str, *fields: Property, aws: str = "", **traits: Any) -> Property:
    """One object."""
    return Property(name, Kind.OBJECT, aws, fields=fields, **traits)


def blocks(name: str, *fields: Property, aws: str = "", **traits: Any) -> Property:
    """A set of objects."""
    return Property(name, Kind.SET, aws, element=Kind.OBJECT, fields=fields, **traits)


def blocks_in_order(name: str, *fields: Property, aws: str = "", **traits: Any) -> Property:
    """A list of objects, in order."""
    return Property(name, Kind.LIST, aws, element=Kind.OBJECT, fields=fields, **traits)


def forcing_new(*properties: Property) -> tuple[Property, ...]:
    """These properties, a change of any of which replaces the resource."""
    return tuple(replace(one, force_new=True) for one in properties)


REGION = text("region", computed=True, force_new=True)
TAGS = labels("tags")


@dataclass(frozen=True)
class Change:
    """An update: the state before, the inputs asked for, and the names of the properties that differ."""

    old: Values
    new: Values
    names: frozenset[str]


class ResourceType(ABC):
    """One type: its declaration, and the AWS calls of its life.

    Methods get plain values; inputs carry defaults, and `tagsAll` where the type has tags. `create` makes the
    thing and returns its id; `settle` brings a new one to what the inputs say and waits until it can be used.
    Both may be called again after an interrupted update, so that `settle` must be idempotent.
    """

    typename: ClassVar[str]
    """The type, such as `aws:ec2/vpc:Vpc`."""
    service: ClassVar[str] = "ec2"
    creator: ClassVar[str]
    """The AWS operation that creates it, such as `CreateVpc`."""
    properties: ClassVar[tuple[Property, ...]]
    outputs: ClassVar[tuple[str, ...]] = ()
    """The names of what AWS alone decides."""
    secret_outputs: ClassVar[frozenset[str]] = frozenset()
    renewed: ClassVar[tuple[str, ...]] = ()
    """Outputs that an update may change, and that a preview therefore must not promise."""
    tagged: ClassVar[bool] = True
    regional: ClassVar[bool] = True
    auto_named: ClassVar[str] = ""
    """The property that gets a name made of the resource's own when the program gives none."""
    deleted_first: ClassVar[bool] = False
    """Whether the old one must go before its replacement can exist."""

    @property
    def inputs(self) -> tuple[Property, ...]:
        """Everything a program may set."""
        extra = (*((REGION,) if self.regional else ()), *((TAGS,) if self.tagged else ()))
        return (*self.properties, *extra)

    @property
    def computed(self) -> tuple[str, ...]:
        """Everything whose value AWS chooses when the program gives none."""
        chosen = tuple(one.name for one in self.inputs if one.computed)
        return (*chosen, *self.outputs, *(("tagsAll",) if self.tagged else ()))

    def problems(self, inputs: Values) -> Iterator[tuple[str, str]]:
        """Rules over several properties: the property at fault, and what would be right."""
        del inputs
        yield from ()

    def replaced_by(self, change: Change) -> frozenset[str]:
        """Properties that replace the resource in this change, though they do not always."""
        del change
        return frozenset()

    @abstractmethod
    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make it; its id."""

    def settle(self, cloud: Cloud, ident: str, inputs: Values) -> None:  # noqa: B027
        """Bring a new one to its inputs, and wait until it can be used."""

    @abstractmethod
    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """What the cloud says of it, or None when it is gone. `known` is its state or its inputs."""

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:  # noqa: B027
        """Bring an existing one to new inputs, in place. Tags are `retag`'s."""

    def retag(  # noqa: B027
        self, cloud: Cloud, ident: str, state: Values, tags: dict[str, str]
    ) -> None:
        """Make `tags` the tags of it, whatever they were; `state` is its state before."""

    @abstractmethod
    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete it. An error that says it is gone counts as success."""
