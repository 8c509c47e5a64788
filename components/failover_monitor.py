"""The instance that watches main and standby, with the permissions for that and no more."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pulumi
import pulumi_aws as aws

from components.host_archives import HostArchive, HostArchiveArgs, HostArchives
from components.host_image import debian_image, unless_asked
from components.host_role import HostRole, HostRoleArgs
from components.host_security_group import HostSecurityGroup, HostSecurityGroupArgs
from components.labels import Labels
from hosts.failover_monitor import MonitorHost, content

INSTANCE_TYPE = "t4g.nano"
ALARM_PERIOD_SECONDS = 60
ALARM_PERIODS = 5

METRICS = (
    "MainHealthy",
    "StandbyHealthy",
    "AddressOnMain",
    "NoMovePossible",
    "Moves",
    "MoveSeconds",
    "ApiErrors",
)
"""What it sends each minute; `MoveSeconds` after a move alone."""


@dataclass(frozen=True, kw_only=True)
class FailoverMonitorArgs:
    """`host` names the object with the monitor's configuration; `statements` its role's permissions."""

    labels: Labels
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    host: MonitorHost
    archives: HostArchives
    image_release: str | None
    log_retention_days: int
    encryption_key_arn: pulumi.Input[str]
    statements: Sequence[dict[str, Any]]
    metric_namespace: str
    alert_topic_arn: pulumi.Input[str]


class FailoverMonitor(pulumi.ComponentResource):
    """One instance, kept alive by an Auto Scaling group of one.

    It keeps nothing of its own: all that it knows it reads from AWS when it starts, so it may die at any
    moment. An alarm tells when it is silent, another when standby could not take over. It runs in a public
    subnet, without any open port, as it needs AWS's public endpoints. `customMetrics` says how many metrics
    it sends, which AWS charges by number.
    """

    alarm_arns: Sequence[pulumi.Output[str]]

    def __init__(
        self, name: str, args: FailoverMonitorArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        sent = {"customMetrics": len(METRICS)}
        super().__init__("aws-vpn:failover:FailoverMonitor", name, sent, opts)
        self._name, self._args = name, args
        self._own = pulumi.ResourceOptions(parent=self)
        archive = HostArchive(
            name,
            HostArchiveArgs(
                labels=args.labels,
                archives=args.archives,
                content=partial(content, args.host),
                region=args.host.region,
                log_group=args.host.log_group,
            ),
            self._own,
        )
        role = HostRole(
            name,
            HostRoleArgs(
                labels=args.labels,
                log_group=args.host.log_group,
                log_retention_days=args.log_retention_days,
                encryption_key_arn=args.encryption_key_arn,
                statements=[*args.statements, archive.read_statement],
                alert_topic_arn=args.alert_topic_arn,
            ),
            self._own,
        )
        template = self._template(role, archive)
        aws.autoscaling.Group(
            name,
            name=args.labels.names.of(name),
            min_size=1,
            max_size=1,
            desired_capacity=1,
            vpc_zone_identifiers=list(args.subnet_ids),
            launch_template=aws.autoscaling.GroupLaunchTemplateArgs(
                id=template.id, version=template.latest_version.apply(str)
            ),
            instance_refresh=aws.autoscaling.GroupInstanceRefreshArgs(
                strategy="Rolling",
                preferences=aws.autoscaling.GroupInstanceRefreshPreferencesArgs(min_healthy_percentage=0),
            ),
            tags=[
                aws.autoscaling.GroupTagArgs(key=key, value=value, propagate_at_launch=True)
                for key, value in args.labels.tagged(name).items()
            ],
            opts=self._own,
        )
        self.alarm_arns = [
            role.alarm_arn,
            self._alarm("silent", "AddressOnMain", "The failover monitor is silent", missing="breaching"),
            self._alarm(
                "standby-down", "StandbyHealthy", "Standby could not take over", missing="notBreaching"
            ),
        ]
        self.register_outputs(sent)

    def _alarm(self, part: str, metric: str, description: str, missing: str) -> pulumi.Output[str]:
        """A metric that the monitor sends once a minute, below what it is in good times for five minutes."""
        name, args = f"{self._name}-{part}", self._args
        return aws.cloudwatch.MetricAlarm(
            name,
            name=args.labels.names.of(name),
            alarm_description=f"{description}: {args.host.name} in {args.host.environment}",
            namespace=args.metric_namespace,
            metric_name=metric,
            dimensions={"Environment": args.host.environment, "Name": args.host.name},
            statistic="SampleCount" if missing == "breaching" else "Minimum",
            comparison_operator="LessThanThreshold",
            threshold=1,
            period=ALARM_PERIOD_SECONDS,
            evaluation_periods=ALARM_PERIODS,
            treat_missing_data=missing,
            alarm_actions=[args.alert_topic_arn],
            ok_actions=[args.alert_topic_arn],
            tags=args.labels.tagged(name),
            opts=self._own,
        ).arn

    def _template(self, role: HostRole, archive: HostArchive) -> aws.ec2.LaunchTemplate:
        name, args = self._name, self._args
        tags = args.labels.tagged(name)
        security_group = HostSecurityGroup(
            name,
            HostSecurityGroupArgs(
                labels=args.labels,
                vpc_id=args.vpc_id,
                description="The failover monitor: probes and the endpoints of AWS, nothing comes in",
            ),
            self._own,
        )
        return aws.ec2.LaunchTemplate(
            name,
            name=args.labels.names.of(name),
            image_id=debian_image(INSTANCE_TYPE, args.image_release, self),
            instance_type=INSTANCE_TYPE,
            user_data=archive.user_data.apply(_base64),
            iam_instance_profile=aws.ec2.LaunchTemplateIamInstanceProfileArgs(name=role.profile_name),
            metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
            ),
            block_device_mappings=[
                aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
                    device_name="/dev/xvda",
                    ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(encrypted="true", volume_type="gp3"),
                )
            ],
            network_interfaces=[
                aws.ec2.LaunchTemplateNetworkInterfaceArgs(
                    associate_public_ip_address="true", security_groups=[security_group.id]
                )
            ],
            tag_specifications=[
                aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=tags)
                for kind in ("instance", "volume")
            ],
            tags=tags,
            opts=pulumi.ResourceOptions(
                parent=self, ignore_changes=unless_asked(args.image_release, "imageId")
            ),
        )


def _base64(text: str) -> str:
    """Launch templates take user data encoded."""
    return base64.b64encode(text.encode()).decode()
