"""Callers held to their policies by the sandbox's cloud: resources, tags, passed roles, AWS's refusals."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labs.moto_server import CloudServer, cloud_server, refusal_of

CALLER = "test"
OWN = [{"Key": "Environment", "Value": "dev"}]
EC2 = "arn:aws:ec2:eu-central-1:123456789012"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[CloudServer]:
    with cloud_server(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture
def cloud(server: CloudServer) -> CloudServer:
    """The module's cloud, in which everybody may do everything."""
    assert server.control("PUT", "/sandbox/permissions", {}) == (200, {})
    return server


def allow(cloud: CloudServer, *statements: dict[str, Any]) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    assert cloud.control("PUT", "/sandbox/permissions", {CALLER: [document]}) == (200, {})


def allowing(actions: str, resource: str, **conditions: Any) -> dict[str, Any]:
    found = {"Condition": conditions} if conditions else {}
    return {"Effect": "Allow", "Action": actions.split(), "Resource": resource, **found}


def tagged(kind: str, tags: list[dict[str, str]]) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": tags}]


def test_each_service_refuses_in_its_own_words(cloud: CloudServer) -> None:
    cloud.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")
    allow(cloud)
    for service, call, expected in (
        ("ec2", lambda ec2: ec2.describe_vpcs(), ("UnauthorizedOperation", 403)),
        ("logs", lambda logs: logs.describe_log_groups(), ("AccessDeniedException", 400)),
        ("iam", lambda iam: iam.list_roles(), ("AccessDenied", 403)),
        ("s3", lambda s3: s3.list_objects_v2(Bucket="some"), ("AccessDenied", 403)),
    ):
        client = cloud.client(service)
        assert refusal_of(lambda call=call, client=client: call(client)) == expected
    assert cloud.client("sts").get_caller_identity()["Account"] == "123456789012"
    asked = cloud.control("GET", "/sandbox/permissions")[1]
    assert {one["action"] for one in asked} == {
        "ec2:DescribeVpcs",
        "logs:DescribeLogGroups",
        "iam:ListRoles",
        "s3:ListBucket",
    }
    assert cloud.control("PUT", "/sandbox/permissions", {}) == (200, {})
    assert cloud.client("ec2").describe_vpcs()["Vpcs"]


def test_tags_are_asked_for_of_what_is_made_and_of_what_is_there(cloud: CloudServer) -> None:
    ec2 = cloud.client("ec2")
    other = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    allow(
        cloud,
        allowing("ec2:CreateVpc", f"{EC2}:vpc/*", StringEquals={"aws:RequestTag/Environment": "dev"}),
        allowing("ec2:CreateTags", f"{EC2}:vpc/*", StringEquals={"ec2:CreateAction": "CreateVpc"}),
        allowing("ec2:DeleteVpc", f"{EC2}:vpc/*", StringEquals={"aws:ResourceTag/Environment": "dev"}),
    )
    made = ec2.create_vpc(CidrBlock="10.2.0.0/16", TagSpecifications=tagged("vpc", OWN))["Vpc"]["VpcId"]
    refused = ("UnauthorizedOperation", 403)
    assert refusal_of(lambda: ec2.create_vpc(CidrBlock="10.3.0.0/16")) == refused
    assert refusal_of(lambda: ec2.create_tags(Resources=[other], Tags=OWN)) == refused
    assert refusal_of(lambda: ec2.delete_vpc(VpcId=other)) == refused
    ec2.delete_vpc(VpcId=made)


def test_who_starts_an_instance_must_be_let_pass_its_role(cloud: CloudServer) -> None:
    iam, ec2 = cloud.client("iam"), cloud.client("ec2")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = iam.create_role(RoleName="host", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.create_instance_profile(InstanceProfileName="host")
    iam.add_role_to_instance_profile(InstanceProfileName="host", RoleName="host")
    image = ec2.describe_images(Owners=["136693071363"])["Images"][0]["ImageId"]
    launch = {
        "ImageId": image,
        "InstanceType": "t4g.nano",
        "MinCount": 1,
        "MaxCount": 1,
        "IamInstanceProfile": {"Name": "host"},
    }
    running = allowing("ec2:RunInstances", "*")
    allow(cloud, running, allowing("iam:PassRole", "*", StringEquals={"iam:PassedToService": "vpc.aws"}))
    with pytest.raises(ClientError, match=f"iam:PassRole on resource: {role}"):
        ec2.run_instances(**launch)
    to_hosts = {"iam:PassedToService": "ec2.amazonaws.com"}
    allow(cloud, running, allowing("iam:PassRole", role, StringEquals=to_hosts))
    assert ec2.run_instances(**launch)["Instances"]


def test_dashboards_are_the_account_s_and_of_no_region(cloud: CloudServer) -> None:
    watch, body = cloud.client("cloudwatch"), json.dumps({"widgets": []})
    actions = "cloudwatch:PutDashboard cloudwatch:GetDashboard cloudwatch:DeleteDashboards"
    allow(cloud, allowing(actions, "arn:aws:cloudwatch::123456789012:dashboard/aws-vpn-dev-*"))
    watch.put_dashboard(DashboardName="aws-vpn-dev-dashboard", DashboardBody=body)
    assert watch.get_dashboard(DashboardName="aws-vpn-dev-dashboard")["DashboardBody"] == body
    refused = refusal_of(lambda: watch.put_dashboard(DashboardName="theirs", DashboardBody=body))
    assert refused == ("AccessDeniedException", 400)
    assert refusal_of(lambda: watch.delete_dashboards(DashboardNames=["theirs"])) == refused
    watch.delete_dashboards(DashboardNames=["aws-vpn-dev-dashboard"])


def test_what_is_no_policy_is_refused(cloud: CloudServer) -> None:
    status, told = cloud.control("PUT", "/sandbox/permissions", {CALLER: ['{"Statement": [{"Effects": 1}]}']})
    assert (status, told["error"]) == (400, "elements Effects are not known")
