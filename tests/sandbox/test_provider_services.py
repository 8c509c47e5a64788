"""The provider's instances, services and functions against the sandbox's cloud."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from labs.moto_server import CloudServer, cloud_server
from tests.sandbox.provider_driver import Driver, Made, RefusedError, Secret, pointed_at, secret_names


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudServer]:
    with cloud_server(tmp_path_factory.mktemp("cloud")) as server, pointed_at(server):
        yield server


@pytest.fixture
def driver(cloud: CloudServer) -> Driver:
    return Driver(defaultTags={"tags": {"Stack": "dev"}})


@pytest.fixture
def vpc(driver: Driver) -> Made:
    return driver.create("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"})


@pytest.fixture
def subnet(driver: Driver, vpc: Made) -> Made:
    return driver.create("aws:ec2/subnet:Subnet", {"vpcId": vpc.ident, "cidrBlock": "10.0.1.0/24"})


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allowing(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def image(cloud: CloudServer) -> str:
    found = Driver().invoke(
        "aws:ec2/getAmi:getAmi",
        mostRecent=True,
        owners=["136693071363"],
        filters=[{"name": "name", "values": ["debian-13-arm64-*"]}],
    )
    return found["id"]


@pytest.fixture
def profile(driver: Driver, request: pytest.FixtureRequest) -> Made:
    name = request.node.originalname[-30:]
    role = driver.create("aws:iam/role:Role", {"assumeRolePolicy": trust("ec2.amazonaws.com")}, name)
    return driver.create("aws:iam/instanceProfile:InstanceProfile", {"role": role.ident}, name)


@pytest.fixture
def wanted(image: str, subnet: Made, profile: Made) -> dict[str, Any]:
    return {
        "ami": image,
        "instanceType": "t4g.nano",
        "subnetId": subnet.ident,
        "iamInstanceProfile": profile.ident,
        "associatePublicIpAddress": True,
        "sourceDestCheck": False,
        "userData": "#cloud-config\n",
        "userDataReplaceOnChange": True,
        "metadataOptions": {
            "httpEndpoint": "enabled",
            "httpTokens": "required",
            "httpPutResponseHopLimit": 1,
        },
        "rootBlockDevice": {
            "encrypted": True,
            "volumeType": "gp3",
            "volumeSize": 9,
            "tags": {"Name": "root"},
        },
    }


INSTANCE = "aws:ec2/instance:Instance"


def test_an_instance_changes_in_place(driver: Driver, wanted: dict[str, Any], cloud: CloudServer) -> None:
    made = driver.create(INSTANCE, wanted)
    assert made["primaryNetworkInterfaceId"].startswith("eni-")
    assert made["rootBlockDevice"]["encrypted"] is True
    larger = {**wanted["rootBlockDevice"], "volumeSize": 11, "tags": {"Name": "disk"}}
    changed = {
        **wanted,
        "instanceType": "t4g.micro",
        "sourceDestCheck": True,
        "metadataOptions": {**wanted["metadataOptions"], "httpPutResponseHopLimit": 2},
        "rootBlockDevice": larger,
        "disableApiTermination": True,
        "maintenanceOptions": {"autoRecovery": "disabled"},
        "monitoring": True,
        "tags": {"Name": "main"},
    }
    made = driver.update(made, changed)
    assert made["instanceState"] == "running"
    assert (made["monitoring"], made["maintenanceOptions"]) == (True, {"autoRecovery": "disabled"})
    made = driver.update(made, {**changed, "monitoring": False})
    (found,) = cloud.client("ec2").describe_instances(InstanceIds=[made.ident])["Reservations"][0][
        "Instances"
    ]
    assert (found["InstanceType"], found["MetadataOptions"]["HttpPutResponseHopLimit"]) == ("t4g.micro", 2)
    seen = driver.read(made)
    assert seen is not None
    assert seen.state == made.state


def test_an_instance_is_terminated(driver: Driver, wanted: dict[str, Any]) -> None:
    made = driver.create(INSTANCE, wanted)
    driver.delete(made)
    assert driver.read(made) is None
    driver.delete(made)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"userData": "#!/bin/sh"}, {"userData": "UPDATE_REPLACE"}),
        (
            {"userData": "#!/bin/sh", "userDataReplaceOnChange": False},
            {"userData": "UPDATE", "userDataReplaceOnChange": "UPDATE"},
        ),
        ({"privateIp": "10.0.1.99"}, {"privateIp": "UPDATE_REPLACE"}),
        ({"rootBlockDevice": {"encrypted": False}}, {"rootBlockDevice": "UPDATE_REPLACE"}),
        ({"rootBlockDevice": {"volumeType": "gp2"}}, {"rootBlockDevice": "UPDATE"}),
    ],
)
def test_what_a_change_of_an_instance_asks_for(
    driver: Driver, wanted: dict[str, Any], change: dict[str, Any], found: dict[str, str]
) -> None:
    assert driver.differences(driver.create(INSTANCE, wanted), {**wanted, **change}) == found


def test_an_address_follows_an_instance(driver: Driver, wanted: dict[str, Any]) -> None:
    main, standby = driver.create(INSTANCE, wanted, "main"), driver.create(INSTANCE, wanted, "standby")
    address = driver.create("aws:ec2/eip:Eip", {"domain": "vpc", "instance": main.ident})
    address = driver.update(address, {"domain": "vpc", "instance": standby.ident})
    assert address["instance"] == standby.ident
    seen = driver.read(standby)
    assert seen is not None
    assert seen["publicIp"] == address["publicIp"]
    assert driver.differences(seen, None) == {}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"instanceType": "t99.huge"}, "instanceType must be one of"),
        (
            {"metadataOptions": {"httpTokens": "maybe"}},
            "metadataOptions.httpTokens must be one of optional, required",
        ),
        ({"metadataOptions": {"hopLimit": 1}}, "has no input metadataOptions.hopLimit"),
        ({"userDataBase64": "eA=="}, "must not be set beside userData"),
        ({"ami": "debian"}, "an id that starts with ami-"),
    ],
)
def test_wrong_instances_are_refused(
    driver: Driver, wanted: dict[str, Any], change: dict[str, Any], reason: str
) -> None:
    with pytest.raises(RefusedError) as caught:
        driver.check(INSTANCE, {**wanted, **change})
    assert reason in str(caught.value)


def test_a_launch_template_gets_versions_and_a_group_uses_it(
    driver: Driver, image: str, subnet: Made, profile: Made
) -> None:
    disk = {"deviceName": "/dev/xvda", "ebs": {"encrypted": "true", "volumeType": "gp3"}}
    inputs = {
        "imageId": image,
        "instanceType": "t4g.nano",
        "userData": base64.b64encode(b"#cloud-config").decode(),
        "iamInstanceProfile": {"name": profile.ident},
        "metadataOptions": {"httpTokens": "required"},
        "blockDeviceMappings": [disk],
        "tagSpecifications": [{"resourceType": "instance", "tags": {"Name": "monitor"}}],
    }
    template = driver.create("aws:ec2/launchTemplate:LaunchTemplate", inputs)
    assert template["latestVersion"] == 1
    template = driver.update(template, {**inputs, "instanceType": "t4g.micro", "tags": {"Name": "monitor"}})
    assert (template["latestVersion"], template["defaultVersion"]) == (2, 1)
    group: dict[str, Any] = {
        "minSize": 1,
        "maxSize": 1,
        "vpcZoneIdentifiers": [subnet.ident],
        "launchTemplate": {"id": template.ident, "version": "1"},
        "tags": [{"key": "Name", "value": "monitor", "propagateAtLaunch": True}],
    }
    made = driver.create("aws:autoscaling/group:Group", group)
    made = driver.update(made, {**group, "tags": [{**group["tags"][0], "value": "watch"}], "maxSize": 2})
    for one in (made, template):
        driver.delete(one)
        assert driver.read(one) is None
        driver.delete(one)


def test_a_group_replaces_its_instance_by_one_of_the_new_version(
    driver: Driver, image: str, subnet: Made, cloud: CloudServer
) -> None:
    inputs = {"imageId": image, "instanceType": "t4g.nano"}
    template = driver.create("aws:ec2/launchTemplate:LaunchTemplate", inputs, "refreshed")
    group: dict[str, Any] = {
        "minSize": 1,
        "maxSize": 1,
        "vpcZoneIdentifiers": [subnet.ident],
        "launchTemplate": {"id": template.ident, "version": "1"},
        "instanceRefresh": {
            "strategy": "Rolling",
            "preferences": {"minHealthyPercentage": 0, "instanceWarmup": "30"},
        },
    }
    made = driver.create("aws:autoscaling/group:Group", group, "refreshed")

    def running() -> dict[str, str]:
        of_group = {"Name": "tag:aws:autoscaling:groupName", "Values": [made.ident]}
        alive = {"Name": "instance-state-name", "Values": ["running"]}
        found = cloud.client("ec2").describe_instances(Filters=[of_group, alive])["Reservations"]
        return {one["InstanceId"]: one["InstanceType"] for part in found for one in part["Instances"]}

    (before,) = running()
    made = driver.update(made, {**group, "maxSize": 2})
    assert [*running()] == [before]
    template = driver.update(template, {**inputs, "instanceType": "t4g.micro"})
    made = driver.update(made, {**group, "launchTemplate": {"id": template.ident, "version": "2"}})
    assert [*running().values()] == ["t4g.micro"]
    assert before not in running()
    for one in (made, template):
        driver.delete(one)


LIVES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "aws:cloudwatch/logGroup:LogGroup": ({"retentionInDays": 30}, {"retentionInDays": 60}),
    "aws:iam/role:Role": (
        {"assumeRolePolicy": trust("ec2.amazonaws.com")},
        {
            "assumeRolePolicy": trust("vpc-flow-logs.amazonaws.com"),
            "description": "b",
            "maxSessionDuration": 7200,
        },
    ),
    "aws:iam/policy:Policy": (
        {"policy": allowing("ec2:Describe*")},
        {"policy": allowing("ec2:*", "s3:Get*")},
    ),
    "aws:sns/topic:Topic": ({"displayName": "a"}, {"displayName": "b"}),
    "aws:kms/key:Key": ({"enableKeyRotation": True}, {"enableKeyRotation": False, "description": "b"}),
    "aws:secretsmanager/secret:Secret": (
        {"description": "a", "recoveryWindowInDays": 0},
        {"description": "b", "recoveryWindowInDays": 0},
    ),
    "aws:ssm/parameter:Parameter": (
        {"type": "SecureString", "value": Secret("one")},
        {"type": "SecureString", "value": Secret("two")},
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": (
        {
            "comparisonOperator": "LessThanThreshold",
            "evaluationPeriods": 3,
            "metricName": "TunnelState",
            "namespace": "AWS/VPN",
            "statistic": "Minimum",
            "period": 60,
            "threshold": 1,
            "dimensions": {"VpnId": "vpn-12345678"},
        },
        {
            "comparisonOperator": "LessThanThreshold",
            "evaluationPeriods": 3,
            "threshold": 0.5,
            "metricQueries": [
                {"id": "both", "expression": "MIN([a])", "label": "both", "returnData": True},
                {
                    "id": "a",
                    "metric": {
                        "metricName": "TunnelState",
                        "namespace": "AWS/VPN",
                        "period": 60,
                        "stat": "Minimum",
                    },
                },
            ],
        },
    ),
}


@pytest.mark.parametrize("typename", LIVES)
def test_a_life(driver: Driver, typename: str) -> None:
    first, second = LIVES[typename]
    made = driver.create(typename, first)
    seen = driver.read(made)
    assert seen is not None
    assert seen.state == made.state
    made = driver.update(made, second)
    made = driver.update(made, {**second, "tags": {"Name": "x"}})
    assert made["tagsAll"] == {"Stack": "dev", "Name": "x"}
    driver.delete(made)
    assert driver.read(made) is None
    driver.delete(made)


def test_a_dashboard_is_replaced_as_a_whole_and_equal_in_another_layout(driver: Driver) -> None:
    def shows(markdown: str, indent: int | None = None) -> dict[str, str]:
        text = {"type": "text", "x": 0, "y": 0, "properties": {"markdown": markdown}}
        return {"dashboardName": "vpn", "dashboardBody": json.dumps({"widgets": [text]}, indent=indent)}

    made = driver.create("aws:cloudwatch/dashboard:Dashboard", shows("a"))
    assert driver.differences(made, shows("a", indent=1)) == {}
    assert driver.differences(made, {**shows("a"), "dashboardName": "other"}) == {
        "dashboardName": "UPDATE_REPLACE"
    }
    made = driver.update(made, shows("b"))
    seen = driver.read(made)
    assert seen is not None
    assert seen["dashboardBody"] == shows("b")["dashboardBody"]
    assert seen["dashboardArn"].endswith(":dashboard/vpn")
    driver.delete(made)
    assert driver.read(made) is None
    driver.delete(made)


def test_a_policy_is_the_same_in_another_order(driver: Driver) -> None:
    made = driver.create("aws:iam/policy:Policy", {"policy": allowing("ec2:a", "ec2:b")}, "order")
    assert driver.differences(made, {"policy": allowing("ec2:b", "ec2:a")}) == {}
    assert driver.differences(made, {"policy": allowing("ec2:b")}) == {"policy": "UPDATE"}


def test_policies_of_a_role(driver: Driver) -> None:
    role = driver.create("aws:iam/role:Role", {"assumeRolePolicy": trust("ec2.amazonaws.com")}, "policies")
    policy = driver.create("aws:iam/policy:Policy", {"policy": allowing("ec2:Describe*")}, "managed")
    inline = driver.create(
        "aws:iam/rolePolicy:RolePolicy", {"role": role.ident, "policy": allowing("ec2:Describe*")}
    )
    inline = driver.update(inline, {"role": role.ident, "policy": allowing("ec2:*")})
    attached = driver.create(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment", {"role": role.ident, "policyArn": policy.ident}
    )
    for one in (attached, inline, policy, role):
        driver.delete(one)
        assert driver.read(one) is None
        driver.delete(one)


def test_topics_have_subscribers_and_policies(driver: Driver) -> None:
    topic = driver.create("aws:sns/topic:Topic", {}, "subscribed")
    subscription = driver.create(
        "aws:sns/topicSubscription:TopicSubscription",
        {"topic": topic.ident, "protocol": "email", "endpoint": "oncall@example.com"},
    )
    statement = {"Effect": "Allow", "Action": "sns:Publish", "Resource": topic.ident}
    publisher = {**statement, "Principal": {"Service": "cloudwatch.amazonaws.com"}}
    policy = driver.create(
        "aws:sns/topicPolicy:TopicPolicy",
        {"arn": topic.ident, "policy": json.dumps({"Version": "2012-10-17", "Statement": [publisher]})},
    )
    assert subscription["pendingConfirmation"] is True
    assert subscription["arn"].startswith(topic.ident)
    for one in (policy, subscription, topic):
        driver.delete(one)
        driver.delete(one)
    assert driver.read(topic) is None
    assert driver.read(subscription) is None


def test_flow_logs_and_secret_versions(driver: Driver, vpc: Made) -> None:
    role = driver.create("aws:iam/role:Role", {"assumeRolePolicy": trust("ec2.amazonaws.com")}, "flows")
    group = driver.create("aws:cloudwatch/logGroup:LogGroup", {"name": "/flows"})
    flow = driver.create(
        "aws:ec2/flowLog:FlowLog",
        {"vpcId": vpc.ident, "trafficType": "ALL", "logDestination": group["arn"], "iamRoleArn": role["arn"]},
    )
    driver.delete(flow)
    assert driver.read(flow) is None
    secret = driver.create("aws:secretsmanager/secret:Secret", {"recoveryWindowInDays": 0}, "versions")
    version = driver.create(
        "aws:secretsmanager/secretVersion:SecretVersion", {"secretId": secret.ident, "secretString": "x"}
    )
    assert "secretString" in secret_names(version)
    assert driver.differences(version, {"secretId": secret.ident, "secretString": "y"}) == {
        "secretString": "UPDATE_REPLACE"
    }


def test_generated_names_last_and_given_ones_replace_after_deletion(driver: Driver) -> None:
    made = driver.create("aws:cloudwatch/logGroup:LogGroup", {}, "named")
    assert made["name"].startswith("named-")
    assert driver.differences(made, {}) == {}
    assert driver.differences(made, {"name": "other"}) == {"name": "UPDATE_REPLACE"}


def test_functions_read_the_cloud(driver: Driver, vpc: Made) -> None:
    zones = driver.invoke("aws:index/getAvailabilityZones:getAvailabilityZones", state="available")
    assert zones["names"] == ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
    identity = driver.invoke("aws:index/getCallerIdentity:getCallerIdentity")
    assert identity["accountId"].isdigit()
    assert driver.invoke("aws:index/getPartition:getPartition")["partition"] == "aws"
    assert driver.invoke("aws:index/getRegion:getRegion")["region"] == "eu-central-1"
    assert driver.invoke("aws:ec2/getVpc:getVpc", id=vpc.ident)["cidrBlock"] == "10.0.0.0/16"
    document = driver.invoke(
        "aws:iam/getPolicyDocument:getPolicyDocument",
        statements=[{"actions": ["ec2:Describe*"], "resources": ["*"]}],
    )
    assert json.loads(document["json"])["Statement"] == [
        {"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}
    ]


def test_an_unknown_function_or_argument_is_named(driver: Driver) -> None:
    with pytest.raises(Exception, match="the sandbox has no function aws:s3/getBucket:getBucket"):
        driver.invoke("aws:s3/getBucket:getBucket")
    with pytest.raises(Exception, match="getAmi has no argument executableUsers"):
        driver.invoke("aws:ec2/getAmi:getAmi", executableUsers=["self"])
