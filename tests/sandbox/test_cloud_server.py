"""The cloud's process: start and end, its own requests, faults, what is there and what is missing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from labs.moto_server import ROOT, CloudServer, cloud_server, refusal_of


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudServer]:
    with cloud_server(tmp_path_factory.mktemp("cloud")) as server:
        yield server


@pytest.fixture
def faults(cloud: CloudServer) -> Iterator[CloudServer]:
    yield cloud
    assert cloud.control("DELETE", "/sandbox/faults") == (200, {})


def test_each_process_has_an_id_of_its_own(cloud: CloudServer, tmp_path: Path) -> None:
    first = cloud.control("GET", "/sandbox/id")
    assert first == cloud.control("GET", "/sandbox/id")
    with cloud_server(tmp_path) as other:
        assert other.control("GET", "/sandbox/id")[1]["id"] != first[1]["id"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_quietly_on_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    port_file = tmp_path / "port"
    command = [sys.executable, "-m", "sandbox.moto_server", "--port-file", str(port_file)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            deadline = time.monotonic() + 60
            while not port_file.exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            CloudServer(process.pid, f"http://127.0.0.1:{int(port_file.read_text())}").client(
                "ec2"
            ).describe_vpcs()
            process.send_signal(number)
            output, _ = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, output) == (0, b"")
    assert not port_file.exists()


def test_unknown_requests_of_its_own_are_told(cloud: CloudServer) -> None:
    assert cloud.control("GET", "/sandbox/nothing")[0] == 404
    assert cloud.control("POST", "/sandbox/id", {})[0] == 405


def test_what_is_not_there_is_an_error_of_aws(cloud: CloudServer) -> None:
    ec2 = cloud.client("ec2")
    assert refusal_of(lambda: ec2.get_ipam_pool_cidrs(IpamPoolId="pool")) == ("InvalidAction", 400)
    with pytest.raises(ClientError, match="ec2 GetIpamPoolCidrs"):
        ec2.get_ipam_pool_cidrs(IpamPoolId="pool")


@pytest.mark.parametrize(
    ("kind", "answer"), [("error", ("InternalError", 500)), ("throttle", ("RequestLimitExceeded", 503))]
)
def test_a_fault_strikes_its_call_as_often_as_it_says(
    faults: CloudServer, kind: str, answer: tuple[str, int]
) -> None:
    ec2 = faults.client("ec2")
    fault = {"service": "ec2", "action": "DescribeAddresses", "kind": kind, "count": 2}
    assert faults.control("POST", "/sandbox/faults", fault) == (200, {})
    ec2.describe_vpcs()
    for _ in range(2):
        assert refusal_of(ec2.describe_addresses) == answer
    assert ec2.describe_addresses()["Addresses"] == []


def test_faults_speak_the_language_of_the_service(faults: CloudServer) -> None:
    faults.control("POST", "/sandbox/faults", {"service": "*", "action": "*", "kind": "error", "count": -1})
    calls: list[Any] = [
        faults.client("sns").list_topics,
        faults.client("iam").list_roles,
        faults.client("secretsmanager").list_secrets,
        faults.client("ssm").describe_parameters,
        faults.client("logs").describe_log_groups,
    ]
    for call in calls:
        assert refusal_of(call) == ("InternalError", 500)
    assert faults.control("GET", "/sandbox/inventory")[0] == 200


def test_a_hanging_call_keeps_no_other_waiting(faults: CloudServer) -> None:
    fault = {"service": "ec2", "action": "DescribeAddresses", "kind": "hang", "seconds": 8}
    faults.control("POST", "/sandbox/faults", fault)
    impatient, ec2 = faults.client("ec2", read_timeout=1), faults.client("ec2")
    started = time.monotonic()
    with pytest.raises(ReadTimeoutError):
        impatient.describe_addresses()
    ec2.describe_vpcs()
    ec2.describe_addresses()
    assert time.monotonic() - started < 8


def test_a_wrong_fault_is_refused(cloud: CloudServer) -> None:
    status, answer = cloud.control(
        "POST", "/sandbox/faults", {"service": "ec2", "action": "X", "kind": "rude"}
    )
    assert (status, answer["error"]) == (400, "kind = rude; should be one of error, throttle, hang")
    status, answer = cloud.control("POST", "/sandbox/faults", {"service": "ec2"})
    assert status == 400
    assert "action" in answer["error"]


def test_the_inventory_tells_what_was_made_and_only_that(cloud: CloudServer) -> None:
    def found() -> dict[str, list[str]]:
        return cloud.control("GET", "/sandbox/inventory")[1]

    ec2, iam, logs, sns, ssm = (cloud.client(name) for name in ("ec2", "iam", "logs", "sns", "ssm"))
    secrets, watch = cloud.client("secretsmanager"), cloud.client("cloudwatch")
    ec2.describe_vpcs()
    cloud.client("ec2", "eu-west-1").describe_vpcs()
    ssm.get_parameter(Name="/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64")
    iam.list_policies(Scope="AWS")
    assert found() == {}

    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    gateway = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    remote = ec2.create_customer_gateway(Type="ipsec.1", IpAddress="203.0.113.1", BgpAsn=65000)
    router = remote["CustomerGateway"]["CustomerGatewayId"]
    connection = ec2.create_vpn_connection(
        Type="ipsec.1", CustomerGatewayId=router, VpnGatewayId=gateway, PreSharedKeyStorage="SecretsManager"
    )["VpnConnection"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    image = ec2.describe_images(Owners=["136693071363"])["Images"][0]["ImageId"]
    launched = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet)["Instances"][0]
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    iam.create_role(RoleName="flow-logs", AssumeRolePolicyDocument=policy)
    logs.create_log_group(logGroupName="/vpn/office")
    logs.put_retention_policy(logGroupName="/vpn/office", retentionInDays=30)
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    ssm.put_parameter(Name="/vpn/name", Value="office", Type="String")
    watch.put_metric_alarm(
        AlarmName="tunnel",
        Namespace="AWS/VPN",
        MetricName="TunnelState",
        Statistic="Minimum",
        Period=60,
        EvaluationPeriods=3,
        Threshold=1,
        ComparisonOperator="LessThanThreshold",
        AlarmActions=[topic],
    )
    everything = found()
    expected = {
        "vpc": [vpc],
        "subnet": [subnet],
        "vpnGateway": [gateway],
        "customerGateway": [router],
        "vpnConnection": [connection["VpnConnectionId"]],
        "secret": [connection["PreSharedKeyArn"]],
        "elasticIp": [address],
        "instance": [launched["InstanceId"]],
        "role": everything["role"],
        "logGroup": ["/vpn/office"],
        "topic": [topic],
        "parameter": ["/vpn/name"],
        "metricAlarm": ["tunnel"],
        "networkInterface": [launched["NetworkInterfaces"][0]["NetworkInterfaceId"]],
        "volume": everything["volume"],
    }
    assert everything == expected
    assert (len(everything["role"]), len(everything["volume"])) == (1, 1)

    ec2.terminate_instances(InstanceIds=[launched["InstanceId"]])
    ec2.release_address(AllocationId=address)
    ec2.delete_vpn_connection(VpnConnectionId=connection["VpnConnectionId"])
    ec2.delete_customer_gateway(CustomerGatewayId=router)
    ec2.delete_vpn_gateway(VpnGatewayId=gateway)
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)
    iam.delete_role(RoleName="flow-logs")
    logs.delete_log_group(logGroupName="/vpn/office")
    sns.delete_topic(TopicArn=topic)
    ssm.delete_parameter(Name="/vpn/name")
    watch.delete_alarms(AlarmNames=["tunnel"])
    assert secrets.list_secrets()["SecretList"] == []
    assert found() == {}


@pytest.mark.parametrize(
    "headers",
    [{"Host": "rebound.example"}, {"Host": "rebound.example:80"}, {"Origin": "https://page.example"}],
)
@pytest.mark.parametrize("path", ["/moto-api/reset", "/sandbox/id", "/"])
def test_web_pages_reach_nothing(cloud: CloudServer, path: str, headers: dict[str, str]) -> None:
    request = urllib.request.Request(cloud.url + path, method="POST", data=b"", headers=headers)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    assert refused.value.code == 403
    assert "should be" in (text := refused.value.read().decode()) or "Origin" in text
