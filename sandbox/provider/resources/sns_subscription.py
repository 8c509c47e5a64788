"""Subscriptions to topics."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from sandbox.provider.arguments import arguments
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import arn, one_of
from sandbox.provider.errors import answer_of
from sandbox.provider.table import (
    Change,
    ResourceType,
    document,
    flag,
    forcing_new,
    number,
    text,
)
from sandbox.provider.values import Values

_SUBSCRIPTION_ATTRIBUTES = {
    "rawMessageDelivery": "RawMessageDelivery",
    "filterPolicy": "FilterPolicy",
    "filterPolicyScope": "FilterPolicyScope",
    "deliveryPolicy": "DeliveryPolicy",
    "redrivePolicy": "RedrivePolicy",
    "subscriptionRoleArn": "SubscriptionRoleArn",
}


class TopicSubscription(ResourceType):
    """A subscription to a topic. One by e-mail waits until its owner confirms it."""

    typename = "aws:sns/topicSubscription:TopicSubscription"
    service = "sns"
    creator = "Subscribe"
    tagged = False
    properties = (
        *forcing_new(
            text("topic", "TopicArn", required=True, rule=arn("sns")),
            text(
                "protocol",
                "Protocol",
                required=True,
                rule=one_of(
                    "sqs", "sms", "lambda", "firehose", "application", "email", "email-json", "http", "https"
                ),
            ),
            text("endpoint", "Endpoint", required=True),
        ),
        flag("rawMessageDelivery", default=False),
        document("filterPolicy"),
        text("filterPolicyScope", computed=True, rule=one_of("MessageAttributes", "MessageBody")),
        document("deliveryPolicy"),
        document("redrivePolicy"),
        text("subscriptionRoleArn", rule=arn("iam", "role/.+")),
        number("confirmationTimeoutInMinutes", default=1),
        flag("endpointAutoConfirms", default=False),
    )
    outputs = ("arn", "ownerId", "pendingConfirmation", "confirmationWasAuthenticated")

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Subscribe. AWS gives the ARN of a subscription that is not confirmed only when it is asked for."""
        attributes = {
            member: _attribute(inputs[name])
            for name, member in _SUBSCRIPTION_ATTRIBUTES.items()
            if inputs.get(name)
        }
        request = arguments(self.properties, inputs)
        made = cloud.client("sns").subscribe(**request, Attributes=attributes, ReturnSubscriptionArn=True)
        return made["SubscriptionArn"]

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The subscription."""
        answer = answer_of(cloud.client("sns").get_subscription_attributes, SubscriptionArn=ident)
        if answer is None:
            return None
        found: Values = answer["Attributes"]
        return {
            "arn": ident,
            "ownerId": found.get("Owner", ""),
            "topic": found["TopicArn"],
            "protocol": found["Protocol"],
            "endpoint": found["Endpoint"],
            "pendingConfirmation": found.get("PendingConfirmation") == "true",
            "confirmationWasAuthenticated": found.get("ConfirmationWasAuthenticated") == "true",
            **{name: found.get(member, "") for name, member in _SUBSCRIPTION_ATTRIBUTES.items()},
            "rawMessageDelivery": found.get("RawMessageDelivery") == "true",
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Set the attributes that differ."""
        for name in change.names & _SUBSCRIPTION_ATTRIBUTES.keys():
            cloud.client("sns").set_subscription_attributes(
                SubscriptionArn=ident,
                AttributeName=_SUBSCRIPTION_ATTRIBUTES[name],
                AttributeValue=_attribute(change.new.get(name, "")),
            )

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Unsubscribe. AWS forgets a pending subscription by itself, and refuses to be told so."""
        try:
            cloud.client("sns").unsubscribe(SubscriptionArn=ident)
        except ClientError as error:
            if "pending confirmation" not in str(error):
                raise


def _attribute(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
