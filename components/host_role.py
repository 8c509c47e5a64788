"""The IAM role of a host: its permissions, where it logs, and Session Manager instead of SSH."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.labels import Labels
from components.log_alarm import LogAlarmArgs, log_alarm
from hosts.user_data import REFUSAL_PATTERN

SESSION_MANAGER: dict[str, Any] = {
    "Effect": "Allow",
    "Action": [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ],
    "Resource": "*",
}
"""What Session Manager needs ("Verify or add instance permissions for Session Manager").

AWS's own AmazonSSMManagedInstanceCore would let every host read all parameters of the account.
"""

REFUSAL_PERIOD_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class HostRoleArgs:
    """`statements` are those of the role's own policy, in IAM's JSON; they may contain outputs.

    `log_group` is the name of the group that the hosts write their logs to, and nobody else;
    `encryption_key_arn` is the KMS key that it is encrypted with.
    """

    labels: Labels
    log_group: str
    log_retention_days: int
    encryption_key_arn: pulumi.Input[str]
    statements: Sequence[dict[str, Any]]
    alert_topic_arn: pulumi.Input[str]


class HostRole(pulumi.ComponentResource):
    """A role that EC2 instances take on through an instance profile, their logs, and an alarm on these.

    The alarm tells of a host that did not start: the bucket had another archive than its user data names.
    """

    profile_name: pulumi.Output[str]
    alarm_arn: pulumi.Output[str]

    def __init__(self, name: str, args: HostRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("aws-vpn:host:HostRole", name, None, opts)
        own = pulumi.ResourceOptions(parent=self)
        logs = aws.cloudwatch.LogGroup(
            name,
            name=args.log_group,
            retention_in_days=args.log_retention_days,
            kms_key_id=args.encryption_key_arn,
            tags=args.labels.tagged(name),
            opts=own,
        )
        logging = {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": pulumi.Output.concat(logs.arn, ":*"),
        }
        role = aws.iam.Role(
            name,
            name=args.labels.names.of(name),
            assume_role_policy=json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "ec2.amazonaws.com"},
                            "Action": "sts:AssumeRole",
                        }
                    ],
                }
            ),
            tags=args.labels.tagged(name),
            opts=own,
        )
        aws.iam.RolePolicy(
            name,
            role=role.name,
            policy=pulumi.Output.json_dumps(
                {"Version": "2012-10-17", "Statement": [*args.statements, logging, SESSION_MANAGER]}
            ),
            opts=own,
        )
        profile = aws.iam.InstanceProfile(
            name,
            name=args.labels.names.of(name),
            role=role.name,
            tags=args.labels.tagged(name),
            opts=own,
        )
        self.alarm_arn = log_alarm(
            f"{name}-refused",
            LogAlarmArgs(
                labels=args.labels,
                log_group=logs.name,
                pattern=REFUSAL_PATTERN,
                description=f"{name}: a host refuses its archive, which is not what the program made",
                period_seconds=REFUSAL_PERIOD_SECONDS,
                alert_topic_arn=args.alert_topic_arn,
            ),
            self,
        )
        self.profile_name = profile.name
        self.register_outputs({"profileName": self.profile_name})
