"""The machine image that all hosts start from: Debian 12 for the instance type's architecture."""

from __future__ import annotations

import re

import pulumi
import pulumi_aws as aws

DEBIAN = "136693071363"
"""Debian's AWS account (wiki.debian.org/Cloud/AmazonEC2Image/Bookworm)."""

_GRAVITON = re.compile(r"(a1|[a-z]+\d+g[a-z]*)\.")


def debian_image(instance_type: str, parent: pulumi.Resource) -> pulumi.Output[str]:
    """The id of the newest Debian 12 image. Hosts that exist keep theirs when a newer one appears."""
    architecture = "arm64" if _GRAVITON.match(instance_type) else "amd64"
    image = aws.ec2.get_ami_output(
        most_recent=True,
        owners=[DEBIAN],
        filters=[{"name": "name", "values": [f"debian-12-{architecture}-*"]}],
        opts=pulumi.InvokeOutputOptions(parent=parent),
    )
    return image.id
