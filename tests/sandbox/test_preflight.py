"""`aws-vpn preflight` against a cloud: what is in order, eight that are not, and what cannot be asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
import yaml

from command.root import main
from labs.moto_server import CloudServer, cloud_server
from model.arns import Place
from operations.iam.policies import Subject, policies

ROOT = Path(__file__).parents[2]
CERTIFICATE = "arn:aws:acm:eu-central-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"

PLACE = Place("eu-central-1", "123456789012")

Asked = Callable[..., tuple[int, list[dict[str, str]]]]


@pytest.fixture
def cloud(tmp_path: Path) -> Generator[CloudServer]:
    with cloud_server(tmp_path) as server:
        yield server


@pytest.fixture
def ask(
    tmp_path: Path, cloud: CloudServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Asked:
    """Asks for dev, whose stack file may be changed first."""
    project = tmp_path / "project"
    (project / "stacks").mkdir(parents=True)
    (project / "Pulumi.yaml").write_text("name: aws-vpn\n")
    monkeypatch.chdir(project)
    for variable, value in {
        "AWS_ENDPOINT_URL": cloud.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(variable, value)

    def asked(change: Callable[[dict[str, Any]], None] = lambda _: None) -> tuple[int, list[dict[str, str]]]:
        document = yaml.safe_load((ROOT / "stacks" / "Pulumi.dev.yaml").read_text())
        document["config"]["aws-vpn:account"] = "123456789012"
        change(document["config"])
        (project / "stacks" / "Pulumi.dev.yaml").write_text(yaml.safe_dump(document))
        code = main(["preflight", "--stack", "dev", "--json"])
        return code, json.loads(capsys.readouterr().out)

    return asked


def test_an_empty_account_is_well(ask: Asked) -> None:
    code, lines = ask()
    assert code == 0, [line for line in lines if line["state"] == "fails"]
    assert {line["check"] for line in lines if line["state"] == "unknown"} == {"permissions"}


def test_a_role_that_lacks_a_right_is_told_which(
    cloud: CloudServer, ask: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """IAM simulates the policies of the role that asks: all that are printed for it, and all but one."""
    iam = cloud.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="ci-dev-deploy", AssumeRolePolicyDocument=document)["Role"]
    printed = policies("deploy", Subject("dev", PLACE, shows_tunnel_keys=True))
    for i, policy in enumerate(printed):
        iam.put_role_policy(RoleName="ci-dev-deploy", PolicyName=f"{i}", PolicyDocument=json.dumps(policy))
    taken = cloud.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="pipeline")["Credentials"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", taken["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", taken["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", taken["SessionToken"])
    code, lines = ask()
    assert (code, [line for line in lines if line["state"] in ("fails", "unknown")]) == (0, [])

    iam.delete_role_policy(RoleName="ci-dev-deploy", PolicyName="0")
    code, lines = ask()
    (line,) = (line for line in lines if line["check"] == "permissions")
    assert (code, line["state"]) == (1, "fails")
    assert "actions are not allowed: " in line["found"]


def test_an_account_that_does_not_answer_is_one_line_and_no_success(
    ask: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    code, lines = ask()
    assert code == 1
    assert [(line["check"], line["state"]) for line in lines] == [("account", "unknown")]


def spoil(cloud: CloudServer) -> None:
    ec2 = cloud.client("ec2")
    for block in ("10.10.128.0/17", "10.77.0.0/16", "10.78.0.0/16", "10.79.0.0/16", "10.80.0.0/16"):
        ec2.create_vpc(CidrBlock=block)
    ec2.create_customer_gateway(
        Type="ipsec.1", BgpAsn=65000, IpAddress="203.0.113.10", DeviceName="aws-vpn-dev-berlin-edge-1"
    )
    cloud.client("logs").create_log_group(logGroupName="/aws-vpn/dev/flow-logs")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    cloud.client("iam").create_role(
        RoleName="aws-vpn-dev-flow-logs", AssumeRolePolicyDocument=json.dumps(trust)
    )
    secrets = cloud.client("secretsmanager")
    secrets.create_secret(Name="aws-vpn/dev/openvpn/staff/server", SecretString="{}")
    secrets.delete_secret(SecretId="aws-vpn/dev/openvpn/staff/server", RecoveryWindowInDays=7)


def spoiled(config: dict[str, Any]) -> None:
    config["aws-vpn:account"] = "210987654321"
    config["aws-vpn:hostImage"] = "19990101-0000"
    config["aws-vpn:openVpn"][0]["instanceType"] = "z9.huge"
    site = config["aws-vpn:hardwareVpn"]["sites"][0]
    site["certificateArn"] = CERTIFICATE


def test_everything_that_is_wrong_has_a_line_with_its_mend(cloud: CloudServer, ask: Asked) -> None:
    spoil(cloud)
    code, lines = ask(spoiled)
    failing = [line for line in lines if line["state"] == "fails"]
    assert code == 1
    assert {line["check"] for line in failing} == {
        "account",
        "addresses",
        "certificates",
        "customer gateways",
        "image",
        "instance types",
        "names",
        "quota of VPCs",
    }
    assert len([line for line in failing if line["check"] == "names"]) == 3
    assert all(line["mend"] for line in failing)


def test_each_call_that_fails_is_a_line_and_the_rest_is_asked(cloud: CloudServer, ask: Asked) -> None:
    for action in ("DescribeVpcs", "DescribeImages"):
        fault = {"service": "ec2", "action": action, "kind": "error", "count": -1}
        assert cloud.control("POST", "/sandbox/faults", fault)[0] == 200
    code, lines = ask()
    unknown = {line["check"] for line in lines if line["state"] == "unknown"}
    assert code == 0
    assert {"image", "quotas", "names", "addresses"} <= unknown
    assert "zones" in {line["check"] for line in lines if line["state"] == "ok"}
