"""Debian's official images, which moto does not have.

Owner and naming are Debian's (wiki.debian.org/Cloud/AmazonEC2Image/Trixie). The ids differ by region and
are made from region and name so that they are the same in every process.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from moto.ec2.models import EC2Backend
from moto.ec2.models.amis import Ami

DEBIAN = "136693071363"


@dataclass(frozen=True)
class Release:
    """A build of an image, for both architectures."""

    name: str
    description: str
    built: datetime


RELEASES = (
    Release("debian-12", "Debian 12", datetime(2025, 10, 6, 22, 57, tzinfo=UTC)),
    Release("debian-13", "Debian 13", datetime(2025, 8, 14, 22, 5, tzinfo=UTC)),
    Release("debian-13", "Debian 13", datetime(2025, 10, 6, 22, 57, tzinfo=UTC)),
)
ARCHITECTURES = {"arm64": "arm64", "amd64": "x86_64"}
"""Debian's names of the architectures, and EC2's."""


class ImageBackend(EC2Backend):
    """The images of a region."""

    def _load_amis(self) -> None:
        super()._load_amis()
        for release in RELEASES:
            for debian_name, architecture in ARCHITECTURES.items():
                image = self._debian(release, debian_name, architecture)
                self.amis[image.id] = image

    def _debian(self, release: Release, debian_name: str, architecture: str) -> Ami:
        name = f"{release.name}-{debian_name}-{release.built:%Y%m%d-%H%M}"
        digest = hashlib.sha256(f"{self.region_name}/{name}".encode()).hexdigest()
        image = Ami(
            self,
            f"ami-{digest[:17]}",
            name=name,
            description=f"{release.description} ({release.built:%Y%m%d-%H%M})",
            owner_id=DEBIAN,
            public=True,
            virtualization_type="hvm",
            architecture=architecture,
            creation_date=release.built,
            image_location=f"amazon/{name}",
            hypervisor="xen",
            root_device_type="ebs",
            root_device_name="/dev/xvda",
            boot_mode="uefi" if architecture == "arm64" else "uefi-preferred",
        )
        return cast("Ami", image)
