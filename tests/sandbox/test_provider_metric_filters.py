"""The provider's log metric filters against the sandbox's cloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from labs.moto_server import CloudServer, cloud_server
from tests.sandbox.provider_driver import Driver, pointed_at

FILTER = "aws:cloudwatch/logMetricFilter:LogMetricFilter"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudServer]:
    with cloud_server(tmp_path_factory.mktemp("cloud")) as server, pointed_at(server):
        yield server


def test_a_filter_lives_and_dies_with_its_group(cloud: CloudServer) -> None:
    driver = Driver()
    group = driver.create("aws:cloudwatch/logGroup:LogGroup", {"name": "/server"})
    inputs: dict[str, Any] = {
        "name": "expiring",
        "logGroupName": group.ident,
        "pattern": '"expires in"',
        "metricTransformation": {
            "name": "Expiring",
            "namespace": "aws-vpn",
            "value": "1",
            "defaultValue": "0",
        },
    }
    made = driver.create(FILTER, inputs)
    logs = cloud.client("logs")
    (shown,) = logs.describe_metric_filters(logGroupName="/server")["metricFilters"]
    assert shown["filterPattern"] == '"expires in"'
    assert shown["metricTransformations"][0]["metricName"] == "Expiring"
    assert not driver.differences(made, inputs)

    changed = driver.update(made, {**inputs, "pattern": "expired"})
    assert changed.ident == made.ident
    assert (
        logs.describe_metric_filters(logGroupName="/server")["metricFilters"][0]["filterPattern"] == "expired"
    )

    driver.delete(changed)
    assert driver.read(changed) is None
    driver.delete(group)
