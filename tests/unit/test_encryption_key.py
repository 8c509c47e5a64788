"""The key of an environment: who may use it for what, by the evaluation that the sandbox holds calls to."""

from __future__ import annotations

import pytest

from components.encryption_key import EncryptionKey, EncryptionKeyArgs, key_policy
from components.labels import Labels
from labs.recorded_graph import record
from model.arns import Place
from model.names import EnvironmentNames
from sandbox.moto_server.permissions.policy import Request, Verdict, decide

PLACE = Place("eu-central-1", "123456789012")
NAMES = EnvironmentNames("dev")
LOGS = "logs.eu-central-1.amazonaws.com"
ALARMS = "cloudwatch.amazonaws.com"


def allowed(service: str, action: str, **context: str) -> bool:
    keys = {key.replace("__", ":").lower(): (value,) for key, value in context.items()}
    document = record(lambda: EncryptionKey("encryption", ARGS)).one("aws:kms/key:Key").inputs["policy"]
    return decide([document], Request(action, "key", keys, service=service)) is Verdict.ALLOWED


ARGS = EncryptionKeyArgs(labels=Labels(names=NAMES), place=PLACE, protected=True)


@pytest.mark.parametrize(
    ("group", "may"),
    [
        ("/aws-vpn/dev/flow-logs", True),
        ("/aws/vendedlogs/aws-vpn/dev/hardware-vpn-bgp", True),
        ("/aws-vpn/prod/flow-logs", False),
        ("/someone/else", False),
    ],
)
def test_the_log_service_encrypts_this_environments_groups_alone(group: str, may: bool) -> None:
    context = {"kms:encryptioncontext:aws:logs:arn": (PLACE.arn("logs", f"log-group:{group}"),)}
    document = record(lambda: EncryptionKey("encryption", ARGS)).one("aws:kms/key:Key").inputs["policy"]
    asked = Request("kms:GenerateDataKey", "key", context, service=LOGS)
    assert (decide([document], asked) is Verdict.ALLOWED) is may


def test_the_log_service_without_a_context_may_nothing() -> None:
    assert not allowed(LOGS, "kms:Decrypt")


@pytest.mark.parametrize(
    ("account", "alarm", "may"),
    [
        ("123456789012", "aws-vpn-dev-hardware-vpn-berlin-tunnel-state", True),
        ("123456789012", "aws-vpn-prod-hardware-vpn-berlin-tunnel-state", False),
        ("210987654321", "aws-vpn-dev-hardware-vpn-berlin-tunnel-state", False),
    ],
)
def test_this_environments_alarms_alone_use_it(account: str, alarm: str, may: bool) -> None:
    source = PLACE.arn("cloudwatch", f"alarm:{alarm}")
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        assert allowed(ALARMS, action, aws__SourceAccount=account, aws__SourceArn=source) is may
    assert not allowed(ALARMS, "kms:Encrypt", aws__SourceAccount=account, aws__SourceArn=source)


def test_the_key_rotates_and_a_deleted_one_of_a_protected_environment_can_be_had_back() -> None:
    key = record(lambda: EncryptionKey("encryption", ARGS)).one("aws:kms/key:Key").inputs
    assert (key["enableKeyRotation"], key["deletionWindowInDays"]) == (True, 30)


def test_its_account_keeps_the_key_in_other_partitions_too() -> None:
    first, *_ = key_policy(Place("us-gov-west-1", "123456789012"), NAMES)["Statement"]
    assert first["Principal"] == {"AWS": "arn:aws-us-gov:iam::123456789012:root"}
