"""Logs, alarms, dashboards, rules and topics; the key that encrypts them; secrets."""

from __future__ import annotations

from collections.abc import Mapping

from operations.iam.table.rights import Rights

RECORDS: Mapping[str, Rights] = {
    "aws:cloudwatch/logGroup:LogGroup": Rights(
        create=(
            "logs:AssociateKmsKey log-group:named",
            "logs:CreateLogGroup log-group:named",
            "logs:PutRetentionPolicy log-group:named",
            "logs:TagResource log-group:named",
        ),
        read=("logs:DescribeLogGroups", "logs:ListTagsForResource log-group:named"),
        update=("logs:UntagResource log-group:named",),
        delete=("logs:DeleteLogGroup log-group:named",),
    ),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": Rights(
        create=("logs:PutMetricFilter log-group:named",),
        read=("logs:DescribeMetricFilters log-group:named",),
        delete=("logs:DeleteMetricFilter log-group:named",),
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Rights(
        create=("cloudwatch:PutMetricAlarm alarm:named", "cloudwatch:TagResource alarm:named"),
        read=("cloudwatch:DescribeAlarms alarm:named", "cloudwatch:ListTagsForResource alarm:named"),
        update=("cloudwatch:UntagResource alarm:named",),
        delete=("cloudwatch:DeleteAlarms alarm:named",),
    ),
    "aws:cloudwatch/dashboard:Dashboard": Rights(
        create=("cloudwatch:PutDashboard dashboard:named",),
        read=("cloudwatch:GetDashboard dashboard:named",),
        delete=("cloudwatch:DeleteDashboards dashboard:named",),
    ),
    "aws:cloudwatch/eventRule:EventRule": Rights(
        create=(
            "events:PutRule rule-on-default-event-bus:named",
            "events:TagResource rule-on-default-event-bus:named",
        ),
        read=(
            "events:DescribeRule rule-on-default-event-bus:named",
            "events:ListTagsForResource rule-on-default-event-bus:named",
        ),
        update=("events:UntagResource rule-on-default-event-bus:named",),
        delete=("events:DeleteRule rule-on-default-event-bus:named",),
    ),
    "aws:cloudwatch/eventTarget:EventTarget": Rights(
        create=("events:PutTargets rule-on-default-event-bus:named",),
        read=("events:ListTargetsByRule rule-on-default-event-bus:named",),
        delete=("events:RemoveTargets rule-on-default-event-bus:named",),
    ),
    "aws:sns/topic:Topic": Rights(
        create=(
            "sns:CreateTopic topic:named",
            "sns:SetTopicAttributes topic:named",
            "sns:TagResource topic:named",
        ),
        read=("sns:GetTopicAttributes topic:named", "sns:ListTagsForResource topic:named"),
        update=("sns:UntagResource topic:named",),
        delete=("sns:DeleteTopic topic:named",),
    ),
    "aws:sns/topicSubscription:TopicSubscription": Rights(
        create=("sns:Subscribe topic:named",),
        read=("sns:GetSubscriptionAttributes",),
        delete=("sns:Unsubscribe",),
    ),
    "aws:kms/key:Key": Rights(
        create=(
            "kms:CreateKey :new",
            "kms:EnableKeyRotation key:own",
            "kms:PutKeyPolicy key:own",
            "kms:TagResource key:own key:unowned",
        ),
        read=(
            "kms:DescribeKey key:own",
            "kms:GetKeyPolicy key:own",
            "kms:GetKeyRotationStatus key:own",
            "kms:ListResourceTags key:own",
        ),
        update=("kms:UntagResource key:own",),
        delete=("kms:ScheduleKeyDeletion key:own",),
    ),
    "aws:secretsmanager/secret:Secret": Rights(
        create=("secretsmanager:CreateSecret Secret:named", "secretsmanager:TagResource Secret:named"),
        read=("secretsmanager:DescribeSecret Secret:named", "secretsmanager:GetResourcePolicy Secret:named"),
        update=("secretsmanager:UntagResource Secret:named",),
        delete=("secretsmanager:DeleteSecret Secret:named",),
    ),
}
