"""Log groups in the sandbox take the keys that AWS would take: those whose policy lets the log service in."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any

import pytest

from components.encryption_key import key_policy
from labs.moto_server import CloudServer, cloud_server, refusal_of
from model.arns import Place
from model.names import EnvironmentNames

PLACE = Place("eu-central-1", "123456789012")
GROUP = "/aws-vpn/dev/flow-logs"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Generator[CloudServer]:
    with cloud_server(tmp_path_factory.mktemp("cloud")) as server:
        yield server


def key(cloud: CloudServer, **policy: Any) -> str:
    return cloud.client("kms").create_key(**policy)["KeyMetadata"]["Arn"]


def test_a_group_gets_the_environments_key_later_and_loses_it_again(cloud: CloudServer) -> None:
    logs = cloud.client("logs")
    arn = key(cloud, Policy=json.dumps(key_policy(PLACE, EnvironmentNames("dev"))))
    logs.create_log_group(logGroupName=GROUP)
    logs.associate_kms_key(logGroupName=GROUP, kmsKeyId=arn)
    assert logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"][0]["kmsKeyId"] == arn
    logs.disassociate_kms_key(logGroupName=GROUP)
    assert "kmsKeyId" not in logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"][0]
    assert refusal_of(lambda: logs.associate_kms_key(logGroupName="/none", kmsKeyId=arn)) == (
        "ResourceNotFoundException",
        400,
    )


def test_a_key_that_does_not_know_the_log_service_or_the_group_is_refused(cloud: CloudServer) -> None:
    logs = cloud.client("logs")
    ours = key(cloud, Policy=json.dumps(key_policy(PLACE, EnvironmentNames("dev"))))
    gone = key(cloud, Policy=json.dumps(key_policy(PLACE, EnvironmentNames("dev"))))
    cloud.client("kms").disable_key(KeyId=gone.rpartition("/")[2])
    for group, arn in (
        ("/aws-vpn/dev/nat", key(cloud)),
        ("/aws-vpn/prod/nat", ours),
        ("/aws-vpn/dev/nat", gone),
        ("/aws-vpn/dev/nat", PLACE.arn("kms", "key/none")),
    ):
        refused = refusal_of(
            lambda group=group, arn=arn: logs.create_log_group(logGroupName=group, kmsKeyId=arn)
        )
        assert refused == ("InvalidParameterException", 400)
