"""The alert topic component."""

from __future__ import annotations

import json

import pytest

from components.alert_topic import AlertTopic, AlertTopicArgs
from components.health_alerts import HealthAlerts, HealthAlertsArgs
from components.labels import Labels
from labs.recorded_graph import record
from model.arns import Place
from model.names import EnvironmentNames
from sandbox.moto_server.permissions.policy import Request, Verdict, decide

LABELS = Labels(names=EnvironmentNames("dev"))
PLACE = Place("eu-central-1", "123456789012")
TOPIC = PLACE.arn("sns", "aws-vpn-dev-alerts")


def test_each_address_is_subscribed() -> None:
    args = AlertTopicArgs(
        labels=LABELS, place=PLACE, encryption_key_arn="arn:key", emails=("a@example.com", "b@example.com")
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
    args = AlertTopicArgs(labels=LABELS, place=PLACE, encryption_key_arn="arn:key")
    graph = record(lambda: AlertTopic("alerts", args))
    assert graph.one("aws:sns/topic:Topic").inputs["kmsMasterKeyId"] == "arn:key"
    assert graph.counts() == {"aws-vpn:alerts:AlertTopic": 1, "aws:sns/topic:Topic": 1}


@pytest.mark.parametrize(
    ("service", "source", "may"),
    [
        ("cloudwatch", "alarm:aws-vpn-dev-hardware-vpn-berlin-tunnel-state", True),
        ("cloudwatch", "alarm:aws-vpn-prod-hardware-vpn-berlin-tunnel-state", False),
        ("events", "rule/aws-vpn-dev-health", True),
        ("events", "rule/somebody-elses", False),
        ("s3", "bucket", False),
    ],
)
def test_this_environments_alarms_and_rules_alone_publish(service: str, source: str, may: bool) -> None:
    args = AlertTopicArgs(labels=LABELS, place=PLACE, encryption_key_arn="arn:key")
    policy = record(lambda: AlertTopic("alerts", args)).one("aws:sns/topic:Topic").inputs["policy"]
    context = {"aws:sourceaccount": (PLACE.account,), "aws:sourcearn": (PLACE.arn(service, source),)}
    asked = Request("sns:Publish", TOPIC, context, service=f"{service}.amazonaws.com")
    assert (decide([policy], asked) is Verdict.ALLOWED) is may
    elsewhere = {**context, "aws:sourceaccount": ("210987654321",)}
    asked = Request("sns:Publish", TOPIC, elsewhere, service=f"{service}.amazonaws.com")
    assert decide([policy], asked) is not Verdict.ALLOWED


def test_what_aws_health_says_of_vpns_goes_to_the_topic() -> None:
    args = HealthAlertsArgs(labels=LABELS, alert_topic_arn=TOPIC)
    graph = record(lambda: HealthAlerts("health", args))
    rule = graph.one("aws:cloudwatch/eventRule:EventRule").inputs
    assert rule["name"] == "aws-vpn-dev-health"
    assert json.loads(rule["eventPattern"]) == {
        "source": ["aws.health"],
        "detail-type": ["AWS Health Event"],
        "detail": {"service": ["VPN"]},
    }
    target = graph.one("aws:cloudwatch/eventTarget:EventTarget").inputs
    assert (target["rule"], target["arn"]) == ("aws-vpn-dev-health", TOPIC)
