"""What every resource of an environment is labelled with: its name and tags in AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from model.names import PROJECT, EnvironmentNames


@dataclass(frozen=True, kw_only=True)
class Labels:
    """The environment's names, and the tags that all of its resources share."""

    names: EnvironmentNames
    tags: Mapping[str, str] = field(default_factory=dict[str, str])

    def tagged(self, part: str, **more: str) -> dict[str, str]:
        """The tags of one resource: who it belongs to, and its `Name`."""
        return {
            **self.tags,
            "Project": PROJECT,
            "Environment": self.names.stack,
            "Name": self.names.of(part),
            **more,
        }
