"""CloudWatch dashboards."""

from __future__ import annotations

from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import json_document, matching
from sandbox.provider.errors import answer_of
from sandbox.provider.table import Change, ResourceType, document, text
from sandbox.provider.values import Values


class Dashboard(ResourceType):
    """A dashboard; AWS has no tags on it."""

    typename = "aws:cloudwatch/dashboard:Dashboard"
    service = "cloudwatch"
    creator = "PutDashboard"
    tagged = False
    properties = (
        text(
            "dashboardName",
            "DashboardName",
            required=True,
            force_new=True,
            rule=matching(r"[A-Za-z0-9_-]{1,255}", "1 to 255 letters, digits, - and _"),
        ),
        document("dashboardBody", "DashboardBody", required=True, rule=json_document),
    )
    outputs = ("dashboardArn",)

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Put the dashboard."""
        _put(cloud, inputs)
        return inputs["dashboardName"]

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The dashboard."""
        found = answer_of(cloud.client("cloudwatch").get_dashboard, DashboardName=ident)
        return found and {
            "dashboardName": found["DashboardName"],
            "dashboardBody": found["DashboardBody"],
            "dashboardArn": found["DashboardArn"],
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Put the dashboard again, which replaces it as a whole."""
        _put(cloud, change.new)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the dashboard."""
        cloud.client("cloudwatch").delete_dashboards(DashboardNames=[ident])


def _put(cloud: Cloud, inputs: Values) -> None:
    cloud.client("cloudwatch").put_dashboard(
        DashboardName=inputs["dashboardName"], DashboardBody=inputs["dashboardBody"]
    )
