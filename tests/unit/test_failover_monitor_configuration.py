"""The monitor's configuration: what is read, and how each mistake is reported."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from hosts.programs.failover_monitor.configuration import (
    ConfigurationError,
    NatProbe,
    OpenVpnProbe,
    Route,
    Server,
    Timing,
    parse_configuration,
)

DOCUMENT: dict[str, Any] = {
    "name": "staff",
    "environment": "dev",
    "region": "eu-central-1",
    "allocationId": "eipalloc-0123456789abcdef0",
    "main": {"instanceId": "i-0123456789abcdef0", "networkInterfaceId": "eni-0123456789abcdef0"},
    "standby": {"instanceId": "i-0123456789abcdef1", "networkInterfaceId": "eni-0123456789abcdef1"},
    "routes": [{"routeTableId": "rtb-0123456789abcdef0", "destination": "172.27.0.0/24"}],
    "probe": {
        "kind": "openvpn",
        "protocol": "udp",
        "port": 1194,
        "keySecret": "aws-vpn/dev/openvpn/staff/probe",
    },
    "timing": {
        "probeIntervalSeconds": 0.5,
        "probeTimeoutSeconds": 1,
        "failuresToMove": 3,
        "successesToTrust": 3,
        "failback": "manual",
        "failbackAfterMinutes": 30,
    },
    "topicArn": "arn:aws:sns:eu-central-1:123456789012:aws-vpn-dev-alerts",
    "metricNamespace": "aws-vpn",
}


def test_everything_is_read() -> None:
    configuration = parse_configuration(json.dumps(DOCUMENT))
    assert configuration.main == Server("i-0123456789abcdef0", "eni-0123456789abcdef0")
    assert configuration.routes == (Route("rtb-0123456789abcdef0", "172.27.0.0/24"),)
    assert configuration.probe == OpenVpnProbe("udp", 1194, "aws-vpn/dev/openvpn/staff/probe")
    assert configuration.timing == Timing(0.5, 1, 3, 3, "manual", 1800)


def test_a_nat_probe_needs_a_port_only() -> None:
    document = {**DOCUMENT, "probe": {"kind": "nat", "port": 9443}}
    assert parse_configuration(json.dumps(document)).probe == NatProbe(9443)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("region", "Frankfurt", "region = Frankfurt; should be an AWS region, such as eu-central-1"),
        ("allocationId", "203.0.113.5", "allocationId = 203.0.113.5; should be an id such as eipalloc-"),
        ("main.networkInterfaceId", "i-0123456789abcdef0", "main.networkInterfaceId = i-0123456789abcdef0;"),
        ("main", "i-0123456789abcdef0", "main = i-0123456789abcdef0; should be an object"),
        (
            "standby.networkInterfaceId",
            "eni-0123456789abcdef0",
            "standby.networkInterfaceId = eni-0123456789abcdef0; should be another interface than main's",
        ),
        ("routes", {}, "routes = {}; should be a list"),
        (
            "routes",
            [{"routeTableId": "rtb-1", "destination": "::/0"}],
            "routes[0].routeTableId = rtb-1; should be",
        ),
        ("probe.kind", "ping", "probe.kind = ping; should be openvpn or nat"),
        ("probe.port", 70000, "probe.port = 70000; should be a whole number from 1 to 65535"),
        ("probe.port", True, "probe.port = True; should be a whole number from 1 to 65535"),
        ("timing.failuresToMove", 1, "timing.failuresToMove = 1; should be a whole number from 2 to 100"),
        ("timing.failuresToMove", 3.5, "timing.failuresToMove = 3.5; should be a whole number"),
        (
            "timing.probeTimeoutSeconds",
            0,
            "timing.probeTimeoutSeconds = 0; should be a number from 0.1 to 60",
        ),
        ("timing.failback", "never", "timing.failback = never; should be manual or automatic"),
        ("timing.holdDown", 5, "timing.holdDown = 5; should be left out; there is no such key"),
        ("topicArn", "alerts", "topicArn = alerts; should be an SNS topic's ARN"),
    ],
)
def test_a_mistake_is_told_with_key_value_and_what_would_be_right(
    path: str, value: object, told: str
) -> None:
    document = copy.deepcopy(DOCUMENT)
    *parents, key = path.split(".")
    section = document
    for parent in parents:
        section = section[parent]
    section[key] = value
    with pytest.raises(ConfigurationError) as error:
        parse_configuration(json.dumps(document))
    assert str(error.value).startswith(told)


@pytest.mark.parametrize("key", DOCUMENT)
def test_no_key_may_be_missing(key: str) -> None:
    document = {name: value for name, value in DOCUMENT.items() if name != key}
    with pytest.raises(ConfigurationError, match=f"^{key} is missing; should be "):
        parse_configuration(json.dumps(document))


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_no_document_is_told(text: str) -> None:
    with pytest.raises(ConfigurationError):
        parse_configuration(text)
