"""An alarm about lines in a log group."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.labels import Labels
from model.names import METRIC_NAMESPACE


@dataclass(frozen=True, kw_only=True)
class LogAlarmArgs:
    """More than `threshold` lines that match `pattern` (CloudWatch Logs, "Filter pattern syntax") in each of
    `periods` periods are reported.
    """

    labels: Labels
    log_group: pulumi.Input[str]
    pattern: str
    description: str
    period_seconds: int
    alert_topic_arn: pulumi.Input[str]
    threshold: int = 0
    periods: int = 1


def log_alarm(
    name: str, args: LogAlarmArgs, parent: pulumi.Resource, after: pulumi.Resource | None = None
) -> pulumi.Output[str]:
    """A metric filter and the alarm on what it counts, as children of `parent`; `after` has the group.

    Returns the alarm's ARN.
    """
    metric = args.labels.names.of(name)
    aws.cloudwatch.LogMetricFilter(
        name,
        name=metric,
        log_group_name=args.log_group,
        pattern=args.pattern,
        metric_transformation=aws.cloudwatch.LogMetricFilterMetricTransformationArgs(
            name=metric, namespace=METRIC_NAMESPACE, value="1"
        ),
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[after] if after else None),
    )
    return aws.cloudwatch.MetricAlarm(
        name,
        name=metric,
        alarm_description=args.description,
        namespace=METRIC_NAMESPACE,
        metric_name=metric,
        statistic="Sum",
        comparison_operator="GreaterThanThreshold",
        threshold=args.threshold,
        period=args.period_seconds,
        evaluation_periods=args.periods,
        treat_missing_data="notBreaching",
        alarm_actions=[args.alert_topic_arn],
        tags=args.labels.tagged(name),
        opts=pulumi.ResourceOptions(parent=parent),
    ).arn
