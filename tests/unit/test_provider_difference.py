"""How checked inputs and states compare, without a cloud."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime import rpc

from sandbox.provider.check import problems
from sandbox.provider.difference import Effect, difference
from sandbox.provider.resources import RESOURCE_TYPES
from sandbox.provider.values import UNKNOWN, marked, plain, plain_map, secrets_in

SUBNET = RESOURCE_TYPES["aws:ec2/subnet:Subnet"]
ALARM = RESOURCE_TYPES["aws:cloudwatch/metricAlarm:MetricAlarm"]
INSTANCE = RESOURCE_TYPES["aws:ec2/instance:Instance"]


def test_unknown_inputs_break_no_rule() -> None:
    assert list(problems(SUBNET, {"vpcId": UNKNOWN, "cidrBlock": UNKNOWN, "tags": {"Name": UNKNOWN}})) == []


@pytest.mark.parametrize(
    ("name", "effect"), [("vpcId", Effect.REPLACE), ("mapPublicIpOnLaunch", Effect.UPDATE)]
)
def test_an_unknown_value_counts_as_a_change(name: str, effect: Effect) -> None:
    old = {"vpcId": "vpc-12345678", "mapPublicIpOnLaunch": False}
    assert difference(SUBNET, old, {**old, name: UNKNOWN}) == {name: effect}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"alarmActions": ["a", "b"]}, {"alarmActions": ["b", "a"]}),
        ({"alarmDescription": ""}, {}),
        ({"actionsEnabled": True}, {}),
        ({"dimensions": {}}, {}),
        ({"name": "generated"}, {}),
    ],
)
def test_what_means_the_same_is_no_difference(old: dict[str, Any], new: dict[str, Any]) -> None:
    full = {"actionsEnabled": True, "treatMissingData": "missing"}
    new = {"name": old["name"], **new} if "name" in old else new
    assert difference(ALARM, {**full, **old}, new) == {}


def test_what_aws_chose_in_an_object_is_left_alone() -> None:
    seen = {"httpTokens": "required", "httpEndpoint": "enabled", "httpProtocolIpv6": "disabled"}
    old = {"metadataOptions": seen, "sourceDestCheck": True}
    old |= {"instanceType": "t4g.nano", "ami": "ami-12345678"}
    new = {**old, "metadataOptions": {"httpTokens": "required"}}
    assert difference(INSTANCE, old, new) == {}
    stricter = {**old, "metadataOptions": {"httpTokens": "optional"}}
    assert difference(INSTANCE, old, stricter) == {"metadataOptions": Effect.UPDATE}


def test_values_go_to_the_engine_and_back() -> None:
    value = {"a": [1, 2.5, True, "x"], "b": {"c": UNKNOWN}}
    assert plain(marked(value)) == value
    assert marked(UNKNOWN).value == rpc.UNKNOWN
    secret = PropertyValue([PropertyValue("x", is_secret=True)])
    assert secrets_in({"key": secret, "open": PropertyValue("y")}) == {"key"}
    assert plain_map({"key": secret, "none": PropertyValue.null()}) == {"key": ["x"]}
