"""The SNS topic that an environment's alarms, rules and failover monitors report to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.labels import Labels
from model.arns import Place
from model.names import EnvironmentNames


@dataclass(frozen=True, kw_only=True)
class AlertTopicArgs:
    """Who is notified. AWS asks each e-mail address for its consent before the first message.

    `encryption_key_arn` is the KMS key that messages wait under.
    """

    labels: Labels
    place: Place
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
            policy=json.dumps(topic_policy(name, args.place, args.labels.names)),
            tags=args.labels.tagged(name),
            opts=own,
        )
        for email in args.emails:
            aws.sns.TopicSubscription(
                f"{name}-{email}", topic=topic.arn, protocol="email", endpoint=email, opts=own
            )
        self.arn = topic.arn
        self.register_outputs({"arn": self.arn})


def topic_policy(name: str, place: Place, names: EnvironmentNames) -> dict[str, Any]:
    """Who may publish: this environment's alarms and rules. The account's roles have IAM.

    Both services are held to their own resources, against a confused deputy ("Amazon SNS key management",
    "Using IAM policy conditions in Amazon EventBridge").
    """
    topic = place.arn("sns", names.of(name))
    return {"Version": "2012-10-17", "Statement": publishers(place, names, "sns:Publish", topic)}


def publishers(
    place: Place, names: EnvironmentNames, actions: str | list[str], resource: str
) -> list[dict[str, Any]]:
    """What lets this environment's alarms and EventBridge's rules do something with a resource."""
    sources = {
        "cloudwatch": place.arn("cloudwatch", f"alarm:{names.of('*')}"),
        "events": place.arn("events", f"rule/{names.of('*')}"),
    }
    return [
        {
            "Sid": {"cloudwatch": "Alarms", "events": "Rules"}[service],
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": actions,
            "Resource": resource,
            "Condition": {
                "StringEquals": {"aws:SourceAccount": place.account},
                "ArnLike": {"aws:SourceArn": source},
            },
        }
        for service, source in sources.items()
    ]
