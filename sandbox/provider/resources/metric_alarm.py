"""CloudWatch alarms."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.provider.arguments import arguments, given, surplus, tag_list, tag_map
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import arn, one_of
from sandbox.provider.table import (
    Change,
    ResourceType,
    block,
    blocks,
    flag,
    labels,
    number,
    strings,
    text,
)
from sandbox.provider.values import Values, part, parts

_ACTION = arn("(sns|ec2|ssm|automate|autoscaling|lambda|swf)")

_PLAIN_ALARM = (
    ("metricName", "MetricName"),
    ("namespace", "Namespace"),
    ("statistic", "Statistic"),
    ("extendedStatistic", "ExtendedStatistic"),
    ("period", "Period"),
    ("unit", "Unit"),
    ("evaluationPeriods", "EvaluationPeriods"),
    ("datapointsToAlarm", "DatapointsToAlarm"),
    ("threshold", "Threshold"),
    ("comparisonOperator", "ComparisonOperator"),
    ("alarmDescription", "AlarmDescription"),
    ("alarmActions", "AlarmActions"),
    ("okActions", "OKActions"),
    ("insufficientDataActions", "InsufficientDataActions"),
)


class MetricAlarm(ResourceType):
    """An alarm on a metric, or on an expression over metrics."""

    typename = "aws:cloudwatch/metricAlarm:MetricAlarm"
    service = "cloudwatch"
    creator = "PutMetricAlarm"
    auto_named = "name"
    properties = (
        text("name", "AlarmName", force_new=True),
        text("alarmDescription", "AlarmDescription"),
        flag("actionsEnabled", "ActionsEnabled", default=True),
        strings("alarmActions", "AlarmActions", rule=_ACTION),
        strings("okActions", "OKActions", rule=_ACTION),
        strings("insufficientDataActions", "InsufficientDataActions", rule=_ACTION),
        text("metricName", "MetricName"),
        text("namespace", "Namespace"),
        text("statistic", "Statistic"),
        text("extendedStatistic", "ExtendedStatistic"),
        labels("dimensions"),
        number("period", "Period"),
        text("unit", "Unit"),
        number("evaluationPeriods", "EvaluationPeriods"),
        number("datapointsToAlarm", "DatapointsToAlarm"),
        number("threshold", "Threshold"),
        text("comparisonOperator", "ComparisonOperator"),
        text(
            "treatMissingData",
            "TreatMissingData",
            default="missing",
            rule=one_of("breaching", "notBreaching", "ignore", "missing"),
        ),
        blocks(
            "metricQueries",
            text("id", "Metrics.[].Id", required=True),
            text("expression", "Metrics.[].Expression"),
            text("label", "Metrics.[].Label"),
            flag("returnData", default=False),
            number("period", "Metrics.[].Period"),
            block(
                "metric",
                text("metricName", "Metrics.[].MetricStat.Metric.MetricName", required=True),
                text("namespace", "Metrics.[].MetricStat.Metric.Namespace"),
                number("period", "Metrics.[].MetricStat.Period", required=True),
                text("stat", "Metrics.[].MetricStat.Stat", required=True),
                text("unit", "Metrics.[].MetricStat.Unit"),
                labels("dimensions"),
            ),
        ),
    )
    outputs = ("arn",)

    def problems(self, inputs: Values) -> Iterator[tuple[str, str]]:
        """A metric or queries; a metric with a statistic and a period."""
        if ("metricName" in inputs) == bool(inputs.get("metricQueries")):
            yield "metricName", "must be set, or metricQueries, and not both"
        if "metricName" in inputs and not {"namespace", "period"} <= inputs.keys():
            yield "metricName", "needs namespace and period"
        if "metricName" in inputs and ("statistic" in inputs) == ("extendedStatistic" in inputs):
            yield "statistic", "must be set, or extendedStatistic, and not both"

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Put the alarm."""
        tags = {"Tags": tag_list(inputs["tagsAll"])} if inputs.get("tagsAll") else {}
        cloud.client("cloudwatch").put_metric_alarm(**self._request(inputs), **tags)
        return inputs["name"]

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The alarm."""
        client = cloud.client("cloudwatch")
        alarms: list[Values] = client.describe_alarms(AlarmNames=[ident])["MetricAlarms"]
        if not alarms:
            return None
        found = alarms[0]
        return {
            "tagsAll": tag_map(client.list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"]),
            "name": found["AlarmName"],
            "arn": found["AlarmArn"],
            "actionsEnabled": found.get("ActionsEnabled", True),
            "treatMissingData": found.get("TreatMissingData") or "missing",
            "dimensions": {one["Name"]: one["Value"] for one in parts(found, "Dimensions")},
            "metricQueries": [_query(one) for one in parts(found, "Metrics")],
            **{name: found.get(member) for name, member in _PLAIN_ALARM},
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Put the alarm again."""
        cloud.client("cloudwatch").put_metric_alarm(**self._request(change.new))

    def retag(self, cloud: Cloud, ident: str, state: Values, tags: dict[str, str]) -> None:
        """Set the alarm's tags."""
        client, address = cloud.client("cloudwatch"), state["arn"]
        surplus_keys = surplus(state, tags)
        if tags:
            client.tag_resource(ResourceARN=address, Tags=tag_list(tags))
        if surplus_keys:
            client.untag_resource(ResourceARN=address, TagKeys=surplus_keys)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the alarm."""
        cloud.client("cloudwatch").delete_alarms(AlarmNames=[ident])

    def _request(self, inputs: Values) -> Values:
        request = arguments(self.properties, inputs)
        if inputs.get("dimensions"):
            request["Dimensions"] = _dimensions(inputs["dimensions"])
        if inputs.get("metricQueries"):
            request["Metrics"] = [_query_request(one) for one in inputs["metricQueries"]]
        return request


def _dimensions(dimensions: dict[str, str]) -> list[Values]:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


def _query_request(query: Values) -> Values:
    metric: Values | None = query.get("metric")
    request = given(
        Id=query["id"],
        Expression=query.get("expression"),
        Label=query.get("label"),
        Period=query.get("period"),
        ReturnData=bool(query.get("returnData")),
    )
    if metric:
        request["MetricStat"] = given(
            Period=metric["period"], Stat=metric["stat"], Unit=metric.get("unit")
        ) | {
            "Metric": given(MetricName=metric["metricName"], Namespace=metric.get("namespace"))
            | {"Dimensions": _dimensions(part(metric, "dimensions"))}
        }
    return request


def _query(found: Values) -> Values:
    stat: Values = part(found, "MetricStat")
    metric: Values = part(stat, "Metric")
    return given(
        id=found["Id"],
        expression=found.get("Expression"),
        label=found.get("Label"),
        period=found.get("Period"),
        returnData=found.get("ReturnData", False),
        metric=given(
            metricName=metric.get("MetricName"),
            namespace=metric.get("Namespace"),
            period=stat.get("Period"),
            stat=stat.get("Stat"),
            unit=stat.get("Unit"),
            dimensions={one["Name"]: one["Value"] for one in parts(metric, "Dimensions")},
        )
        if stat
        else None,
    )
