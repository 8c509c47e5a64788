"""The program's inputs against AWS's own schemas, as cfn-lint ships them: enums, patterns, combinations."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pulumi
import pytest
from cfnlint.config import ConfigMixIn, ManualArgs
from cfnlint.decode.decode import decode_str
from cfnlint.runner import Runner
from hypothesis import HealthCheck, Phase, given, settings

from labs.recorded_environment import environment, settings_of
from labs.recorded_graph import Graph, record
from labs.settings import configurations
from stacks.stack_file import parse
from tests.fidelity.cloudformation import REGION, NoCounterpartError, translated, used
from tests.fidelity.cloudformation_names import OTHER_NAMES, TYPES, WITHOUT_COUNTERPART

STACKS = ("dev", "staging", "prod")
GATEWAYS: dict[str, Any] = {
    "aws:region": REGION,
    "aws-vpn:network": {"cidr": "10.0.0.0/16", "availabilityZones": [f"{REGION}a"]},
    "aws-vpn:nat": {"mode": "gateways"},
}
"""What no stack of the project's has."""
OF_TEMPLATES = {"E3010"}
"""Limits on templates alone: how many resources one may have."""


@cache
def linter() -> Runner:
    """Made once: it takes a second to read its rules."""
    return Runner(ConfigMixIn(**ManualArgs(regions=[REGION], ignore_checks=["W", "I", *OF_TEMPLATES])))


def refusals(resources: dict[str, Any]) -> list[str]:
    """What AWS's schemas say against resources; warnings are about how one writes templates."""
    decoded, unreadable = decode_str(json.dumps({"Resources": resources}))
    assert decoded, unreadable
    return [
        f"{'.'.join(map(str, vars(match)['path']))}: {match.message}"
        for match in linter().validate_template(decoded)
    ]


@pytest.mark.parametrize("stack", STACKS)
def test_awss_schemas_take_what_a_stack_asks_for(stack: str) -> None:
    assert refusals(translated(environment(stack, settings_of(stack)))) == []


@given(config=configurations(most_sites=4))
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
def test_awss_schemas_take_whatever_settings_ask_for(config: dict[str, Any]) -> None:
    """Without a search for the smallest example: one look takes seconds."""
    assert refusals(translated(environment("dev", parse("stacks/Pulumi.dev.yaml", config)))) == []


def made(type_: str, **inputs: Any) -> Graph:
    """A graph of one resource."""
    return record(lambda: pulumi.CustomResource(type_, "one", inputs))


CONNECTION = {"customerGatewayId": "cgw-0123456789abcdef0", "type": "ipsec.1"}


@pytest.mark.parametrize(
    ("type_", "inputs", "refusal"),
    [
        (
            "aws:ec2/vpnConnection:VpnConnection",
            CONNECTION | {"tunnel2Phase1DhGroupNumbers": [5]},
            "5 is not one of",
        ),
        (
            "aws:ec2/vpnConnection:VpnConnection",
            CONNECTION | {"tunnel1Phase1LifetimeSeconds": 5},
            "minimum of 900",
        ),
        ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/33"}, "is not a"),
        ("aws:s3/bucket:Bucket", {"bucket": "A_Bucket"}, "does not match"),
        ("aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": 2}, "2 is not one of"),
        ("aws:secretsmanager/secret:Secret", {"description": "x" * 2049}, "longer than 2048"),
        ("aws:iam/role:Role", {"name": "role"}, "'AssumeRolePolicyDocument' is a required property"),
        (
            "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
            {"securityGroupId": "sg-0123456789abcdef0", "ipProtocol": "tcp", "cidrIpv4": "10.0.0.0/8"},
            "['FromPort', 'ToPort'] are required",
        ),
    ],
)
def test_awss_schemas_refuse_what_aws_would(type_: str, inputs: dict[str, Any], refusal: str) -> None:
    assert any(refusal in found for found in refusals(translated(made(type_, **inputs))))


@pytest.mark.parametrize("type_", ["aws:ec2/vpc:Vpc", "aws:ec2/other:Other"])
def test_what_the_tables_do_not_know_is_told(type_: str) -> None:
    with pytest.raises(NoCounterpartError):
        translated(made(type_, madeUp=1))


def test_every_line_of_the_tables_is_of_use() -> None:
    graphs = [environment(stack, settings_of(stack)) for stack in STACKS]
    graphs += [environment("dev", parse("stacks/Pulumi.dev.yaml", GATEWAYS))]
    listed = {*TYPES, *OTHER_NAMES, *WITHOUT_COUNTERPART}
    assert listed - set().union(*map(used, graphs)) == set()
