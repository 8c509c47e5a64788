"""What a pair of servers measures, the right to send it, and the alarms on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi
import pulumi_aws as aws

from components.labels import Labels
from hosts.metrics import OPENVPN_METRICS, PAIR_METRICS
from model.names import METRIC_NAMESPACE

TYPE = "aws-vpn:monitoring:PairMetrics"

SEND_STATEMENT: dict[str, Any] = {
    "Effect": "Allow",
    "Action": ["cloudwatch:PutMetricData"],
    "Resource": "*",
    "Condition": {"StringEquals": {"cloudwatch:namespace": METRIC_NAMESPACE}},
}
"""PutMetricData knows no resources; the namespace is what there is to limit it by ("Actions, resources, and
condition keys for Amazon CloudWatch")."""


@dataclass(frozen=True, kw_only=True)
class MetricAlarm:
    """An alarm on one metric of a pair, whichever server sends it.

    `missing` is what no data means. Silence has an alarm of its own, so that for counters it means nothing
    was counted, and for days left that an alarm stays as it is.
    """

    part: str
    metric: str
    description: str
    statistic: Literal["Maximum", "Minimum", "Sum", "SampleCount"]
    comparison: Literal["GreaterThanThreshold", "LessThanThreshold"]
    threshold: float
    missing: Literal["breaching", "notBreaching", "ignore"]
    period_seconds: int = 300
    periods: int = 1


PAIR_ALARMS = (
    MetricAlarm(
        part="unmeasured",
        metric="ConntrackUse",
        description="neither server has measured anything for 15 minutes",
        statistic="SampleCount",
        comparison="LessThanThreshold",
        threshold=1,
        missing="breaching",
        periods=3,
    ),
    MetricAlarm(
        part="conntrack-full",
        metric="ConntrackUse",
        description="a server's table of connections is over 80 percent full; new ones will be dropped",
        statistic="Maximum",
        comparison="GreaterThanThreshold",
        threshold=80,
        missing="notBreaching",
    ),
    MetricAlarm(
        part="conntrack-allowance",
        metric="ConntrackAllowanceExceeded",
        description="AWS drops packets: more connections than the instance type may have; take a larger one",
        statistic="Sum",
        comparison="GreaterThanThreshold",
        threshold=0,
        missing="notBreaching",
    ),
    MetricAlarm(
        part="bandwidth-allowance",
        metric="BandwidthAllowanceExceeded",
        description="for 15 minutes more traffic than the instance type may carry; take a larger one",
        statistic="Sum",
        comparison="GreaterThanThreshold",
        threshold=0,
        missing="notBreaching",
        periods=3,
    ),
    MetricAlarm(
        part="packet-allowance",
        metric="PacketRateAllowanceExceeded",
        description="for 15 minutes more packets than the instance type may carry; take a larger one",
        statistic="Sum",
        comparison="GreaterThanThreshold",
        threshold=0,
        missing="notBreaching",
        periods=3,
    ),
)
"""Allowances of bandwidth and packets are exceeded for moments by ordinary bursts; a connection that the
instance may not have is refused for good."""

OPENVPN_ALARMS = (
    MetricAlarm(
        part="certificate",
        metric="CertificateDaysLeft",
        description="the servers' certificate ends within 30 days; run aws-vpn access publish",
        statistic="Minimum",
        comparison="LessThanThreshold",
        threshold=30,
        missing="ignore",
        period_seconds=3600,
    ),
    MetricAlarm(
        part="revocation-list",
        metric="RevocationListDaysLeft",
        description="the revocation list ends within 10 days, and then nobody gets in; run aws-vpn access"
        " publish",
        statistic="Minimum",
        comparison="LessThanThreshold",
        threshold=10,
        missing="ignore",
        period_seconds=3600,
    ),
)
"""A list is valid for 30 days, and should be published once a week."""

_METRICS = {"nat": PAIR_METRICS, "openvpn": (*PAIR_METRICS, *OPENVPN_METRICS)}
_ALARMS = {"nat": PAIR_ALARMS, "openvpn": (*PAIR_ALARMS, *OPENVPN_ALARMS)}


@dataclass(frozen=True, kw_only=True)
class PairMetricsArgs:
    """What the pair is, and whom its alarms tell."""

    labels: Labels
    kind: Literal["nat", "openvpn"]
    alert_topic_arn: pulumi.Input[str]


class PairMetrics(pulumi.ComponentResource):
    """The pair's alarms. `customMetrics` says how many metrics it sends, which AWS charges by number."""

    alarm_arns: Sequence[pulumi.Output[str]]

    def __init__(self, name: str, args: PairMetricsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        sent = {"customMetrics": len(_METRICS[args.kind])}
        super().__init__(TYPE, name, sent, opts)
        self._name, self._args = name, args
        self.alarm_arns = [self._alarm(alarm) for alarm in _ALARMS[args.kind]]
        self.register_outputs(sent)

    def _alarm(self, alarm: MetricAlarm) -> pulumi.Output[str]:
        name, args = f"{self._name}-{alarm.part}", self._args
        return aws.cloudwatch.MetricAlarm(
            name,
            name=args.labels.names.of(name),
            alarm_description=f"{self._name} in {args.labels.names.stack}: {alarm.description}",
            namespace=METRIC_NAMESPACE,
            metric_name=alarm.metric,
            dimensions={"Environment": args.labels.names.stack, "Name": self._name},
            statistic=alarm.statistic,
            comparison_operator=alarm.comparison,
            threshold=alarm.threshold,
            period=alarm.period_seconds,
            evaluation_periods=alarm.periods,
            treat_missing_data=alarm.missing,
            alarm_actions=[args.alert_topic_arn],
            ok_actions=[args.alert_topic_arn],
            tags=args.labels.tagged(name),
            opts=pulumi.ResourceOptions(parent=self),
        ).arn
