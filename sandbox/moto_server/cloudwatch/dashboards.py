"""What CloudWatch takes for a dashboard's body ("Dashboard Body Structure and Syntax")."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

MOST_WIDGETS = 500
MOST_METRICS = 2500
MOST_METRICS_OF_A_WIDGET = 500
MOST_ALARMS_OF_A_WIDGET = 100
"""CloudWatch's quotas of dashboards, which no request raises ("CloudWatch service quotas")."""

_COLUMNS = 24
_MOST_HEIGHT = 1000
_NEEDED = {"metric": {"region"}, "text": {"markdown"}, "alarm": {"alarms"}}

Widget = Mapping[str, Any]


def objections(body: str) -> list[str]:
    """Why a body is refused; none if it is not."""
    try:
        given = json.loads(body)
    except ValueError:
        return ["The field DashboardBody must be a valid JSON object"]
    widgets = cast("Any", given).get("widgets") if isinstance(given, dict) else None
    if not isinstance(widgets, list):
        return ["The dashboard must have a list of widgets"]
    return list(_objections(cast("list[Widget]", widgets)))


def _objections(widgets: list[Widget]) -> Iterator[str]:
    if len(widgets) > MOST_WIDGETS:
        yield f"{len(widgets)} widgets; at most {MOST_WIDGETS}"
    for number, widget in enumerate(widgets):
        yield from (f"widget {number}: {one}" for one in _of_one(widget))
    metrics = sum(len(_metrics(widget)) for widget in widgets)
    if metrics > MOST_METRICS:
        yield f"{metrics} metrics; at most {MOST_METRICS}"


def _of_one(widget: Widget) -> Iterator[str]:
    kind, properties = widget.get("type"), widget.get("properties")
    if kind not in _NEEDED or not isinstance(properties, dict):
        yield f"type {kind} is not one of {', '.join(_NEEDED)}, or it has no properties"
        return
    missing = _NEEDED[kind] - properties.keys()
    if missing:
        yield f"properties lack {', '.join(sorted(missing))}"
    x, y, width, height = (widget.get(key, 6) for key in ("x", "y", "width", "height"))
    if not (0 <= x < _COLUMNS and y >= 0 and 1 <= width <= _COLUMNS - x and 1 <= height <= _MOST_HEIGHT):
        yield f"it is not within the {_COLUMNS} columns: x {x}, y {y}, width {width}, height {height}"
    if len(_metrics(widget)) > MOST_METRICS_OF_A_WIDGET:
        yield f"more than {MOST_METRICS_OF_A_WIDGET} metrics"
    for metric in _metrics(widget):
        names = [part for part in metric if not isinstance(part, dict)]
        if len(names) < 2 or len(names) % 2 or not all(isinstance(name, str) for name in names):
            yield f"a metric is a namespace, a name, and names and values of dimensions, not {metric}"
    alarms = _properties(widget).get("alarms", [""])
    if not 1 <= len(alarms) <= MOST_ALARMS_OF_A_WIDGET:
        yield f"{len(alarms)} alarms; 1 to {MOST_ALARMS_OF_A_WIDGET}"
    for alarm in alarms if kind == "alarm" else ():
        if not str(alarm).startswith("arn:"):
            yield f"{alarm} is not the ARN of an alarm"


def _metrics(widget: Widget) -> list[list[Any]]:
    return _properties(widget).get("metrics", [])


def _properties(widget: Widget) -> dict[str, Any]:
    properties = widget.get("properties")
    return cast("dict[str, Any]", properties) if isinstance(properties, dict) else {}
