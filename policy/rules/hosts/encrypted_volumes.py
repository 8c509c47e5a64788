"""Volumes are encrypted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pulumi_policy import Severity

from policy.facts import aws_types as aws
from policy.facts.finding import Finding
from policy.facts.references import config_rule, security_hub
from policy.facts.resource import Resource
from policy.facts.values import UNKNOWN, part
from policy.rules.hosts.launching import HOSTS, each_launch, has_template, instance, left_to_template
from policy.rules.rule import Level, ResourceRule

VOLUMES = frozenset({aws.EBS_VOLUME, aws.SNAPSHOT_COPY})
"""What is made apart from an instance and attached to it, or restored to one."""


def _check_volumes(host: Resource, _parameters: Any) -> Iterator[Finding]:
    for name, device in _devices(host):
        encrypted = part(device, "encrypted")
        if encrypted is None and has_template(host):
            yield left_to_template(host, f"{name}.encrypted")
        elif encrypted is UNKNOWN:
            yield Finding(
                message=f"whether {name} is encrypted is not known yet", resource=host, undecided=True
            )
        elif encrypted not in (True, "true"):
            yield Finding(message=f"{name}.encrypted should be true", resource=host)


def _devices(host: Resource) -> Iterator[tuple[str, Any]]:
    """The root volume, whether it is declared or not, and every other volume."""
    if host.type in VOLUMES:
        yield "this volume", host.properties_plain
    elif host.type != aws.LAUNCH_TEMPLATE:
        yield "rootBlockDevice", host.get("rootBlockDevice")
        for i, device in enumerate(host.items("ebsBlockDevices")):
            yield f"ebsBlockDevices[{i}]", device
        if host.get("ebsBlockDevices") is UNKNOWN and not host.is_computed("ebsBlockDevices"):
            yield "ebsBlockDevices", UNKNOWN
    else:
        mappings = list(enumerate(host.items("blockDeviceMappings")))
        volumes = [(i, mapping) for i, mapping in mappings if not _is_no_volume(mapping)]
        if not volumes:
            yield "blockDeviceMappings[].ebs", UNKNOWN if host.get("blockDeviceMappings") is UNKNOWN else None
        for i, mapping in volumes:
            yield f"blockDeviceMappings[{i}].ebs", part(mapping, "ebs")


def _is_no_volume(mapping: Any) -> bool:
    """Whether the mapping is of an instance store, or takes a device of the image away."""
    return bool(part(mapping, "virtualName") or part(mapping, "noDevice")) and part(mapping, "ebs") is None


RULE = ResourceRule(
    name="encrypted-volumes",
    title="Encrypted volumes",
    description="Volumes are encrypted: those that hosts are launched with, and those made apart.",
    level=Level.MANDATORY,
    severity=Severity.HIGH,
    references=(security_hub("EC2.3"), security_hub("EC2.7"), config_rule("encrypted-volumes")),
    tags=("host", "encryption"),
    risk="A snapshot or a disk in the wrong hands can be read.",
    remediation="Set encrypted: true on the root block device and on every other one.",
    types=HOSTS | VOLUMES,
    check=each_launch(_check_volumes),
    bad=instance("rootBlockDevice: {volumeSize: 8}"),
    good=instance("rootBlockDevice: {encrypted: true}"),
)
