"""The alert topic component."""

from __future__ import annotations

from components.alert_topic import AlertTopic, AlertTopicArgs
from components.labels import Labels
from labs.recorded_graph import record
from model.names import EnvironmentNames

LABELS = Labels(names=EnvironmentNames("dev"))


def test_each_address_is_subscribed() -> None:
    args = AlertTopicArgs(
        labels=LABELS, encryption_key_arn="arn:key", emails=("a@example.com", "b@example.com")
    )
    graph = record(lambda: AlertTopic("alerts", args))
    assert graph.one("aws:sns/topic:Topic").inputs["name"] == "aws-vpn-dev-alerts"
    subscriptions = graph.of("aws:sns/topicSubscription:TopicSubscription")
    assert {(s.inputs["protocol"], s.inputs["endpoint"]) for s in subscriptions} == {
        ("email", "a@example.com"),
        ("email", "b@example.com"),
    }
    assert graph.one("aws-vpn:alerts:AlertTopic").outputs == {"arn": "arn:aws:sns:::alerts"}


def test_a_topic_without_subscribers_is_a_topic_too() -> None:
    args = AlertTopicArgs(labels=LABELS, encryption_key_arn="arn:key")
    graph = record(lambda: AlertTopic("alerts", args))
    assert graph.one("aws:sns/topic:Topic").inputs["kmsMasterKeyId"] == "arn:key"
    assert graph.counts() == {"aws-vpn:alerts:AlertTopic": 1, "aws:sns/topic:Topic": 1}
