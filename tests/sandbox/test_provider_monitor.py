"""The failover monitor through the real engine: a change of its launch template replaces its instance."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from labs.isolated_sandbox import IsolatedSandbox, Program
from sandbox.wrapper.places import ROOT

PROGRAM = f"""
import sys

sys.path.insert(0, {str(ROOT)!r})

import pulumi
import pulumi_aws as aws

from components.encryption_key import EncryptionKey, EncryptionKeyArgs
from components.failover_monitor import FailoverMonitor, FailoverMonitorArgs
from components.host_archives import HostArchives, HostArchivesArgs
from components.labels import Labels
from hosts.failover_monitor import MonitorHost
from model.arns import Place
from model.names import EnvironmentNames

vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
subnet = aws.ec2.Subnet("public", vpc_id=vpc.id, cidr_block="10.0.0.0/24")
topic = aws.sns.Topic("alerts")
key = EncryptionKey(
    "encryption",
    EncryptionKeyArgs(
        labels=Labels(names=EnvironmentNames("dev")),
        place=Place("eu-central-1", "123456789012"),
        protected=False,
    ),
).arn
aws.sns.TopicSubscription("on-call", topic=topic.arn, protocol="email", endpoint="oncall@example.com")
FailoverMonitor(
    "staff-monitor",
    FailoverMonitorArgs(
        labels=Labels(names=EnvironmentNames("dev")),
        vpc_id=vpc.id,
        subnet_ids=[subnet.id],
        host=MonitorHost(
            environment="dev",
            name="staff",
            region="eu-central-1",
            configuration=pulumi.Config().require("configuration"),
            log_group="/aws-vpn/dev/monitor",
        ),
        archives=HostArchives(
            "archives",
            HostArchivesArgs(labels=Labels(names=EnvironmentNames("dev")), account="123456789012"),
        ),
        image_release=None,
        log_retention_days=30,
        encryption_key_arn=key,
        statements=[{{"Effect": "Allow", "Action": ["ec2:Describe*"], "Resource": "*"}}],
        metric_namespace="failover",
        alert_topic_arn=topic.arn,
    ),
)
"""


@pytest.fixture
def program(tmp_path: Path) -> Generator[Program]:
    sandbox = IsolatedSandbox(tmp_path / "sandbox")
    sandbox.folder.mkdir()
    config = {"monitor:configuration": "failover/first.json", "aws:region": "eu-central-1"}
    try:
        yield sandbox.program("monitor", PROGRAM, {"dev": config})
    finally:
        sandbox.close()


def instances(program: Program) -> dict[str, tuple[str, str]]:
    """State and launch template version of every instance there has been."""
    found = program.sandbox.client("ec2").describe_instances()["Reservations"]
    return {
        one["InstanceId"]: (one["State"]["Name"], version_of(one)) for r in found for one in r["Instances"]
    }


def version_of(instance: dict[str, Any]) -> str:
    """The version of its template that an instance was launched from."""
    return next(tag["Value"] for tag in instance["Tags"] if tag["Key"] == "aws:ec2launchtemplate:version")


def test_a_changed_monitor_is_launched_anew_and_nothing_is_left(program: Program) -> None:
    first = program.up("dev")
    assert first.returncode == 0, first.stdout + first.stderr
    ((before, state),) = instances(program).items()
    assert state == ("running", "1")

    settings = program.folder / "Pulumi.dev.yaml"
    settings.write_text(settings.read_text().replace("first", "second"))
    second = program.up("dev")
    assert second.returncode == 0, second.stdout + second.stderr
    after = instances(program)
    assert after.pop(before) == ("terminated", "1")
    assert [*after.values()] == [("running", "2")]
    again = program.up("dev", "--expect-no-changes")
    assert again.returncode == 0, again.stdout + again.stderr

    gone = program.destroy("dev")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert program.sandbox.inventory() == {}
