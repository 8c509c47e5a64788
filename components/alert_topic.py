"""The SNS topic that an environment's alarms and failover monitors report to."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.labels import Labels


@dataclass(frozen=True, kw_only=True)
class AlertTopicArgs:
    """Who is notified. AWS asks each e-mail address for its consent before the first message.

    `encryption_key_arn` is the KMS key that messages wait under.
    """

    labels: Labels
    encryption_key_arn: pulumi.Input[str]
    emails: tuple[str, ...] = ()


class AlertTopic(pulumi.ComponentResource):
    """A topic with a subscription for each e-mail address."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: AlertTopicArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("aws-vpn:alerts:AlertTopic", name, None, opts)
        own = pulumi.ResourceOptions(parent=self)
        topic = aws.sns.Topic(
            name,
            name=args.labels.names.of(name),
            kms_master_key_id=args.encryption_key_arn,
            tags=args.labels.tagged(name),
            opts=own,
        )
        for email in args.emails:
            aws.sns.TopicSubscription(
                f"{name}-{email}", topic=topic.arn, protocol="email", endpoint=email, opts=own
            )
        self.arn = topic.arn
        self.register_outputs({"arn": self.arn})
