"""An instance's root disk: what a program may say of it, and what EC2 is asked for."""

from __future__ import annotations

from sandbox.provider.arguments import tag_list, tag_map
from sandbox.provider.aws_client import Cloud
from sandbox.provider.errors import ProviderError
from sandbox.provider.resources.ec2 import first
from sandbox.provider.table import Change, Property, block, flag, labels, number, text
from sandbox.provider.values import Values, part, parts

_DISK = "BlockDeviceMappings.[].Ebs"
_DISK_SIZES = (
    ("iops", "Iops"),
    ("throughput", "Throughput"),
    ("volumeSize", "Size"),
    ("volumeType", "VolumeType"),
)
_DISK_MEMBERS = (
    ("deleteOnTermination", "DeleteOnTermination"),
    ("encrypted", "Encrypted"),
    ("kmsKeyId", "KmsKeyId"),
    ("iops", "Iops"),
    ("throughput", "Throughput"),
    ("volumeSize", "VolumeSize"),
    ("volumeType", "VolumeType"),
)


def root_block_device() -> Property:
    """The property."""
    return block(
        "rootBlockDevice",
        flag("deleteOnTermination", default=True),
        flag("encrypted", computed=True, force_new=True),
        text("kmsKeyId", computed=True, force_new=True),
        number("iops", f"{_DISK}.Iops", computed=True),
        number("throughput", f"{_DISK}.Throughput", computed=True),
        number("volumeSize", f"{_DISK}.VolumeSize", computed=True),
        text("volumeType", f"{_DISK}.VolumeType", computed=True),
        labels("tags"),
        computed=True,
    )


def disk_request(cloud: Cloud, inputs: Values) -> Values:
    """What running an instance takes for its disk."""
    disk: Values | None = inputs.get("rootBlockDevice")
    if not disk:
        return {}
    wanted = {member: disk[name] for name, member in _DISK_MEMBERS if disk.get(name) is not None}
    mapping = {
        "DeviceName": _root_name(cloud, inputs["ami"]),
        "Ebs": {"DeleteOnTermination": True, **wanted},
    }
    return {"BlockDeviceMappings": [mapping]}


def change_disk(cloud: Cloud, ident: str, change: Change) -> None:
    """Modify the disk, keep it or not, and tag it."""
    if not change.names & {"rootBlockDevice", "volumeTags"}:
        return
    old: Values = change.old.get("rootBlockDevice") or {}
    new: Values = change.new.get("rootBlockDevice") or {}
    size = {
        member: new[name]
        for name, member in _DISK_SIZES
        if new.get(name) is not None and new[name] != old.get(name)
    }
    if size:
        cloud.ec2.modify_volume(VolumeId=old["volumeId"], **size)
    keep = new.get("deleteOnTermination", True)
    if keep != old.get("deleteOnTermination", True):
        mapping = {"DeviceName": old["deviceName"], "Ebs": {"DeleteOnTermination": keep}}
        cloud.ec2.modify_instance_attribute(InstanceId=ident, BlockDeviceMappings=[mapping])
    tags = change.new.get("volumeTags") or part(new, "tags")
    before = change.old.get("volumeTags") or part(old, "tags")
    gone = [{"Key": key} for key in before if key not in tags]
    if tags:
        cloud.ec2.create_tags(Resources=[old["volumeId"]], Tags=tag_list(tags))
    if gone:
        cloud.ec2.delete_tags(Resources=[old["volumeId"]], Tags=gone)


def _root_name(cloud: Cloud, ami: str) -> str:
    image = first(cloud, "describe_images", ImageIds=[ami])
    if image is None:
        raise ProviderError(f"there is no image {ami} in {cloud.region}")
    return image.get("RootDeviceName") or "/dev/sda1"


def root_disk(cloud: Cloud, instance: Values) -> Values:
    """The disk as state; nothing while the instance has none."""
    mappings: list[Values] = parts(instance, "BlockDeviceMappings")
    root = next(
        (one for one in mappings if one["DeviceName"] == instance.get("RootDeviceName")),
        mappings[0] if mappings else None,
    )
    if root is None:
        return {}
    volume = first(cloud, "describe_volumes", VolumeIds=[root["Ebs"]["VolumeId"]]) or {}
    return {
        "deviceName": root["DeviceName"],
        "volumeId": root["Ebs"]["VolumeId"],
        "deleteOnTermination": root["Ebs"].get("DeleteOnTermination", True),
        "encrypted": volume.get("Encrypted", False),
        "kmsKeyId": volume.get("KmsKeyId", ""),
        "iops": volume.get("Iops", 0),
        "throughput": volume.get("Throughput", 0),
        "volumeSize": volume.get("Size", 0),
        "volumeType": volume.get("VolumeType", ""),
        "tags": tag_map(volume.get("Tags")),
    }
