"""What a rule is: one check with a name, how serious it is, what is at risk, and how it is configured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

from pulumi_policy import Severity
from pydantic import Field

from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.resource import Resource
from stacks.sections.section import Section


class Level(StrEnum):
    """What a violation does: stop the deployment, or be told."""

    MANDATORY = "mandatory"
    ADVISORY = "advisory"


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Where a rule comes from: a control of a framework, its version, and where it is written."""

    framework: str
    version: str
    control: str
    url: str

    def __str__(self) -> str:
        return f"{self.framework} {self.version}: {self.control}"


class Waiver(Section):
    """A violation that is accepted for one resource, by name or URN, until a day."""

    resource: Annotated[str, Field(min_length=1, description="the resource's name or URN")]
    reason: Annotated[str, Field(min_length=10, description="why the violation is accepted")]
    expires: Annotated[date, Field(description="the last day of the waiver, such as 2027-03-31")]

    def covers(self, finding: Finding, root: Resource | None) -> bool:
        """Whether the waiver is for the resource that the finding names; the stack's own name for none."""
        if finding.resource is None:
            return root is not None and self.resource in (root.name, root.urn, root.stack[1])
        return self.resource in (finding.resource.name, finding.resource.urn)

    def has_expired(self, today: date) -> bool:
        """Whether the waiver's last day is over."""
        return today > self.expires


class Parameters(Section):
    """What every rule can be told in the policy configuration."""

    waivers: Annotated[
        tuple[Waiver, ...], Field(description="resources whose violation is accepted for a while")
    ] = ()
    when_unknown: Annotated[
        Literal["violation", "advice"],
        Field(description="what a value means that cannot be known yet: the rule's own level, or advice"),
    ] = "violation"


class ResourceParameters(Parameters):
    """Parameters of a rule about one resource.

    What is unknown at preview is advice: the rule sees the value before the resource is made, and stops it
    then.
    """

    when_unknown: Annotated[
        Literal["violation", "advice"],
        Field(description="what a value means that cannot be known yet: the rule's own level, or advice"),
    ] = "advice"


class FamilyParameters(Section):
    """What a family can be told beside the parameters of its rules, which it passes on to them."""

    waivers: Annotated[
        tuple[Waiver, ...], Field(description="resources whose violation is accepted for a while")
    ] = ()
    keep: Annotated[
        tuple[str, ...],
        Field(description="rules of the family that keep their own level, whatever the family's"),
    ] = ()

    @classmethod
    def names(cls) -> frozenset[str]:
        """The names of these parameters."""
        return frozenset(cls.model_fields)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One check: its name, meaning and origin. `bad` and `good` are resources as in a Pulumi YAML program.

    `risk` says what happens where the rule is not kept.
    """

    name: str
    title: str
    description: str
    level: Level
    severity: Severity
    references: tuple[Reference, ...]
    tags: tuple[str, ...]
    risk: str
    remediation: str
    bad: str
    good: str
    parameters: type[Parameters]

    @property
    def scope(self) -> str:
        """What the rule looks at."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class ResourceRule(Rule):
    """A rule that one resource shows alone: it stops the resource before anything is done to it."""

    types: frozenset[str]
    check: Callable[[Resource, Any], Iterator[Finding]]
    parameters: type[Parameters] = ResourceParameters

    @property
    def scope(self) -> str:
        """What the rule looks at."""
        return "resource"


@dataclass(frozen=True, kw_only=True)
class StackRule(Rule):
    """A rule about how resources fit together. It judges a preview, or the state after an update."""

    check: Callable[[Graph, Any], Iterator[Finding]]
    parameters: type[Parameters] = Parameters

    @property
    def scope(self) -> str:
        """What the rule looks at."""
        return "stack"


@dataclass(frozen=True, kw_only=True)
class Family:
    """Rules that keep one promise together: they can be configured and waived under the family's name."""

    name: str
    title: str
    description: str
    rules: tuple[Rule, ...]

    @property
    def level(self) -> Level:
        """The level that its rules have."""
        return self.rules[0].level
