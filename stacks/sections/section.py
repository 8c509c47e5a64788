"""What all sections of a stack file share: strict keys in camelCase, rules that name their key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from model.strict_model import StrictModel


@dataclass(frozen=True, slots=True)
class Problem:
    """A setting that cannot be used: its key within the section, its value, and what would be right."""

    key: str
    value: Any
    right: str

    def under(self, prefix: str) -> Problem:
        """The same problem, seen from the section that contains this one under `prefix`."""
        joint = "" if self.key.startswith("[") or not self.key else "."
        return Problem(f"{prefix}{joint}{self.key}", self.value, self.right)


class Section(StrictModel):
    """A part of a stack file."""

    def problems(self) -> Iterator[Problem]:
        """What is wrong between fields that are each right alone."""
        yield from ()


RetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]
"""Days that CloudWatch Logs keeps a log group's events (PutRetentionPolicy, retentionInDays)."""

Port = Annotated[int, Field(ge=1, le=65535)]
