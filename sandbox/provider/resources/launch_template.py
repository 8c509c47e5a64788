"""Launch templates. A change makes a new version; earlier ones stay."""

from __future__ import annotations

from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import identifier, one_of
from sandbox.provider.resources.ec2 import Ec2Type, first
from sandbox.provider.shaped import decode, encode
from sandbox.provider.table import Change, block, blocks_in_order, flag, labels, number, strings, text
from sandbox.provider.values import Values, parts

_DATA = "LaunchTemplateData"
_DISK = f"{_DATA}.BlockDeviceMappings"
_INTERFACE = f"{_DATA}.NetworkInterfaces"
_BOOLEAN = one_of("true", "false")


class LaunchTemplate(Ec2Type):
    """A launch template."""

    typename = "aws:ec2/launchTemplate:LaunchTemplate"
    creator = "CreateLaunchTemplate"
    auto_named = "name"
    tag_type = "launch-template"
    described = ("describe_launch_templates", "LaunchTemplateIds")
    contents = (
        text("imageId", f"{_DATA}.ImageId"),
        text("instanceType", f"{_DATA}.InstanceType"),
        text("keyName", f"{_DATA}.KeyName"),
        text("userData", f"{_DATA}.UserData"),
        text("ebsOptimized", f"{_DATA}.EbsOptimized", rule=_BOOLEAN),
        flag("disableApiTermination", f"{_DATA}.DisableApiTermination"),
        flag("disableApiStop", f"{_DATA}.DisableApiStop"),
        text("instanceInitiatedShutdownBehavior", f"{_DATA}.InstanceInitiatedShutdownBehavior"),
        strings("vpcSecurityGroupIds", f"{_DATA}.SecurityGroupIds", rule=identifier("sg")),
        block(
            "iamInstanceProfile",
            text("arn", f"{_DATA}.IamInstanceProfile.Arn"),
            text("name", f"{_DATA}.IamInstanceProfile.Name"),
            aws=f"{_DATA}.IamInstanceProfile",
        ),
        block(
            "metadataOptions",
            text("httpEndpoint", f"{_DATA}.MetadataOptions.HttpEndpoint", computed=True),
            text("httpTokens", f"{_DATA}.MetadataOptions.HttpTokens", computed=True),
            number(
                "httpPutResponseHopLimit", f"{_DATA}.MetadataOptions.HttpPutResponseHopLimit", computed=True
            ),
            text("httpProtocolIpv6", f"{_DATA}.MetadataOptions.HttpProtocolIpv6", computed=True),
            text("instanceMetadataTags", f"{_DATA}.MetadataOptions.InstanceMetadataTags", computed=True),
            aws=f"{_DATA}.MetadataOptions",
            computed=True,
        ),
        block("monitoring", flag("enabled", f"{_DATA}.Monitoring.Enabled"), aws=f"{_DATA}.Monitoring"),
        block(
            "creditSpecification",
            text(
                "cpuCredits", f"{_DATA}.CreditSpecification.CpuCredits", rule=one_of("standard", "unlimited")
            ),
            aws=f"{_DATA}.CreditSpecification",
        ),
        blocks_in_order(
            "blockDeviceMappings",
            text("deviceName", f"{_DISK}.[].DeviceName"),
            block(
                "ebs",
                text("deleteOnTermination", f"{_DISK}.[].Ebs.DeleteOnTermination", rule=_BOOLEAN),
                text("encrypted", f"{_DISK}.[].Ebs.Encrypted", rule=_BOOLEAN),
                number("iops", f"{_DISK}.[].Ebs.Iops", computed=True),
                text("kmsKeyId", f"{_DISK}.[].Ebs.KmsKeyId"),
                text("snapshotId", f"{_DISK}.[].Ebs.SnapshotId"),
                number("throughput", f"{_DISK}.[].Ebs.Throughput", computed=True),
                number("volumeSize", f"{_DISK}.[].Ebs.VolumeSize", computed=True),
                text("volumeType", f"{_DISK}.[].Ebs.VolumeType", computed=True),
                aws=f"{_DISK}.[].Ebs",
            ),
            aws=_DISK,
        ),
        blocks_in_order(
            "networkInterfaces",
            text("associatePublicIpAddress", f"{_INTERFACE}.[].AssociatePublicIpAddress", rule=_BOOLEAN),
            text("deleteOnTermination", f"{_INTERFACE}.[].DeleteOnTermination", rule=_BOOLEAN),
            text("description", f"{_INTERFACE}.[].Description"),
            number("deviceIndex", f"{_INTERFACE}.[].DeviceIndex", implied=0),
            text("networkInterfaceId", f"{_INTERFACE}.[].NetworkInterfaceId"),
            text("privateIpAddress", f"{_INTERFACE}.[].PrivateIpAddress"),
            strings("securityGroups", f"{_INTERFACE}.[].Groups"),
            text("subnetId", f"{_INTERFACE}.[].SubnetId"),
            aws=_INTERFACE,
        ),
        blocks_in_order(
            "tagSpecifications",
            text("resourceType", f"{_DATA}.TagSpecifications.[].ResourceType"),
            labels("tags", f"{_DATA}.TagSpecifications.[].Tags"),
            aws=f"{_DATA}.TagSpecifications",
        ),
    )
    properties = (
        text("name", "LaunchTemplateName", computed=True, force_new=True),
        text("description", "VersionDescription"),
        flag("updateDefaultVersion"),
        number("defaultVersion", computed=True),
        *contents,
    )
    outputs = ("arn", "latestVersion")
    renewed = ("latestVersion", "defaultVersion")

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the template with its first version."""
        tags = self.request({"tagsAll": inputs.get("tagsAll")})
        made = cloud.ec2.create_launch_template(
            **tags, LaunchTemplateName=inputs["name"], **self._version(inputs)
        )
        return made["LaunchTemplate"]["LaunchTemplateId"]

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The template and its latest version."""
        found = self.describe(cloud, ident)
        if found is None:
            return None
        version = (
            first(cloud, "describe_launch_template_versions", LaunchTemplateId=ident, Versions=["$Latest"])
            or {}
        )
        data = decode(self, self.contents, version.get("LaunchTemplateData") or {}, _DATA)
        specifications: list[Values] = parts(data, "tagSpecifications")
        data["tagSpecifications"] = [one for one in specifications if one["resourceType"] != self.tag_type]
        return {
            **self.tags_of(found),
            **dict.fromkeys(one.name for one in self.contents),
            **data,
            "arn": cloud.arn("ec2", f"launch-template/{ident}"),
            "name": found["LaunchTemplateName"],
            "description": version.get("VersionDescription", ""),
            "latestVersion": found["LatestVersionNumber"],
            "defaultVersion": found["DefaultVersionNumber"],
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Make a new version, and choose the default one."""
        contents = {one.name for one in self.contents} | {"description"}
        default = change.new.get("defaultVersion") if "defaultVersion" in change.names else None
        if change.names & contents:
            made = cloud.ec2.create_launch_template_version(
                LaunchTemplateId=ident, **self._version(change.new)
            )
            if change.new.get("updateDefaultVersion"):
                default = made["LaunchTemplateVersion"]["VersionNumber"]
        if default is not None:
            cloud.ec2.modify_launch_template(LaunchTemplateId=ident, DefaultVersion=str(default))

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the template with its versions."""
        cloud.ec2.delete_launch_template(LaunchTemplateId=ident)

    def _version(self, inputs: Values) -> Values:
        description = {"VersionDescription": inputs["description"]} if inputs.get("description") else {}
        return {"LaunchTemplateData": encode(self, self.contents, inputs, _DATA), **description}
