"""The KMS key of an environment: what its alerts and logs are encrypted with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.alert_topic import publishers
from components.labels import Labels
from model.arns import Place
from model.names import EnvironmentNames

DELETION_DAYS = {True: 30, False: 7}
"""The longest and the shortest time that KMS keeps a deleted key (ScheduleKeyDeletion), by protection."""


@dataclass(frozen=True, kw_only=True)
class EncryptionKeyArgs:
    """`place` is where the key and its users are. `protected` gives the longest time to undo a deletion."""

    labels: Labels
    place: Place
    protected: bool


class EncryptionKey(pulumi.ComponentResource):
    """A key that rotates every year, for this environment's log groups and alert topic alone."""

    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: EncryptionKeyArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("aws-vpn:alerts:EncryptionKey", name, None, opts)
        key = aws.kms.Key(
            name,
            description=f"Logs and alerts of {args.labels.names.environment}",
            policy=json.dumps(key_policy(args.place, args.labels.names)),
            enable_key_rotation=True,
            deletion_window_in_days=DELETION_DAYS[args.protected],
            tags=args.labels.tagged(name),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = key.arn
        self.register_outputs({"arn": self.arn})


def key_policy(place: Place, names: EnvironmentNames) -> dict[str, Any]:
    """Who may use the key. `Resource` is `*` because a key's policy speaks of that key alone.

    The first statement leaves the rest to IAM ("Default key policy"). The log service is held to this
    environment's log groups by the encryption context ("Encrypt log data in CloudWatch Logs using AWS KMS"),
    alarms and rules to this environment's, as at the topic.
    """
    groups = [f"log-group:{prefix}{names.path('*')}" for prefix in ("", "/aws/vendedlogs")]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Account",
                "Effect": "Allow",
                "Principal": {"AWS": place.global_arn("iam", "root")},
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Sid": "Logs",
                "Effect": "Allow",
                "Principal": {"Service": f"logs.{place.region}.amazonaws.com"},
                "Action": [
                    "kms:Decrypt",
                    "kms:DescribeKey",
                    "kms:Encrypt",
                    "kms:GenerateDataKey",
                    "kms:GenerateDataKeyWithoutPlaintext",
                    "kms:ReEncryptFrom",
                    "kms:ReEncryptTo",
                ],
                "Resource": "*",
                "Condition": {
                    "ArnLike": {
                        "kms:EncryptionContext:aws:logs:arn": [place.arn("logs", group) for group in groups]
                    }
                },
            },
            *publishers(place, names, ["kms:Decrypt", "kms:GenerateDataKey"], "*"),
        ],
    }
