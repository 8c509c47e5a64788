"""Waivers at work: which one covers a finding, and which are over or cover nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.resource import Resource
from policy.rules.registry import FAMILY_OF
from policy.rules.rule import Rule, Waiver


@dataclass
class Waivers:
    """The waivers of the configuration, by the rule or the family that they were given to."""

    by_name: Mapping[str, tuple[Waiver, ...]]
    _used: dict[tuple[str, Waiver], Resource | None] = field(
        default_factory=dict[tuple[str, Waiver], Resource | None]
    )

    def covering(self, rule: Rule, finding: Finding, root: Resource | None, today: date) -> Waiver | None:
        """The waiver of the finding, given to the rule itself or to its family; none that is over."""
        valid: Waiver | None = None
        for name in _names(rule):
            for waiver in self.by_name.get(name, ()):
                if waiver.covers(finding, root):
                    self._used[name, waiver] = finding.resource or root
                    valid = valid or (None if waiver.has_expired(today) else waiver)
        return valid

    def expired(self, today: date) -> Iterator[tuple[str, Finding]]:
        """Waivers that are over while what they were for is still there."""
        for (name, waiver), resource in self._used.items():
            if waiver.has_expired(today):
                message = f"the waiver for {resource or waiver.resource} expired on {waiver.expires} "
                yield name, Finding(message=f"{message}({waiver.reason}); resolve it", resource=resource)

    def unused(self, graph: Graph) -> Iterator[tuple[str, Finding]]:
        """Waivers that cover no finding of this stack, but for those that name another stack's resource."""
        for name, waivers in self.by_name.items():
            for waiver in waivers:
                if (name, waiver) in self._used or _is_of_another_stack(waiver, graph):
                    continue
                resource = next(graph.named(waiver.resource), None)
                message = (
                    f"the waiver for {resource} covers nothing, as the rule finds nothing wrong with it; "
                    "take it out"
                    if resource is not None
                    else f"the waiver for {waiver.resource} covers nothing, as nothing here has that name "
                    "or URN; correct it, take it out, or give the URN if another stack has it"
                )
                yield name, Finding(message=message, resource=resource)


def _names(rule: Rule) -> tuple[str, ...]:
    family = FAMILY_OF.get(rule.name)
    return (rule.name, family.name) if family else (rule.name,)


def _is_of_another_stack(waiver: Waiver, graph: Graph) -> bool:
    parts = waiver.resource.split("::")
    if not waiver.resource.startswith("urn:") or len(parts) < 3:
        return False
    return (parts[1], parts[0].rsplit(":", 1)[-1]) not in graph.stacks
