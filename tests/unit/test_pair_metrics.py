"""The alarms on what a pair's servers measure: each on a metric that they send, silence thought of."""

from __future__ import annotations

import pytest

from components.labels import Labels
from components.pair_metrics import PairMetrics, PairMetricsArgs
from hosts.metrics import OPENVPN_METRICS, PAIR_METRICS
from labs.recorded_graph import Graph, record
from model.names import EnvironmentNames
from model.prices.charges import CHARGES

SENT = {"nat": PAIR_METRICS, "openvpn-staff": (*PAIR_METRICS, *OPENVPN_METRICS)}


@pytest.fixture(scope="module")
def graph() -> Graph:
    def program() -> None:
        labels = Labels(names=EnvironmentNames("dev"))
        for name, kind in (("nat", "nat"), ("openvpn-staff", "openvpn")):
            PairMetrics(
                name,
                PairMetricsArgs(
                    labels=labels,
                    kind="nat" if kind == "nat" else "openvpn",
                    alert_topic_arn="arn:aws:sns:topic",
                ),
            )

    return record(program)


def test_every_alarm_is_on_a_metric_that_the_pair_sends(graph: Graph) -> None:
    alarms = graph.of("aws:cloudwatch/metricAlarm:MetricAlarm")
    assert len(alarms) == 5 + 7
    for alarm in alarms:
        pair = alarm.inputs["dimensions"]["Name"]
        assert alarm.inputs["metricName"] in SENT[pair]
        assert alarm.inputs["dimensions"] == {"Environment": "dev", "Name": pair}
        assert alarm.inputs["namespace"] == "aws-vpn"
        assert alarm.name.startswith(f"{pair}-")
        for rung in ("alarmActions", "okActions"):
            assert alarm.inputs[rung] == ["arn:aws:sns:topic"]


def test_only_silence_itself_rings_without_data(graph: Graph) -> None:
    missing = {
        alarm.name.removeprefix("openvpn-staff-"): alarm.inputs["treatMissingData"]
        for alarm in graph.of("aws:cloudwatch/metricAlarm:MetricAlarm")
        if alarm.name.startswith("openvpn-staff-")
    }
    assert missing == {
        "unmeasured": "breaching",
        "conntrack-full": "notBreaching",
        "conntrack-allowance": "notBreaching",
        "bandwidth-allowance": "notBreaching",
        "packet-allowance": "notBreaching",
        "certificate": "ignore",
        "revocation-list": "ignore",
    }


def test_as_many_metrics_are_charged_as_are_sent(graph: Graph) -> None:
    for pair in graph.of("aws-vpn:monitoring:PairMetrics"):
        (charge,) = CHARGES[pair.type](pair.inputs)
        assert (charge.key, charge.count) == ("custom-metric", len(SENT[pair.name]))
        assert pair.outputs["customMetrics"] == len(SENT[pair.name])
