"""What AWS has once alone: claimed once in an environment, and by the same resource after a change.

Pulumi makes what is new before it deletes what is gone, so that a name or a route that goes from one resource
to another would be refused, or deleted right after. What is the same to Pulumi is changed, or made anew after
the old one is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from labs.recorded_graph import Graph, Resource, record
from labs.settings import Config, configurations
from stacks.environment import Environment
from stacks.stack_file import parse

Claim = Callable[[Mapping[str, Any]], Any]


def named(inputs: Mapping[str, Any]) -> Any:
    return inputs["name"]


CLAIMS: Mapping[str, Claim] = {
    "aws:autoscaling/group:Group": named,
    "aws:cloudwatch/eventRule:EventRule": named,
    "aws:cloudwatch/logGroup:LogGroup": named,
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": lambda it: (it["logGroupName"], it["name"]),
    "aws:cloudwatch/metricAlarm:MetricAlarm": named,
    "aws:ec2/launchTemplate:LaunchTemplate": named,
    "aws:ec2/route:Route": lambda it: (it["routeTableId"], it["destinationCidrBlock"]),
    "aws:ec2/subnet:Subnet": lambda it: (it["vpcId"], it["cidrBlock"]),
    "aws:ec2/vpnConnectionRoute:VpnConnectionRoute": lambda it: (
        it["vpnConnectionId"],
        it["destinationCidrBlock"],
    ),
    "aws:iam/instanceProfile:InstanceProfile": named,
    "aws:iam/role:Role": named,
    "aws:iam/rolePolicy:RolePolicy": lambda it: it["role"],
    "aws:s3/bucketObjectv2:BucketObjectv2": lambda it: (it["bucket"], it["key"]),
    "aws:secretsmanager/secret:Secret": named,
    "aws:sns/topic:Topic": named,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": lambda it: tuple(
        it.get(key) for key in ("securityGroupId", "ipProtocol", "fromPort", "toPort", "cidrIpv4")
    ),
}
"""What AWS takes no second one of, by the type of resource that claims it."""


def tunnel(name: str, pool: str, *offices: str) -> Config:
    return {
        "name": name,
        "clientPool": pool,
        "offices": [{"name": office, "lanCidrs": [f"192.168.{office[-1]}.0/24"]} for office in offices],
    }


BEFORE: Config = {
    "aws:region": "eu-central-1",
    "aws-vpn:network": {
        "cidr": "10.30.0.0/16",
        "availabilityZones": ["eu-central-1a", "eu-central-1b", "eu-central-1c"],
    },
    "aws-vpn:hardwareVpn": {
        "sites": [{"name": "berlin", "publicIp": "203.0.113.10", "lanCidrs": ["192.168.10.0/24"]}]
    },
    "aws-vpn:openVpn": [
        tunnel("staff", "172.27.8.0/24", "office-1", "office-2"),
        tunnel("other", "172.27.9.0/24"),
    ],
    "aws-vpn:nat": {"mode": "instances"},
}
CHANGES: Mapping[str, Config] = {
    "another owner": {
        "aws-vpn:network": {
            "cidr": "10.30.0.0/16",
            "availabilityZones": ["eu-central-1d", "eu-central-1b", "eu-central-1c"],
        },
        "aws-vpn:hardwareVpn": {
            "sites": [{"name": "potsdam", "publicIp": "203.0.113.10", "lanCidrs": ["192.168.10.0/24"]}]
        },
        "aws-vpn:openVpn": [
            tunnel("people", "172.27.8.0/24", "office-1"),
            tunnel("other", "172.27.9.0/24", "office-2"),
        ],
        "aws-vpn:nat": {"mode": "gateways"},
    },
    "another place": {
        "aws-vpn:network": {
            "cidr": "10.30.0.0/16",
            "availabilityZones": ["eu-central-1b", "eu-central-1c"],
        },
        "aws-vpn:openVpn": [
            tunnel("staff", "172.27.9.0/24", "office-1", "office-2"),
            tunnel("other", "172.27.8.0/24"),
        ],
    },
}
"""A zone, a site and a tunnel replaced by others, an office on another tunnel, gateways for NAT instances;
then the first zone left out, and pools swapped."""


def graph_of(config: Config) -> Graph:
    wanted = parse("stacks/Pulumi.dev.yaml", config)
    return record(lambda: Environment("dev", wanted).exports())


def claims(graph: Graph) -> Iterator[tuple[tuple[str, Any], Resource]]:
    for resource in graph.resources:
        if resource.type in CLAIMS:
            yield (resource.type, CLAIMS[resource.type](resource.inputs)), resource


def place(graph: Graph, resource: Resource) -> str:
    """The end of the URN, by which Pulumi tells it: the types of its parents and its own, and its name."""
    parents = {one.key: one for one in graph.resources}
    types, above = [resource.type], parents.get(resource.parent)
    while above is not None:
        types.insert(0, above.type)
        above = parents.get(above.parent)
    return f"{'$'.join(types)}::{resource.name}"


@given(config=configurations())
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_is_claimed_twice_in_an_environment(config: Config) -> None:
    every = [claim for claim, _ in claims(graph_of(config))]
    assert [claim for claim in every if every.count(claim) > 1] == []


@pytest.fixture(scope="module")
def before() -> Graph:
    return graph_of(BEFORE)


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_claimed_before_and_after_a_change_is_the_same_resource(before: Graph, change: str) -> None:
    after = graph_of({**deepcopy(BEFORE), **CHANGES[change]})
    held = dict(claims(before))
    kept = [(held[claim], resource) for claim, resource in claims(after) if claim in held]
    assert {new.type for _, new in kept} >= {"aws:ec2/route:Route", "aws:ec2/subnet:Subnet"}
    for old, new in kept:
        known = (place(after, new), *(alias.split("::", 2)[2] for alias in new.aliases))
        assert place(before, old) in known, new.key
        if old.parent != new.parent:
            assert old.replacement_trigger not in ("", new.replacement_trigger), new.key
            assert new.delete_before_replace, new.key
