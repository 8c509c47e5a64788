"""The id of the machine image that all hosts start from."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from model.host_image import DEBIAN, image_name


def debian_image(instance_type: str, release: str | None, parent: pulumi.Resource) -> pulumi.Output[str]:
    """The id of a release of Debian 13's image (`20251006-2257`), or of the newest.

    Raises:
        pulumi.RunError: the region has no such release.
    """
    name = image_name(instance_type, release)
    filters = [aws.ec2.GetAmiFilterArgs(name="name", values=[name])]
    if release is None:
        newest = aws.ec2.get_ami_output(
            most_recent=True,
            owners=[DEBIAN],
            filters=filters,
            opts=pulumi.InvokeOutputOptions(parent=parent),
        )
        return newest.id
    try:
        asked = aws.ec2.get_ami(
            most_recent=True, owners=[DEBIAN], filters=filters, opts=pulumi.InvokeOptions(parent=parent)
        )
    except Exception as error:  # noqa: BLE001  the SDK has no type of its own for a function that fails
        raise pulumi.RunError(
            f"aws-vpn:hostImage = {release}; should be a release that the region has:"
            f" {name} of account {DEBIAN} was not found ({str(error).splitlines()[0]})"
        ) from None
    return pulumi.Output.from_input(asked.id)


def unless_asked(release: str | None, key: str) -> list[str]:
    """What hosts ignore: a newer image that merely appeared is no reason to replace them, an asked one is."""
    return [key] if release is None else []
