"""VPN connections have an alarm on their tunnels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pulumi_policy import Severity

from policy.facts import aws_types as aws
from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.references import vpn_guide
from policy.facts.resource import Found, Resource, Target, Unresolved
from policy.facts.values import part
from policy.rules.rule import Level, Parameters, StackRule


def _check_alarms(graph: Graph, _parameters: Parameters) -> Iterator[Finding]:
    watched: set[str] = set()
    unsure = False
    for alarm, key, dimensions in _tunnel_alarms(graph):
        for target in _watched(graph, alarm, key, dimensions):
            unsure = unsure or isinstance(target, Unresolved)
            if isinstance(target, Found):
                watched.add(target.identity)
    for connection in graph.of(aws.VPN_CONNECTION):
        addresses = {connection.get(f"tunnel{tunnel}Address") for tunnel in (1, 2)}
        if connection.identity not in watched and not addresses & watched:
            yield Finding(
                message=f"nobody hears when a tunnel of {connection} goes down; add an alarm on AWS/VPN "
                "TunnelState.",
                resource=connection,
                undecided=unsure,
            )


def _tunnel_alarms(graph: Graph) -> Iterator[tuple[Resource, str, Any]]:
    """Every metric on a tunnel's state in an alarm: the alarm, the property and the dimensions in it."""
    for alarm in graph.of(aws.METRIC_ALARM):
        queries = [part(query, "metric") for query in alarm.items("metricQueries")]
        for key, metric in [("dimensions", alarm.properties_plain), *(("metricQueries", q) for q in queries)]:
            if part(metric, "namespace") == "AWS/VPN" and part(metric, "metricName") == "TunnelState":
                yield alarm, key, part(metric, "dimensions")


def _watched(graph: Graph, alarm: Resource, key: str, dimensions: Any) -> list[Target]:
    """The connection, or the address of the tunnel, that dimensions name."""
    values = [part(dimensions, name) for name in ("VpnId", "TunnelIpAddress")]
    return [
        target for value in values for target in graph.candidates(alarm, key, value, (aws.VPN_CONNECTION,))
    ]


RULE = StackRule(
    name="vpn-tunnel-alarm",
    title="Alarm on tunnels",
    description="Every VPN connection has an alarm on the state of its tunnels.",
    level=Level.ADVISORY,
    severity=Severity.MEDIUM,
    references=(vpn_guide("Monitor tunnels with CloudWatch", "monitoring-cloudwatch-vpn.html"),),
    tags=("vpn", "monitoring"),
    risk="A tunnel is down for weeks before the other one fails too.",
    remediation="Add an aws.cloudwatch.MetricAlarm on AWS/VPN TunnelState with the connection as VpnId.",
    check=_check_alarms,
    bad="""
            connection:
              type: aws:ec2:VpnConnection
              properties: {type: ipsec.1, customerGatewayId: cgw-0a1b2c3d}
        """,
    good="""
            connection:
              type: aws:ec2:VpnConnection
              properties: {type: ipsec.1, customerGatewayId: cgw-0a1b2c3d}
            alarm:
              type: aws:cloudwatch:MetricAlarm
              properties:
                namespace: AWS/VPN
                metricName: TunnelState
                dimensions: {VpnId: "${connection.id}"}
                comparisonOperator: LessThanThreshold
                threshold: 1
                evaluationPeriods: 3
        """,
)
