"""The NAT instances component: the default routes that follow it, and who may use it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any

import pulumi_aws as aws
import pytest

from components.host_archives import HostArchives, HostArchivesArgs
from components.labels import Labels
from components.nat_instances import NatInstances, NatInstancesArgs
from hosts.failover_monitor import MonitorHost
from hosts.nat import NatHost, content
from hosts.user_data import ArchivePlace, user_data
from labs.recorded_graph import Graph, record
from model.names import EnvironmentNames

HOST = NatHost(
    environment="dev",
    region="eu-central-1",
    vpc_cidrs=(IPv4Network("10.0.0.0/16"),),
    log_group="/aws-vpn/dev/nat",
)

MONITOR = MonitorHost("dev", "nat", "eu-central-1", "failover/nat.json", "/aws-vpn/dev/failover-monitor/nat")
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"


def told() -> str:
    """The user data of the servers."""
    made, bucket = content(HOST), "aws-vpn-dev-123456789012"
    key = f"hosts/nat/{made.digest}.tar"
    return user_data(made, ArchivePlace("eu-central-1", "123456789012", bucket, key, HOST.log_group))


def made_up(type_: str, name: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    match type_:
        case "aws:ec2/launchTemplate:LaunchTemplate":
            return {"latestVersion": 1}
        case "aws:ec2/instance:Instance":
            return {"primaryNetworkInterfaceId": f"eni-{name}"}
        case "aws:ec2/eip:Eip":
            return {"publicIp": "198.51.100.7"}
        case _:
            return {}


@pytest.fixture(scope="module")
def graph() -> Graph:
    def program() -> None:
        archives = HostArchives(
            "archives", HostArchivesArgs(labels=Labels(names=EnvironmentNames("dev")), account="123456789012")
        )
        NatInstances(
            "nat",
            NatInstancesArgs(
                labels=Labels(names=EnvironmentNames("dev")),
                host=HOST,
                monitor=MONITOR,
                archives=archives,
                instance_type="t4g.nano",
                image_release=None,
                log_retention_days=30,
                encryption_key_arn="arn:aws:kms:key",
                vpc_id="vpc",
                subnet_ids=("subnet-a", "subnet-b"),
                monitor_subnet_ids=["subnet-c"],
                route_tables={
                    part: aws.ec2.RouteTable(part, vpc_id="vpc") for part in ("private-a", "private-b")
                },
                timing={"failback": "manual"},
                alert_topic_arn="arn:aws:sns:topic",
            ),
        )

    return record(program, outputs=made_up)


def test_every_default_route_leads_to_main_at_first(graph: Graph) -> None:
    routes = graph.of("aws:ec2/route:Route")
    assert {(r.inputs["routeTableId"], r.inputs["destinationCidrBlock"]) for r in routes} == {
        ("private-a-id", "0.0.0.0/0"),
        ("private-b-id", "0.0.0.0/0"),
    }
    assert {r.inputs["networkInterfaceId"] for r in routes} == {"eni-nat-main"}


def test_only_the_vpc_may_use_it(graph: Graph) -> None:
    rule = graph.one("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert rule.inputs["cidrIpv4"] == "10.0.0.0/16"


def test_the_monitor_probes_through_the_nat(graph: Graph) -> None:
    value = json.loads(graph.one(OBJECT, "nat-configuration").inputs["content"])
    assert value["probe"] == {"kind": "nat", "port": HOST.probe_port}


def test_both_instances_are_told_the_same(graph: Graph) -> None:
    assert {i.inputs["userData"] for i in graph.of("aws:ec2/instance:Instance")} == {told()}


def test_the_public_address_is_told(graph: Graph) -> None:
    assert graph.one("aws-vpn:nat:NatInstances").outputs == {"publicIp": "198.51.100.7"}
