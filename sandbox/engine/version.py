"""Which versions of the Pulumi CLI the sandbox works with."""

from __future__ import annotations

import importlib.metadata

from semver import Version

WANTED = Version.parse(importlib.metadata.version("pulumi"))
"""The version that is downloaded or built: the one the Python SDK was released with."""

OLDEST = Version(3, 249, 0)
"""The first version with `pulumi policy analyze`, which judges stacks together after they were deployed."""


def parse(text: str) -> Version | None:
    """The version that `pulumi version` printed (`v3.259.0`), or None when that is no version."""
    try:
        return Version.parse(text.strip().removeprefix("v"))
    except ValueError:
        return None


def is_good(version: Version) -> bool:
    """Whether a CLI of this version can be used: of our major version, and not older than `OLDEST`."""
    return version.major == OLDEST.major and version >= OLDEST
