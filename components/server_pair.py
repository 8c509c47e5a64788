"""Two equal hosts that forward traffic, main and standby, each in an availability zone of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.host_archives import HostArchive, HostArchiveArgs, HostArchives
from components.host_image import debian_image, unless_asked
from components.host_role import HostRole, HostRoleArgs
from components.labels import Labels
from components.pair_metrics import SEND_STATEMENT
from hosts.content import HostContent


@dataclass(frozen=True, kw_only=True)
class ServerPairArgs:
    """`subnet_ids` are main's and standby's. `statements` are the permissions of the hosts' IAM role.

    `address` is theirs in turn: it is there before them, and released after they have gone.
    """

    labels: Labels
    subnet_ids: tuple[pulumi.Input[str], pulumi.Input[str]]
    security_group_id: pulumi.Input[str]
    instance_type: str
    image_release: str | None
    content: HostContent
    archives: HostArchives
    address: aws.ec2.Eip
    region: str
    log_group: str
    log_retention_days: int
    encryption_key_arn: pulumi.Input[str]
    statements: Sequence[dict[str, Any]]
    alert_topic_arn: pulumi.Input[str]


class ServerPair(pulumi.ComponentResource):
    """Main and standby: no SSH key, IMDSv2 only, encrypted volumes, forwarding between interfaces allowed.

    A changed configuration replaces the servers, standby first; a newer machine image does not, unless the
    settings ask for its release. Every server
    starts with a public address of AWS's choice, as it installs its packages before it is given the Elastic
    IP, and standby never holds it at all in good times.
    """

    alarm_arn: pulumi.Output[str]
    main: aws.ec2.Instance
    standby: aws.ec2.Instance

    def __init__(self, name: str, args: ServerPairArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("aws-vpn:host:ServerPair", name, None, opts)
        archive = HostArchive(
            name,
            HostArchiveArgs(
                labels=args.labels,
                archives=args.archives,
                content=lambda _: args.content,
                region=args.region,
                log_group=args.log_group,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self._user_data = archive.user_data
        role = HostRole(
            name,
            HostRoleArgs(
                labels=args.labels,
                log_group=args.log_group,
                log_retention_days=args.log_retention_days,
                encryption_key_arn=args.encryption_key_arn,
                statements=[*args.statements, SEND_STATEMENT, archive.read_statement],
                alert_topic_arn=args.alert_topic_arn,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.alarm_arn = role.alarm_arn
        image_id = debian_image(args.instance_type, args.image_release, self)
        main_subnet, standby_subnet = args.subnet_ids
        self.standby = self._server(f"{name}-standby", args, standby_subnet, image_id, role)
        self.main = self._server(f"{name}-main", args, main_subnet, image_id, role, after=self.standby)
        self.register_outputs({"mainInstanceId": self.main.id, "standbyInstanceId": self.standby.id})

    def _server(
        self,
        name: str,
        args: ServerPairArgs,
        subnet_id: pulumi.Input[str],
        image_id: pulumi.Output[str],
        role: HostRole,
        after: pulumi.Resource | None = None,
    ) -> aws.ec2.Instance:
        return aws.ec2.Instance(
            name,
            ami=image_id,
            instance_type=args.instance_type,
            subnet_id=subnet_id,
            vpc_security_group_ids=[args.security_group_id],
            associate_public_ip_address=True,
            source_dest_check=False,
            iam_instance_profile=role.profile_name,
            user_data=self._user_data,
            user_data_replace_on_change=True,
            metadata_options=aws.ec2.InstanceMetadataOptionsArgs(
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
            ),
            root_block_device=aws.ec2.InstanceRootBlockDeviceArgs(
                encrypted=True, volume_type="gp3", tags=args.labels.tagged(name)
            ),
            tags=args.labels.tagged(name),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[args.address, *([after] if after else [])],
                # Where the Elastic IP is, and whether the instance runs, changes what AWS reports here.
                ignore_changes=[*unless_asked(args.image_release, "ami"), "associatePublicIpAddress"],
            ),
        )
