"""Settings that pass the checks compose an environment, whatever their shape."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings

from labs.recorded_graph import record
from labs.settings import configurations
from stacks.environment import Environment
from stacks.stack_file import parse, read_engine_config

QUICK = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(config=configurations())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_generated_settings_are_valid_and_read_alike_from_file_and_engine(config: dict[str, Any]) -> None:
    handed = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    assert read_engine_config("dev", handed) == parse("stacks/Pulumi.dev.yaml", config)


@given(config=configurations())
@QUICK
def test_settings_that_pass_compose_an_environment(config: dict[str, Any]) -> None:
    wanted = parse("stacks/Pulumi.dev.yaml", config)
    graph = record(lambda: Environment("dev", wanted).exports())
    sites = wanted.hardware_vpn.sites if wanted.hardware_vpn else ()
    assert len(graph.of("aws:ec2/vpnConnection:VpnConnection")) == len(sites)
    assert len(graph.of("aws:ec2/subnet:Subnet")) == 2 * len(wanted.network.availability_zones)
