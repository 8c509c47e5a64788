"""The OpenVPN tunnel component: servers, what they may read, who may reach them, and what follows them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pulumi_aws as aws
import pytest

from components.host_archives import HostArchives, HostArchivesArgs
from components.labels import Labels
from components.openvpn_tunnel import OpenVpnTunnel, OpenVpnTunnelArgs
from hosts.failover_monitor import MonitorHost
from hosts.openvpn_server import Office, ServerHost, content
from hosts.openvpn_server.firewall import ruleset
from hosts.openvpn_server.units import fetch_service
from hosts.programs import fetch_secrets
from hosts.user_data import ArchivePlace, user_data
from labs.recorded_graph import Graph, record
from model.names import EnvironmentNames
from tests.unit.iam import Policy

HOST = ServerHost(
    environment="dev",
    tunnel="staff",
    region="eu-central-1",
    vpc_cidrs=(IPv4Network("10.0.0.0/16"),),
    client_pool=IPv4Network("172.27.0.0/24"),
    permitted=(IPv4Network("10.0.0.0/16"),),
    server_secret="aws-vpn/dev/openvpn/staff/server",
    crl_secret="aws-vpn/dev/openvpn/staff/crl",
    probe_secret="aws-vpn/dev/openvpn/staff/probe",
    log_group="/aws-vpn/dev/openvpn/staff",
    offices=(Office("rome", (IPv4Network("192.168.7.0/24"), IPv4Network("192.168.8.0/24"))),),
)
TUNNEL = "aws-vpn:openvpn:OpenVpnTunnel::openvpn-staff"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"

MONITOR = MonitorHost(
    "dev",
    "openvpn-staff",
    "eu-central-1",
    "failover/openvpn-staff.json",
    "/aws-vpn/dev/failover-monitor/openvpn-staff",
)
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"


def told() -> str:
    """The user data of the servers."""
    made, bucket = content(HOST), "aws-vpn-dev-123456789012"
    key = f"hosts/openvpn-staff/{made.digest}.tar"
    return user_data(made, ArchivePlace("eu-central-1", "123456789012", bucket, key, HOST.log_group))


def made_up(type_: str, name: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"latestVersion": 1} if type_ == "aws:ec2/launchTemplate:LaunchTemplate" else {}


def tunnel(host: ServerHost = HOST) -> Graph:
    def program() -> None:
        archives = HostArchives(
            "archives", HostArchivesArgs(labels=Labels(names=EnvironmentNames("dev")), account="123456789012")
        )
        OpenVpnTunnel(
            "openvpn-staff",
            OpenVpnTunnelArgs(
                labels=Labels(names=EnvironmentNames("dev")),
                host=host,
                monitor=MONITOR,
                archives=archives,
                instance_type="t3.small",
                image_release=None,
                log_retention_days=90,
                encryption_key_arn="arn:aws:kms:key",
                vpc_id="vpc",
                subnet_ids=("subnet-a", "subnet-b"),
                monitor_subnet_ids=["subnet-c"],
                route_tables={"private-a": aws.ec2.RouteTable("private-a", vpc_id="vpc")},
                timing={"failback": "manual"},
                alert_topic_arn="arn:aws:sns:topic",
                protected=True,
            ),
        )

    return record(program, outputs=made_up)


@pytest.fixture(scope="module")
def graph() -> Graph:
    return tunnel()


def test_both_servers_are_told_the_same_and_run_what_their_type_needs(graph: Graph) -> None:
    servers = {server.name: server.inputs for server in graph.of("aws:ec2/instance:Instance")}
    assert set(servers) == {"openvpn-staff-main", "openvpn-staff-standby"}
    for inputs in servers.values():
        assert inputs["userData"] == told()
        assert inputs["ami"] == "ami-debian-13-amd64-*"


def test_the_world_reaches_the_vpn_port_alone(graph: Graph) -> None:
    open_rules = [rule.inputs for rule in graph.of(INGRESS) if rule.inputs["cidrIpv4"] == "0.0.0.0/0"]
    assert [(r["ipProtocol"], r["fromPort"], r["toPort"]) for r in open_rules] == [("udp", 1194, 1194)]


def test_another_port_and_protocol_open_instead() -> None:
    graph = tunnel(replace(HOST, protocol="tcp", port=8443))
    rule = graph.one(INGRESS, "openvpn-staff-vpn").inputs
    assert (rule["ipProtocol"], rule["fromPort"], rule["toPort"]) == ("tcp", 8443, 8443)
    probe = json.loads(graph.one(OBJECT, "openvpn-staff-configuration").inputs["content"])["probe"]
    assert (probe["protocol"], probe["port"]) == ("tcp", 8443)


def test_the_pool_and_every_office_are_routed_to_the_active_server(graph: Graph) -> None:
    destinations = {route.inputs["destinationCidrBlock"] for route in graph.of("aws:ec2/route:Route")}
    assert destinations == {"172.27.0.0/24", "192.168.7.0/24", "192.168.8.0/24"}


def test_the_monitor_reads_the_probes_secret_alone(graph: Graph) -> None:
    servers = Policy(graph.one("aws:iam/rolePolicy:RolePolicy", "openvpn-staff").inputs["policy"])
    monitor = Policy(graph.one("aws:iam/rolePolicy:RolePolicy", "openvpn-staff-monitor").inputs["policy"])
    secret = {kind: f"arn:aws:secretsmanager:::openvpn-staff-{kind}" for kind in ("server", "crl", "probe")}
    read = "secretsmanager:GetSecretValue"
    assert [kind for kind in secret if servers.allows(read, secret[kind])] == ["server", "crl", "probe"]
    assert [kind for kind in secret if monitor.allows(read, secret[kind])] == ["probe"]


FETCHED = "fetch-openvpn-secrets: "
FORGED = "openvpn: 198.51.100.2:5 VERIFY ERROR: depth=0, error=self-signed certificate: CN="


def matches(pattern: str, line: str) -> bool:
    """Whether a line is one of a pattern of words ("Filter pattern syntax", CloudWatch Logs)."""
    *wanted, rest = pattern.strip("[]").split(", ")
    assert rest == "..."
    found = line.split()
    return len(found) >= len(wanted) and all(
        "=" not in want or want.partition("=")[2].strip('"') == word
        for want, word in zip(wanted, found, strict=False)
    )


@pytest.mark.parametrize(
    ("part", "lines"),
    [
        ("fetch", ["fetch-openvpn-secrets: revocation list not used: expired 2030-01-01"]),
        ("flood", ["openvpn-flood: refused IN=ens5 OUT= SRC=198.51.100.2"]),
    ],
)
def test_the_servers_log_raises_alarms_and_strangers_cannot(
    graph: Graph, part: str, lines: list[str]
) -> None:
    counted = graph.one("aws:cloudwatch/logMetricFilter:LogMetricFilter", f"openvpn-staff-{part}").inputs
    alarm = graph.one("aws:cloudwatch/metricAlarm:MetricAlarm", f"openvpn-staff-{part}").inputs
    assert counted["logGroupName"] == HOST.log_group
    assert counted["metricTransformation"]["name"] == alarm["metricName"]
    assert counted["metricTransformation"]["namespace"] == alarm["namespace"]
    assert alarm["alarmActions"] == ["arn:aws:sns:topic"]
    program = "kernel: " if part == "flood" else FETCHED
    for line in lines:
        assert matches(counted["pattern"], program + line)
        assert not matches(counted["pattern"], FORGED + program + line)
        assert not matches(counted["pattern"], f"openvpn: {line}")
    assert not matches(counted["pattern"], f"{FETCHED}revocation list 3 installed, 1 revoked")


def test_alarms_look_for_what_the_servers_programs_say() -> None:
    program = Path(fetch_secrets.__file__).read_text(encoding="utf-8")
    assert 'f"fetch-openvpn-secrets: {error}"' in program
    assert "SyslogIdentifier=fetch-openvpn-secrets\n" in fetch_service(HOST)
    assert 'counter log prefix "openvpn-flood: refused "' in ruleset(HOST)


def test_logs_are_kept_as_long_as_asked(graph: Graph) -> None:
    kept = {
        g.inputs["name"]: g.inputs["retentionInDays"] for g in graph.of("aws:cloudwatch/logGroup:LogGroup")
    }
    assert kept == {
        "/aws-vpn/dev/openvpn/staff": 90,
        "/aws-vpn/dev/failover-monitor/openvpn-staff": 90,
    }


def test_the_component_tells_policies_its_addresses(graph: Graph) -> None:
    component = graph.one("aws-vpn:openvpn:OpenVpnTunnel")
    for told in (component.inputs, component.outputs):
        assert told["clientPool"] == "172.27.0.0/24"
        assert told["officeLans"] == ["192.168.7.0/24", "192.168.8.0/24"]


def test_deleted_secrets_of_a_protected_tunnel_are_kept_for_a_while(graph: Graph) -> None:
    assert {s.inputs["recoveryWindowInDays"] for s in graph.of("aws:secretsmanager/secret:Secret")} == {7}
    assert {s.parent for s in graph.of("aws:secretsmanager/secret:Secret")} == {TUNNEL}
