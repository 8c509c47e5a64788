"""Metrics that CloudWatch counts in a log group."""

from __future__ import annotations

from sandbox.provider.arguments import given
from sandbox.provider.aws_client import Cloud
from sandbox.provider.table import Change, ResourceType, block, flag, labels, text
from sandbox.provider.values import Values, part

_TRANSFORMATION = (
    ("name", "metricName"),
    ("namespace", "metricNamespace"),
    ("value", "metricValue"),
    ("defaultValue", "defaultValue"),
    ("unit", "unit"),
    ("dimensions", "dimensions"),
)


class LogMetricFilter(ResourceType):
    """A filter; it is known by its name within its log group."""

    typename = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
    service = "logs"
    creator = "PutMetricFilter"
    tagged = False
    auto_named = "name"
    properties = (
        text("name", "filterName", force_new=True),
        text("logGroupName", "logGroupName", required=True, force_new=True),
        text("pattern", "filterPattern", required=True),
        flag("applyOnTransformedLogs", computed=True),
        block(
            "metricTransformation",
            text("name", required=True),
            text("namespace", required=True),
            text("value", required=True),
            text("defaultValue"),
            text("unit", default="None"),
            labels("dimensions"),
            required=True,
        ),
    )

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Put the filter."""
        _put(cloud, inputs)
        return inputs["name"]

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The filter."""
        found = cloud.client("logs").describe_metric_filters(
            logGroupName=known["logGroupName"], filterNamePrefix=ident
        )["metricFilters"]
        one: Values | None = next((one for one in found if one["filterName"] == ident), None)
        if one is None:
            return None
        transformation = {"unit": "None", **one["metricTransformations"][0]}
        return {
            "name": ident,
            "logGroupName": one["logGroupName"],
            "pattern": one["filterPattern"],
            "applyOnTransformedLogs": one.get("applyOnTransformedLogs", False),
            "metricTransformation": {
                ours: f"{transformation[theirs]:g}" if ours == "defaultValue" else transformation[theirs]
                for ours, theirs in _TRANSFORMATION
                if transformation.get(theirs) not in (None, {})
            },
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Put the filter again, which overwrites it."""
        _put(cloud, {**change.new, "name": ident})

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the filter."""
        cloud.client("logs").delete_metric_filter(logGroupName=state["logGroupName"], filterName=ident)


def _put(cloud: Cloud, inputs: Values) -> None:
    asked = part(inputs, "metricTransformation")
    transformation = given(**{theirs: asked.get(ours) for ours, theirs in _TRANSFORMATION})
    if "defaultValue" in transformation:
        transformation["defaultValue"] = float(transformation["defaultValue"])
    cloud.client("logs").put_metric_filter(
        logGroupName=inputs["logGroupName"],
        filterName=inputs["name"],
        filterPattern=inputs["pattern"],
        metricTransformations=[transformation],
    )
