"""Subscriptions by e-mail: pending, as the sandbox sends no mail with a link that somebody could follow.

Rules: Subscribe, Unsubscribe and ListSubscriptions of SNS's API. A pending subscription cannot be removed;
it goes with its topic, or by itself after some days, which the sandbox does not wait for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.core.responses import ActionResult
from moto.sns.exceptions import SNSInvalidParameter
from moto.sns.models import SNSBackend, Subscription
from moto.sns.responses import SNSResponse

BY_MAIL = ("email", "email-json")
PENDING = {"PendingConfirmation": True, "ConfirmationWasAuthenticated": False}


def is_pending(subscription: Subscription) -> bool:
    """Whether its owner has yet to confirm it."""
    return subscription.attributes["PendingConfirmation"]


class SubscriptionBackend(SNSBackend):
    """The subscriptions of a region."""

    def subscribe(self, topic_arn: str, endpoint: str, protocol: str) -> Subscription:
        """A subscription; the one there is, if the endpoint has one already."""
        subscription = super().subscribe(topic_arn, endpoint, protocol)
        if protocol in BY_MAIL:
            subscription.attributes.update(PENDING)
        return subscription

    def unsubscribe(self, subscription_arn: str) -> None:
        """Remove a subscription; one that is gone already is no error.

        Raises:
            SNSInvalidParameter: it is pending.
        """
        subscription = self.subscriptions.get(subscription_arn)
        if subscription is not None and is_pending(subscription):
            raise SNSInvalidParameter(
                "Invalid parameter: SubscriptionArn Reason: "
                "Cannot unsubscribe a subscription that is pending confirmation"
            )
        super().unsubscribe(subscription_arn)


class SubscriptionResponse(SNSResponse):
    """Actions that answer with a subscription's ARN: a pending one's is told on request alone."""

    def subscribe(self) -> ActionResult:
        """Subscribe."""
        result = super().subscribe()
        made: dict[str, str] = result.result  # pyright: ignore[reportAssignmentType]
        pending = is_pending(self.backend.subscriptions[made["SubscriptionArn"]])
        if pending and not self._get_bool_param("ReturnSubscriptionArn", False):
            return ActionResult({"SubscriptionArn": "pending confirmation"})
        return result

    def list_subscriptions(self) -> ActionResult:
        """ListSubscriptions."""
        return _listed(super().list_subscriptions())

    def list_subscriptions_by_topic(self) -> ActionResult:
        """ListSubscriptionsByTopic."""
        return _listed(super().list_subscriptions_by_topic())


def _listed(result: ActionResult) -> ActionResult:
    page: dict[str, Any] = result.result  # pyright: ignore[reportAssignmentType]
    subscriptions: Iterable[Subscription] = page["Subscriptions"]
    return ActionResult({**page, "Subscriptions": [_shown(one) for one in subscriptions]})


def _shown(subscription: Subscription) -> dict[str, str]:
    return {
        "SubscriptionArn": "PendingConfirmation" if is_pending(subscription) else subscription.arn,
        "Owner": subscription.owner,
        "Protocol": subscription.protocol,
        "Endpoint": subscription.endpoint,
        "TopicArn": subscription.topic_arn,
    }
