"""The alarms on a VPN connection's tunnels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.labels import Labels

TUNNEL_STATE_PERIOD_MINUTES = 5
"""How often AWS's own alarms look at TunnelState ("Monitor tunnels with CloudWatch"); a finer period is
promised nowhere, and would find no data, which is taken for a tunnel that is down."""


@dataclass(frozen=True, kw_only=True)
class TunnelAlarmsArgs:
    """A connection, and whom the topic tells when its tunnels are down for `down_minutes`, in fives."""

    labels: Labels
    vpn_connection_id: pulumi.Input[str]
    alert_topic_arn: pulumi.Input[str]
    down_minutes: int
    tags: Mapping[str, str]


def tunnel_alarms(
    name: str, site: str, args: TunnelAlarmsArgs, opts: pulumi.ResourceOptions
) -> list[pulumi.Output[str]]:
    """One on any tunnel that is down, one on both: TunnelState of a VpnId spans its two tunnels.

    A tunnel that is down may send nothing, so that missing data is a tunnel down. Returns the alarms' ARNs.
    """
    return [
        aws.cloudwatch.MetricAlarm(
            f"{name}-{part}",
            name=args.labels.names.of(f"{name}-{part}"),
            alarm_description=f"{down} down on the VPN connection to {site}.",
            namespace="AWS/VPN",
            metric_name="TunnelState",
            dimensions={"VpnId": args.vpn_connection_id},
            statistic=statistic,
            comparison_operator="LessThanThreshold",
            threshold=1,
            period=TUNNEL_STATE_PERIOD_MINUTES * 60,
            evaluation_periods=args.down_minutes // TUNNEL_STATE_PERIOD_MINUTES,
            treat_missing_data="breaching",
            alarm_actions=[args.alert_topic_arn],
            ok_actions=[args.alert_topic_arn],
            tags=args.tags,
            opts=opts,
        ).arn
        for part, statistic, down in (
            ("tunnel-state", "Minimum", "A tunnel is"),
            ("all-tunnels-down", "Maximum", "Both tunnels are"),
        )
    ]
