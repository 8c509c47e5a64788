"""The cloud's topics, alarms and dashboards: who has yet to confirm, what goes with what, what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from labs.moto_server import CloudServer, cloud_server, refusal_of


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudServer]:
    with cloud_server(tmp_path_factory.mktemp("cloud")) as server:
        yield server


def test_a_subscription_by_mail_stays_pending_and_goes_with_its_topic(cloud: CloudServer) -> None:
    sns = cloud.client("sns")
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    asked = {"TopicArn": topic, "Protocol": "email", "Endpoint": "oncall@example.com"}
    assert sns.subscribe(**asked)["SubscriptionArn"] == "pending confirmation"
    subscription = sns.subscribe(**asked, ReturnSubscriptionArn=True)["SubscriptionArn"]
    assert subscription.startswith(f"{topic}:")
    attributes = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert attributes["PendingConfirmation"] == "true"
    assert attributes["ConfirmationWasAuthenticated"] == "false"
    for (listed,) in (
        sns.list_subscriptions()["Subscriptions"],
        sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"],
    ):
        assert listed == {
            "SubscriptionArn": "PendingConfirmation",
            "Owner": attributes["Owner"],
            "Protocol": "email",
            "Endpoint": "oncall@example.com",
            "TopicArn": topic,
        }
    assert refusal_of(lambda: sns.unsubscribe(SubscriptionArn=subscription)) == ("InvalidParameter", 400)
    sns.delete_topic(TopicArn=topic)
    assert "subscription" not in cloud.control("GET", "/sandbox/inventory")[1]


def test_a_subscription_of_a_queue_is_confirmed_at_once(cloud: CloudServer) -> None:
    sns = cloud.client("sns")
    topic = sns.create_topic(Name="queued")["TopicArn"]
    queue = "arn:aws:sqs:eu-central-1:123456789012:alerts"
    made = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)["SubscriptionArn"]
    (listed,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed["SubscriptionArn"] == made
    sns.unsubscribe(SubscriptionArn=made)
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_an_alarm_takes_its_tags_with_it(cloud: CloudServer) -> None:
    watch = cloud.client("cloudwatch")
    alarm: dict[str, Any] = {
        "AlarmName": "tunnel",
        "Namespace": "AWS/VPN",
        "MetricName": "TunnelState",
        "Statistic": "Minimum",
        "Period": 60,
        "EvaluationPeriods": 3,
        "Threshold": 1,
        "ComparisonOperator": "LessThanThreshold",
    }

    def tags() -> list[dict[str, str]]:
        (found,) = watch.describe_alarms(AlarmNames=["tunnel"])["MetricAlarms"]
        return watch.list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"]

    watch.put_metric_alarm(**alarm, Tags=[{"Key": "Environment", "Value": "dev"}])
    assert tags() == [{"Key": "Environment", "Value": "dev"}]
    watch.delete_alarms(AlarmNames=["tunnel", "none"])
    watch.put_metric_alarm(**alarm)
    assert tags() == []


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        '{"widgets": [{"type": "text", "properties": {}}]}',
        '{"widgets": [{"type": "clock", "properties": {"markdown": ""}}]}',
        '{"widgets": [{"type": "text", "x": 20, "properties": {"markdown": ""}}]}',
        '{"widgets": [{"type": "metric", "properties": {"metrics": [["AWS/VPN", "TunnelState"]]}}]}',
        '{"widgets": [{"type": "metric", "properties": {"region": "r", "metrics": [["AWS/VPN"]]}}]}',
        '{"widgets": [{"type": "alarm", "properties": {"alarms": []}}]}',
        '{"widgets": [{"type": "alarm", "properties": {"alarms": ["tunnel"]}}]}',
        json.dumps({"widgets": [{"type": "text", "properties": {"markdown": ""}}] * 501}),
    ],
)
def test_a_dashboard_that_cloudwatch_could_not_show_is_refused(cloud: CloudServer, body: str) -> None:
    watch = cloud.client("cloudwatch")
    asked = {"DashboardName": "bad", "DashboardBody": body}
    assert refusal_of(lambda: watch.put_dashboard(**asked)) == ("InvalidParameterInput", 400)
    assert refusal_of(lambda: watch.get_dashboard(DashboardName="bad"))[0] == "ResourceNotFound"


def test_a_launch_template_shows_the_tags_that_it_has_now(cloud: CloudServer) -> None:
    ec2 = cloud.client("ec2")
    made = ec2.create_launch_template(
        LaunchTemplateName="monitor", LaunchTemplateData={"InstanceType": "t4g.nano"}
    )["LaunchTemplate"]["LaunchTemplateId"]
    ec2.create_tags(Resources=[made], Tags=[{"Key": "Name", "Value": "monitor"}])
    (shown,) = ec2.describe_launch_templates(LaunchTemplateIds=[made])["LaunchTemplates"]
    changed = ec2.modify_launch_template(LaunchTemplateId=made, DefaultVersion="1")["LaunchTemplate"]
    assert shown["Tags"] == changed["Tags"] == [{"Key": "Name", "Value": "monitor"}]
