"""Addresses that something else has moved: what deleting them takes, as the official provider does it."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from labs.isolated_sandbox import IsolatedSandbox
from sandbox.wrapper.places import ROOT

COMMON = f"""
import sys

sys.path.insert(0, {str(ROOT)!r})

import pulumi
import pulumi_aws as aws

vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
subnet = aws.ec2.Subnet("public", vpc_id=vpc.id, cidr_block="10.0.0.0/24")
group = aws.ec2.SecurityGroup("servers", vpc_id=vpc.id)
"""

PAIR = (
    COMMON
    + """
from components.elastic_address import elastic_address
from components.encryption_key import EncryptionKey, EncryptionKeyArgs
from components.host_archives import HostArchives, HostArchivesArgs
from components.labels import Labels
from components.server_pair import ServerPair, ServerPairArgs
from hosts.content import HostContent
from model.arns import Place
from model.names import EnvironmentNames

labels = Labels(names=EnvironmentNames("dev"))
topic = aws.sns.Topic("alerts")
key = EncryptionKey(
    "key",
    EncryptionKeyArgs(labels=labels, place=Place("eu-central-1", "123456789012"), protected=False),
)
if not pulumi.Config().get_bool("removed"):
    tunnel = pulumi.ComponentResource("test:Tunnel", "pair")
    address = elastic_address("pair", labels, tunnel, "test:Tunnel")
    ServerPair(
        "pair",
        ServerPairArgs(
            labels=labels,
            subnet_ids=(subnet.id, subnet.id),
            security_group_id=group.id,
            instance_type="t4g.small",
            image_release=None,
            content=HostContent((), {"/etc/told": "this"}),
            archives=HostArchives("host-archives", HostArchivesArgs(labels=labels, account="123456789012")),
            address=address,
            region="eu-central-1",
            log_group="/aws-vpn/dev/pair",
            log_retention_days=30,
            encryption_key_arn=key.arn,
            statements=(),
            alert_topic_arn=topic.arn,
        ),
        pulumi.ResourceOptions(parent=tunnel),
    )
"""
)

HELD = (
    COMMON
    + """
image = aws.ec2.get_ami_output(owners=["136693071363"], most_recent=True,
    filters=[{"name": "name", "values": ["debian-13-amd64-*"]}])
servers = [aws.ec2.Instance(name, ami=image.id, instance_type="t3.micro", subnet_id=subnet.id,
    vpc_security_group_ids=[group.id]) for name in ("main", "standby")]
if not pulumi.Config().get_bool("removed"):
    aws.ec2.Eip("address", domain="vpc", instance=servers[0].id)
"""
)


@pytest.fixture
def sandbox(tmp_path: Path) -> Generator[IsolatedSandbox]:
    made = IsolatedSandbox(tmp_path / "sandbox")
    made.folder.mkdir()
    try:
        yield made
    finally:
        made.close()


def move(sandbox: IsolatedSandbox, role: str) -> None:
    """What the failover monitor does."""
    ec2 = sandbox.client("ec2")
    (address,) = ec2.describe_addresses()["Addresses"]
    instances: list[dict[str, Any]] = [
        one for r in ec2.describe_instances()["Reservations"] for one in r["Instances"]
    ]
    interface = next(
        one["NetworkInterfaces"][0]["NetworkInterfaceId"]
        for one in instances
        if one["State"]["Name"] == "running"
        if any(tag["Key"] == "Name" and tag["Value"].endswith(role) for tag in one["Tags"])
    )
    ec2.associate_address(
        AllocationId=address["AllocationId"], NetworkInterfaceId=interface, AllowReassociation=True
    )


def test_after_moves_a_pair_can_be_removed_by_an_update(sandbox: IsolatedSandbox) -> None:
    program = sandbox.program("pair", PAIR, {"dev": {"aws:region": "eu-central-1"}})
    assert (first := program.up("dev")).returncode == 0, first.stdout + first.stderr
    for role in ("main", "standby"):
        move(sandbox, role)
    assert (again := program.up("dev", "--expect-no-changes")).returncode == 0, again.stdout

    settings = program.folder / "Pulumi.dev.yaml"
    settings.write_text(settings.read_text() + "  pair:removed: true\n")
    assert (removed := program.up("dev")).returncode == 0, removed.stdout + removed.stderr
    assert sandbox.client("ec2").describe_addresses()["Addresses"] == []
    assert (gone := program.destroy("dev")).returncode == 0, gone.stdout + gone.stderr
    assert sandbox.inventory() == {}


def test_after_moves_a_pair_can_be_destroyed(sandbox: IsolatedSandbox) -> None:
    program = sandbox.program("pair", PAIR, {"dev": {"aws:region": "eu-central-1"}})
    assert (first := program.up("dev")).returncode == 0, first.stdout + first.stderr
    move(sandbox, "main")
    move(sandbox, "standby")
    assert (gone := program.destroy("dev")).returncode == 0, gone.stdout + gone.stderr
    assert sandbox.inventory() == {}


def test_an_address_whose_recorded_association_is_stale_is_not_released(sandbox: IsolatedSandbox) -> None:
    program = sandbox.program("held", HELD, {"dev": {"aws:region": "eu-central-1"}})
    assert (first := program.up("dev")).returncode == 0, first.stdout + first.stderr
    ec2 = sandbox.client("ec2")
    (address,) = ec2.describe_addresses()["Addresses"]
    other = next(
        one["NetworkInterfaces"][0]["NetworkInterfaceId"]
        for r in ec2.describe_instances()["Reservations"]
        for one in r["Instances"]
        if one["InstanceId"] != address["InstanceId"]
    )
    ec2.associate_address(
        AllocationId=address["AllocationId"], NetworkInterfaceId=other, AllowReassociation=True
    )
    settings = program.folder / "Pulumi.dev.yaml"
    settings.write_text(settings.read_text() + "  held:removed: true\n")
    refused = program.up("dev")
    assert refused.returncode != 0
    assert "InvalidIPAddress.InUse" in refused.stdout + refused.stderr
