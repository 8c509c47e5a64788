"""The floating address: what follows it, its monitor, and how little the monitor may do."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.elastic_address import elastic_address
from components.floating_ip import FloatingIp, FloatingIpArgs
from components.host_archives import HostArchives, HostArchivesArgs
from components.labels import Labels
from components.server_pair import ServerPair, ServerPairArgs
from hosts.content import HostContent
from hosts.failover_monitor import MonitorHost, content
from hosts.user_data import ArchivePlace, user_data
from labs.recorded_graph import Graph, Resource, record
from model.names import EnvironmentNames
from tests.unit.iam import Policy

REGION = "eu-central-1"
BUCKET = "aws-vpn-dev-123456789012"
MONITOR = MonitorHost("dev", "pair", REGION, "failover/pair.json", "/pair-monitor")
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"
ARN = f"arn:aws:ec2:{REGION}:123456789012"
TIMING = {"probeIntervalSeconds": 0.5, "failback": "manual"}


def made_up(type_: str, name: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    match type_:
        case "aws:ec2/instance:Instance":
            return {"arn": f"{ARN}:instance/i-{name}", "primaryNetworkInterfaceId": f"eni-{name}"}
        case "aws:ec2/eip:Eip":
            return {
                "arn": f"{ARN}:elastic-ip/eipalloc-{name}",
                "allocationId": f"eipalloc-{name}",
                "publicIp": "198.51.100.7",
            }
        case "aws:s3/bucketObjectv2:BucketObjectv2":
            return {"arn": f"arn:aws:s3:::{inputs['bucket']}/{inputs['key']}"}
        case "aws:ec2/routeTable:RouteTable":
            return {"arn": f"{ARN}:route-table/{name}-id"}
        case "aws:ec2/launchTemplate:LaunchTemplate":
            return {"latestVersion": 3}
        case _:
            return {}


def floating_ip(
    *destinations: str,
    probe_secret: str | None = "arn:aws:secretsmanager:x:probe",
    release: str | None = None,
) -> Graph:
    labels = Labels(names=EnvironmentNames("dev"))

    def program() -> None:
        archives = HostArchives("archives", HostArchivesArgs(labels=labels, account="123456789012"))
        pair = pulumi.ComponentResource("test:Pair", "pair")
        address = elastic_address("pair", labels, pair, "test:Pair")
        servers = ServerPair(
            "pair",
            ServerPairArgs(
                labels=labels,
                subnet_ids=("subnet-a", "subnet-b"),
                security_group_id="sg",
                instance_type="t4g.small",
                image_release=release,
                content=HostContent((), {}),
                archives=archives,
                address=address,
                region=REGION,
                alert_topic_arn="arn:aws:sns:topic",
                log_group="/pair",
                log_retention_days=30,
                encryption_key_arn="arn:aws:kms:key",
                statements=(),
            ),
        )
        FloatingIp(
            "pair",
            FloatingIpArgs(
                labels=labels,
                vpc_id="vpc",
                address=address,
                servers=servers,
                monitor=MONITOR,
                archives=archives,
                image_release=release,
                route_tables={
                    part: aws.ec2.RouteTable(part, vpc_id="vpc") for part in ("private-a", "private-b")
                },
                destinations=[IPv4Network(destination) for destination in destinations],
                monitor_subnet_ids=["subnet-c"],
                probe={"kind": "nat", "port": 9443},
                probe_secret_arn=probe_secret,
                timing=TIMING,
                alert_topic_arn="arn:aws:sns:topic",
                log_retention_days=30,
                encryption_key_arn="arn:aws:kms:key",
            ),
        )

    return record(program, outputs=made_up, stack="dev")


@pytest.fixture(scope="module")
def graph() -> Graph:
    return floating_ip("172.27.0.0/24", "192.168.60.0/24")


@pytest.fixture(scope="module")
def monitor_policy(graph: Graph) -> Policy:
    return Policy(graph.one("aws:iam/rolePolicy:RolePolicy", "pair-monitor").inputs["policy"])


def server(graph: Graph, role: str) -> Resource:
    return graph.one("aws:ec2/instance:Instance", f"pair-{role}")


def test_main_and_standby_are_in_the_two_subnets(graph: Graph) -> None:
    assert server(graph, "main").inputs["subnetId"] == "subnet-a"
    assert server(graph, "standby").inputs["subnetId"] == "subnet-b"


@pytest.mark.parametrize("role", ["main", "standby"])
def test_servers_are_hardened_and_forward(graph: Graph, role: str) -> None:
    inputs = server(graph, role).inputs
    assert inputs["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 1,
    }
    assert inputs["rootBlockDevice"]["encrypted"] is True
    assert inputs["sourceDestCheck"] is False
    assert "keyName" not in inputs


def test_a_changed_configuration_reaches_standby_first(graph: Graph) -> None:
    assert server(graph, "main").inputs["userDataReplaceOnChange"] is True
    assert server(graph, "standby").key in server(graph, "main").depends_on


def test_a_newer_image_replaces_nothing(graph: Graph) -> None:
    assert server(graph, "main").inputs["ami"] == "ami-debian-13-arm64-*"
    assert "ami" in server(graph, "main").ignore_changes
    assert "ami" in server(graph, "standby").ignore_changes


def test_an_image_that_is_asked_for_replaces_all_hosts() -> None:
    graph = floating_ip("172.27.0.0/24", release="20250814-2205")
    for role in ("main", "standby"):
        assert server(graph, role).inputs["ami"] == "ami-debian-13-arm64-20250814-2205"
        assert "ami" not in server(graph, role).ignore_changes
    template = graph.one("aws:ec2/launchTemplate:LaunchTemplate")
    assert template.inputs["imageId"] == "ami-debian-13-arm64-20250814-2205"
    assert not template.ignore_changes


def test_the_program_names_no_holder_and_servers_go_before_their_address(graph: Graph) -> None:
    address = graph.one("aws:ec2/eip:Eip")
    assert not {"instance", "networkInterface"} & {*address.inputs}
    assert not graph.of("aws:ec2/eipAssociation:EipAssociation")
    for role in ("main", "standby"):
        assert address.key in server(graph, role).depends_on


def test_each_route_table_has_a_route_for_each_destination_that_follows(graph: Graph) -> None:
    routes = graph.of("aws:ec2/route:Route")
    assert {(r.inputs["routeTableId"], r.inputs["destinationCidrBlock"]) for r in routes} == {
        (f"{table}-id", destination)
        for table in ("private-a", "private-b")
        for destination in ("172.27.0.0/24", "192.168.60.0/24")
    }
    for route in routes:
        assert route.inputs["networkInterfaceId"] == "eni-pair-main"
        assert route.ignore_changes == ("networkInterfaceId", "natGatewayId")


def test_a_thousand_routes_are_no_more_than_an_object_holds() -> None:
    graph = floating_ip(*(f"10.{n // 256}.{n % 256}.0/24" for n in range(500)))
    stored = next(one for one in graph.of(OBJECT) if one.inputs["key"] == MONITOR.configuration)
    assert len(json.loads(stored.inputs["content"])["routes"]) == 1000


def test_the_monitors_configuration_names_all_that_it_moves(graph: Graph) -> None:
    stored = graph.one(OBJECT, "pair-configuration").inputs
    assert stored["key"] == "failover/pair.json"
    assert json.loads(stored["content"]) == {
        "name": "pair",
        "environment": "dev",
        "region": REGION,
        "allocationId": "eipalloc-pair",
        "main": {"instanceId": "pair-main-id", "networkInterfaceId": "eni-pair-main"},
        "standby": {"instanceId": "pair-standby-id", "networkInterfaceId": "eni-pair-standby"},
        "routes": [
            {"routeTableId": f"{table}-id", "destination": destination}
            for table in ("private-a", "private-b")
            for destination in ("172.27.0.0/24", "192.168.60.0/24")
        ],
        "probe": {"kind": "nat", "port": 9443},
        "timing": TIMING,
        "topicArn": "arn:aws:sns:topic",
        "metricNamespace": "aws-vpn",
    }


def test_one_monitor_is_kept_alive_apart_from_the_servers(graph: Graph) -> None:
    group = graph.one("aws:autoscaling/group:Group").inputs
    assert (group["minSize"], group["maxSize"], group["desiredCapacity"]) == (1, 1, 1)
    assert group["vpcZoneIdentifiers"] == ["subnet-c"]
    assert group["launchTemplate"] == {"id": "pair-monitor-id", "version": "3"}


def test_the_monitor_is_hardened_and_has_no_open_port(graph: Graph) -> None:
    template = graph.one("aws:ec2/launchTemplate:LaunchTemplate").inputs
    assert template["metadataOptions"]["httpTokens"] == "required"
    assert template["blockDeviceMappings"][0]["ebs"]["encrypted"] == "true"
    assert not graph.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")


def test_the_monitor_is_told_the_name_of_its_configuration(graph: Graph) -> None:
    template = graph.one("aws:ec2/launchTemplate:LaunchTemplate").inputs
    made = content(MONITOR, BUCKET)
    key = f"hosts/pair-monitor/{made.digest}.tar"
    place = ArchivePlace(REGION, "123456789012", BUCKET, key, MONITOR.log_group)
    assert base64.b64decode(template["userData"]).decode() == user_data(made, place)
    archives = [one.inputs for one in graph.of(OBJECT) if one.inputs["key"] == key]
    assert [base64.b64decode(one["contentBase64"]) for one in archives] == [made.archive]


def test_the_monitor_may_move_its_own_address_between_its_own_servers(monitor_policy: Policy) -> None:
    address = f"{ARN}:elastic-ip/eipalloc-pair"
    for role in ("main", "standby"):
        assert monitor_policy.allows(
            "ec2:AssociateAddress", address, f"{ARN}:network-interface/eni-pair-{role}"
        )
        assert monitor_policy.allows("ec2:AssociateAddress", address, f"{ARN}:instance/i-pair-{role}")


def test_the_monitor_may_touch_no_other_address_or_server(monitor_policy: Policy) -> None:
    address = f"{ARN}:elastic-ip/eipalloc-pair"
    assert not monitor_policy.allows("ec2:AssociateAddress", f"{ARN}:elastic-ip/eipalloc-other")
    assert not monitor_policy.allows("ec2:AssociateAddress", address, f"{ARN}:network-interface/eni-other")
    assert not monitor_policy.allows("ec2:AssociateAddress", address, f"{ARN}:instance/i-other")
    assert not monitor_policy.allows("ec2:AssociateAddress")


@pytest.mark.parametrize("action", ["ec2:CreateRoute", "ec2:ReplaceRoute"])
def test_the_monitor_may_change_routes_in_its_own_tables_alone(monitor_policy: Policy, action: str) -> None:
    assert monitor_policy.allows(action, f"{ARN}:route-table/private-a-id")
    assert not monitor_policy.allows(action, f"{ARN}:route-table/other-id")
    assert not monitor_policy.allows(action)


@pytest.mark.parametrize(
    "action",
    [
        "ec2:DisassociateAddress",
        "ec2:ReleaseAddress",
        "ec2:DeleteRoute",
        "ec2:CreateTags",
        "ec2:RunInstances",
        "ec2:StopInstances",
        "ec2:TerminateInstances",
        "ec2:ModifyInstanceAttribute",
        "iam:PassRole",
        "ssm:PutParameter",
        "secretsmanager:PutSecretValue",
    ],
)
def test_the_monitor_may_do_nothing_else(monitor_policy: Policy, action: str) -> None:
    for resource in ("*", f"{ARN}:elastic-ip/eipalloc-pair", f"{ARN}:route-table/private-a-id"):
        assert not monitor_policy.allows(action, resource, ec2__Region=REGION)


def test_the_monitor_looks_around_in_its_region_only(monitor_policy: Policy) -> None:
    for what in ("Addresses", "Instances", "NetworkInterfaces", "RouteTables"):
        assert monitor_policy.allows(f"ec2:Describe{what}", ec2__Region=REGION)
        assert not monitor_policy.allows(f"ec2:Describe{what}", ec2__Region="us-east-1")


def test_the_monitor_reads_its_own_objects_and_key_only(monitor_policy: Policy) -> None:
    assert monitor_policy.allows("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:x:probe")
    assert not monitor_policy.allows("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:x:server")
    own = {"aws__ResourceAccount": "123456789012"}
    bucket = f"arn:aws:s3:::{BUCKET}"
    assert monitor_policy.allows("s3:GetObject", f"{bucket}/failover/pair.json", **own)
    assert not monitor_policy.allows("s3:GetObject", f"{bucket}/failover/other.json", **own)
    assert not monitor_policy.allows(
        "s3:GetObject", f"{bucket}/failover/pair.json", aws__ResourceAccount="999999999999"
    )


def test_a_silent_monitor_and_a_lame_standby_raise_an_alarm(graph: Graph) -> None:
    alarms = {alarm.name: alarm.inputs for alarm in graph.of("aws:cloudwatch/metricAlarm:MetricAlarm")}
    refused = alarms.pop("pair-monitor-refused")
    assert refused["alarmActions"] == ["arn:aws:sns:topic"]
    del alarms["pair-refused"]
    assert set(alarms) == {"pair-monitor-silent", "pair-monitor-standby-down"}
    assert alarms["pair-monitor-silent"]["treatMissingData"] == "breaching"
    for alarm in alarms.values():
        assert alarm["dimensions"] == {"Environment": "dev", "Name": "pair"}
        assert alarm["alarmActions"] == ["arn:aws:sns:topic"]


def test_metrics_go_to_the_programs_own_namespace(monitor_policy: Policy) -> None:
    assert monitor_policy.allows("cloudwatch:PutMetricData", cloudwatch__namespace="aws-vpn")
    assert not monitor_policy.allows("cloudwatch:PutMetricData", cloudwatch__namespace="AWS/EC2")


def test_without_a_probe_key_there_is_no_right_to_secrets() -> None:
    graph = floating_ip("0.0.0.0/0", probe_secret=None)
    policy = Policy(graph.one("aws:iam/rolePolicy:RolePolicy", "pair-monitor").inputs["policy"])
    assert not policy.allows("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:x:probe")


def test_the_component_tells_policies_what_belongs_together(graph: Graph) -> None:
    component = graph.one("aws-vpn:failover:FloatingIp")
    assert component.inputs["routeTableIds"] == ["private-a-id", "private-b-id"]
    assert component.refers_to["mainInstanceId"] == {server(graph, "main").key}
    assert component.outputs["standbyInstanceId"] == "pair-standby-id"
