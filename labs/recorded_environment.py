"""Environments composed under Pulumi's mocks: the graph of resources that a stack's settings become."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi

from labs.recorded_graph import Answers, Graph, record
from model.tunnel_changes import ONE_AT_A_TIME, TunnelChanges
from stacks.environment import Environment
from stacks.settings import Settings
from stacks.stack_file import read_stack_file

STACKS = Path(__file__).parents[1] / "stacks"


def made_up(type_: str, name: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    match type_:
        case "aws:ec2/vpnConnection:VpnConnection":
            return {
                "tunnel1Address": "192.0.2.1",
                "tunnel2Address": "192.0.2.2",
                "customerGatewayConfiguration": f"<vpn_connection id='{name}'/>",
            }
        case "aws:cloudwatch/metricAlarm:MetricAlarm":
            return {"arn": f"arn:aws:cloudwatch:eu-central-1:123456789012:alarm:{inputs['name']}"}
        case "aws:ec2/instance:Instance":
            return {"primaryNetworkInterfaceId": f"eni-{name}"}
        case "aws:ec2/eip:Eip":
            return {"publicIp": f"public-{name}", "allocationId": f"eipalloc-{name}"}
        case "aws:ec2/launchTemplate:LaunchTemplate":
            return {"latestVersion": 1}
        case _:
            return {}


def environment(
    stack: str,
    settings: Settings,
    changes: TunnelChanges = ONE_AT_A_TIME,
    answers: Answers | None = None,
) -> Graph:
    def program() -> None:
        for name, value in Environment(stack, settings, changes).exports().items():
            pulumi.export(name, value)

    return record(program, outputs=made_up, answers=answers, stack=stack)


def settings_of(stack: str) -> Settings:
    return read_stack_file(STACKS / f"Pulumi.{stack}.yaml")
