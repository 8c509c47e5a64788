"""AWS's own announcements about VPN connections, on the topic that alarms report to."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.labels import Labels

VPN_EVENTS = {
    "source": ["aws.health"],
    "detail-type": ["AWS Health Event"],
    "detail": {"service": ["VPN"]},
}
"""A tunnel's end that is about to be or was replaced, a connection with one tunnel alone ("Monitor AWS
Site-to-Site VPN using AWS Health events")."""


@dataclass(frozen=True, kw_only=True)
class HealthAlertsArgs:
    """The topic, whose policy lets EventBridge publish."""

    labels: Labels
    alert_topic_arn: pulumi.Input[str]


class HealthAlerts(pulumi.ComponentResource):
    """A rule of EventBridge that leads AWS Health's events about VPNs in this region to the topic."""

    rule_arn: pulumi.Output[str]

    def __init__(self, name: str, args: HealthAlertsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("aws-vpn:alerts:HealthAlerts", name, None, opts)
        own = pulumi.ResourceOptions(parent=self)
        rule = aws.cloudwatch.EventRule(
            name,
            name=args.labels.names.of(name),
            description="What AWS Health announces about VPN connections.",
            event_pattern=json.dumps(VPN_EVENTS),
            tags=args.labels.tagged(name),
            opts=own,
        )
        aws.cloudwatch.EventTarget(
            name, rule=rule.name, target_id="alerts", arn=args.alert_topic_arn, opts=own
        )
        self.rule_arn = rule.arn
        self.register_outputs({"ruleArn": self.rule_arn})
