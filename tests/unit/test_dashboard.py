"""The dashboard of each stack: a body that CloudWatch takes, and figures that somebody really publishes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from components import failover_monitor
from hosts.metrics import OPENVPN_METRICS, PAIR_METRICS
from hosts.programs.failover_monitor import reports, watch
from labs.recorded_environment import environment, settings_of
from labs.recorded_graph import Graph
from model.dashboard_body import Shown, ShownSite, dashboard_body, metrics_of
from sandbox.moto_server.cloudwatch.dashboards import objections
from stacks import quotas
from stacks.settings_error import SettingsError
from stacks.stack_file import parse

DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
ARN = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm"

OF_AWS = {
    "AWS/VPN": (
        {"TunnelState", "TunnelDataIn", "TunnelDataOut"},
        {("VpnId",), ("TunnelIpAddress",)},
    ),
    "AWS/NATGateway": (
        {
            "ActiveConnectionCount",
            "BytesInFromDestination",
            "BytesOutToDestination",
            "ErrorPortAllocation",
            "PacketsDropCount",
        },
        {("NatGatewayId",)},
    ),
}
"""What AWS publishes, and by which dimensions ("Monitor VPN tunnels using Amazon CloudWatch", "NAT gateway
metrics and dimensions")."""


@pytest.fixture(scope="module", params=["dev", "staging", "prod"])
def graph(request: pytest.FixtureRequest) -> Graph:
    return environment(request.param, settings_of(request.param))


def body_of(graph: Graph) -> dict[str, Any]:
    return json.loads(graph.one(DASHBOARD).inputs["dashboardBody"])


def dimensions(metric: Sequence[Any]) -> tuple[str, str, dict[str, str]]:
    namespace, name, *rest = [part for part in metric if isinstance(part, str)]
    return namespace, name, dict(zip(rest[::2], rest[1::2], strict=True))


def overlaps(widgets: Sequence[Mapping[str, int]]) -> list[tuple[Mapping[str, int], Mapping[str, int]]]:
    return [
        (a, b)
        for a, b in combinations(widgets, 2)
        if a["x"] < b["x"] + b["width"]
        and b["x"] < a["x"] + a["width"]
        and a["y"] < b["y"] + b["height"]
        and b["y"] < a["y"] + a["height"]
    ]


def test_cloudwatch_takes_the_body_as_it_is(graph: Graph) -> None:
    body = body_of(graph)
    assert objections(json.dumps(body)) == []
    assert overlaps(body["widgets"]) == []
    assert {widget["type"] for widget in body["widgets"]} == {"text", "alarm", "metric"}


def test_every_figure_is_one_that_somebody_publishes(graph: Graph) -> None:
    tunnels = {one.name for one in graph.of("aws-vpn:openvpn:OpenVpnTunnel")}
    pairs = tunnels | {one.name for one in graph.of("aws-vpn:nat:NatInstances")}
    (stack,) = {one.inputs["tags"]["Environment"] for one in graph.of("aws:sns/topic:Topic")}
    shown: set[tuple[str, str]] = set()
    for metric in metrics_of(body_of(graph)):
        namespace, name, given = dimensions(metric)
        if namespace == "aws-vpn":
            assert given.keys() == {"Environment", "Name"}
            assert given["Environment"] == stack
            shown.add((given["Name"], name))
        else:
            names, known = OF_AWS[namespace]
            assert name in names
            assert tuple(given) in known
    measured = {(pair, name) for pair in pairs for name in (*PAIR_METRICS, *failover_monitor.METRICS)}
    measured |= {(tunnel, name) for tunnel in tunnels for name in OPENVPN_METRICS}
    assert shown <= measured
    assert {(pair, name) for pair in pairs for name in PAIR_METRICS} <= shown


def test_every_tunnel_of_every_site_is_shown(graph: Graph) -> None:
    states = [one for one in metrics_of(body_of(graph)) if one[1] == "TunnelState"]
    sites = graph.of("aws:ec2/vpnConnection:VpnConnection")
    assert len(states) == 2 * len(sites)
    labels = {f"{site.name.removeprefix('hardware-vpn-')} tunnel {n}" for site in sites for n in (1, 2)}
    assert {one[-1]["label"] for one in states} == labels


def test_every_alarm_that_rings_is_on_it(graph: Graph) -> None:
    listed = [arn for widget in body_of(graph)["widgets"] for arn in widget["properties"].get("alarms", ())]
    assert sorted(listed) == sorted(f"{ARN}:{alarm.inputs['name']}" for alarm in graph.of(ALARM))


def test_monitors_send_what_is_said_of_them() -> None:
    programs = "".join(Path(str(one.__file__)).read_text(encoding="utf-8") for one in (watch, reports))
    assert [name for name in failover_monitor.METRICS if f'"{name}"' not in programs] == []


def test_a_dashboard_can_be_off() -> None:
    settings = settings_of("dev")
    off = settings.model_copy(
        update={"monitoring": settings.monitoring.model_copy(update={"dashboard": False})}
    )
    assert environment("dev", off).of(DASHBOARD) == []


def test_nat_gateways_are_shown_by_their_own_metrics() -> None:
    body = dashboard_body(Shown(environment="dev", region="eu-central-1", nat_gateways={"nat-a": "nat-1"}))
    assert objections(json.dumps(body)) == []
    for metric in metrics_of(body):
        namespace, name, given = dimensions(metric)
        assert name in OF_AWS[namespace][0]
        assert given == {"NatGatewayId": "nat-1"}


@pytest.mark.parametrize("sites", [0, 1, 50, 500])
def test_any_number_of_sites_stays_within_the_grid(sites: int) -> None:
    shown = [
        ShownSite(
            name=f"site-{i}", vpn_connection_id=f"vpn-{i}", outside_addresses=("192.0.2.1", "192.0.2.2")
        )
        for i in range(sites)
    ]
    body = dashboard_body(
        Shown(
            environment="prod",
            region="eu-central-1",
            sites=shown,
            pairs={"openvpn-staff": "openvpn", "nat": "nat"},
            alarm_arns=[f"arn:aws:cloudwatch:eu-central-1:123456789012:alarm:{i}" for i in range(2 * sites)],
        )
    )
    assert objections(json.dumps(body)) == []
    assert overlaps(body["widgets"]) == []


def test_more_than_a_dashboard_takes_is_a_problem_unless_there_is_none() -> None:
    tunnels = [
        {"name": f"t{i}", "clientPool": f"172.27.{i}.0/24", "failover": {"monitorZone": "eu-central-1a"}}
        for i in range(80)
    ]
    config: dict[str, Any] = {
        "aws:region": "eu-central-1",
        "aws-vpn:network": {"cidr": "10.0.0.0/16", "availabilityZones": ["eu-central-1a", "eu-central-1b"]},
        "aws-vpn:openVpn": tunnels,
    }
    with pytest.raises(SettingsError) as refused:
        parse("stacks/Pulumi.wide.yaml", config)
    assert "aws-vpn:monitoring.dashboard = true; should be false: a dashboard has at most" in str(
        refused.value
    )
    config["aws-vpn:monitoring"] = {"dashboard": False}
    assert len(parse("stacks/Pulumi.wide.yaml", config).open_vpn) == 80


def test_no_pair_has_more_alarms_than_quotas_count_with(graph: Graph) -> None:
    for pair in graph.of("aws-vpn:openvpn:OpenVpnTunnel"):
        of_pair = [alarm for alarm in graph.of(ALARM) if alarm.name.startswith(f"{pair.name}-")]
        assert len(of_pair) == quotas.MOST_ALARMS_OF_A_PAIR
