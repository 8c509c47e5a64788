"""The machine image that all hosts start from, by its owner and name: Debian 13."""

from __future__ import annotations

import re

DEBIAN = "136693071363"
"""Debian's AWS account (wiki.debian.org/Cloud/AmazonEC2Image/Trixie)."""

_GRAVITON = re.compile(r"(a1|[a-z]+\d+g[a-z]*)\.")


def image_name(instance_type: str, release: str | None) -> str:
    """The name of a release (`20251006-2257`), or a pattern of all, for a type's architecture."""
    architecture = "arm64" if _GRAVITON.match(instance_type) else "amd64"
    return f"debian-13-{architecture}-{release or '*'}"
