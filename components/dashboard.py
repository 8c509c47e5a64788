"""An environment's dashboard in CloudWatch."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.labels import Labels
from model.dashboard_body import Shown, dashboard_body


@dataclass(frozen=True, kw_only=True)
class DashboardArgs:
    """What the dashboard shows."""

    labels: Labels
    shown: Shown


class Dashboard(pulumi.ComponentResource):
    """Alarms, tunnels, pairs of servers, clients and NAT on one page.

    AWS has dashboards by account and not by region, and no tags on them.
    """

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: DashboardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("aws-vpn:monitoring:Dashboard", name, None, opts)
        dashboard = aws.cloudwatch.Dashboard(
            name,
            dashboard_name=args.labels.names.of(name),
            dashboard_body=pulumi.Output.json_dumps(dashboard_body(args.shown), separators=(",", ":")),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = dashboard.dashboard_arn
        self.register_outputs({"arn": self.arn})
