"""What is said about a resource, by a rule that judged it or by a fact that cannot be known."""

from __future__ import annotations

from dataclasses import dataclass

from policy.facts.resource import Resource


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What there is to say about a resource, or about the whole stack when it names none.

    An undecided finding says what could not be checked, and why. A finding that is only told is advice, at
    whatever level its rule is.
    """

    message: str
    resource: Resource | None = None
    undecided: bool = False
    advice: bool = False
