"""The machine image that all hosts start from: Debian 13 for the instance type's architecture."""

from __future__ import annotations

import re

import pulumi
import pulumi_aws as aws

DEBIAN = "136693071363"
"""Debian's AWS account (wiki.debian.org/Cloud/AmazonEC2Image/Trixie)."""

_GRAVITON = re.compile(r"(a1|[a-z]+\d+g[a-z]*)\.")


def debian_image(instance_type: str, release: str | None, parent: pulumi.Resource) -> pulumi.Output[str]:
    """The id of a release of Debian 13's image (`20251006-2257`), or of the newest."""
    architecture = "arm64" if _GRAVITON.match(instance_type) else "amd64"
    image = aws.ec2.get_ami_output(
        most_recent=True,
        owners=[DEBIAN],
        filters=[{"name": "name", "values": [f"debian-13-{architecture}-{release or '*'}"]}],
        opts=pulumi.InvokeOutputOptions(parent=parent),
    )
    return image.id


def unless_asked(release: str | None, key: str) -> list[str]:
    """What hosts ignore: a newer image that merely appeared is no reason to replace them, an asked one is."""
    return [key] if release is None else []
