"""The cloud's Auto Scaling groups: what they launch, and how a refresh replaces it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from labs.moto_server import CloudServer, cloud_server, refusal_of


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudServer]:
    with cloud_server(tmp_path_factory.mktemp("cloud")) as server:
        yield server


@dataclass(frozen=True)
class Monitor:
    """A group over two zones, whose template's versions differ by instance type; the first is the default."""

    ec2: Any
    autoscaling: Any
    template: str
    group: str

    def instances(self) -> dict[str, str]:
        """Running instances of the group: instance type by id."""
        of_group = {"Name": "tag:aws:autoscaling:groupName", "Values": [self.group]}
        running = {"Name": "instance-state-name", "Values": ["running"]}
        found = self.ec2.describe_instances(Filters=[of_group, running])["Reservations"]
        return {one["InstanceId"]: one["InstanceType"] for part in found for one in part["Instances"]}

    def described(self) -> list[dict[str, Any]]:
        """The instances as the group's description tells them."""
        groups = self.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[self.group])
        return groups["AutoScalingGroups"][0]["Instances"]

    def use(self, version: str) -> None:
        """Launch this version from now on."""
        self.autoscaling.update_auto_scaling_group(
            AutoScalingGroupName=self.group,
            LaunchTemplate={"LaunchTemplateId": self.template, "Version": version},
        )

    def refresh(self, **options: Any) -> dict[str, Any]:
        """Start a refresh; what is known of it then."""
        started = self.autoscaling.start_instance_refresh(AutoScalingGroupName=self.group, **options)
        (found,) = self.autoscaling.describe_instance_refreshes(
            AutoScalingGroupName=self.group, InstanceRefreshIds=[started["InstanceRefreshId"]]
        )["InstanceRefreshes"]
        return found


@pytest.fixture
def monitor(cloud: CloudServer, request: pytest.FixtureRequest) -> Iterator[Monitor]:
    ec2, autoscaling = cloud.client("ec2"), cloud.client("autoscaling")
    name = request.node.name
    image = ec2.describe_images(Owners=["136693071363"])["Images"][0]["ImageId"]
    tags = [{"Key": "Name", "Value": "template"}, {"Key": "Role", "Value": "monitor"}]
    user_data = base64.b64encode(b"#cloud-config").decode()
    data = {
        "ImageId": image,
        "UserData": user_data,
        "TagSpecifications": [
            {"ResourceType": kind, "Tags": tags} for kind in ("instance", "network-interface")
        ],
    }
    made = ec2.create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData={**data, "InstanceType": "t4g.nano"}
    )["LaunchTemplate"]["LaunchTemplateId"]
    ec2.create_launch_template_version(
        LaunchTemplateId=made, LaunchTemplateData={**data, "InstanceType": "t4g.micro"}
    )
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for block, zone in (("10.0.0.0/24", "eu-central-1a"), ("10.0.1.0/24", "eu-central-1b"))
    ]
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        HealthCheckGracePeriod=300,
        MinSize=2,
        MaxSize=2,
        VPCZoneIdentifier=",".join(subnets),
        LaunchTemplate={"LaunchTemplateId": made},
        Tags=[{"Key": "Name", "Value": "group", "PropagateAtLaunch": True}],
    )
    yield Monitor(ec2, autoscaling, made, name)
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)
    ec2.delete_launch_template(LaunchTemplateId=made)


def test_a_group_spreads_over_its_zones_and_its_tags_win(monitor: Monitor) -> None:
    assert {one["AvailabilityZone"] for one in monitor.described()} == {"eu-central-1a", "eu-central-1b"}
    found = monitor.ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [*monitor.instances()]}])
    tags = {(one["Key"], one["Value"]) for one in found["Tags"]}
    assert {("Name", "group"), ("Role", "monitor")} <= tags
    assert ("Name", "template") not in tags
    by_tag = {"Name": "tag:Name", "Values": ["template"]}
    interfaces = monitor.ec2.describe_network_interfaces(Filters=[by_tag])["NetworkInterfaces"]
    assert {one["Attachment"]["InstanceId"] for one in interfaces} >= {*monitor.instances()}


@pytest.mark.parametrize(
    ("version", "launched"),
    [("$Default", "t4g.nano"), ("1", "t4g.nano"), ("2", "t4g.micro"), ("$Latest", "t4g.micro")],
)
def test_a_refresh_launches_the_version_that_the_group_names(
    monitor: Monitor, version: str, launched: str
) -> None:
    before = monitor.instances()
    monitor.use(version)
    assert monitor.instances() == before
    done = monitor.refresh(Preferences={"MinHealthyPercentage": 0})
    assert (done["Status"], done["PercentageComplete"], done["InstancesToUpdate"]) == ("Successful", 100, 0)
    assert done["Preferences"]["MinHealthyPercentage"] == 0
    assert done["EndTime"] >= done["StartTime"]
    after = monitor.instances()
    assert set(after.values()) == {launched}
    assert (len(after), after.keys() & before.keys()) == (2, set())
    states = monitor.ec2.describe_instances(InstanceIds=[*before])["Reservations"]
    assert {one["State"]["Name"] for part in states for one in part["Instances"]} == {"terminated"}


def test_an_instance_stays_of_the_version_that_it_was_launched_from(monitor: Monitor) -> None:
    monitor.use("2")
    (gone, kept) = monitor.instances()
    monitor.ec2.terminate_instances(InstanceIds=[gone])
    versions = {one["InstanceId"]: one["LaunchTemplate"]["Version"] for one in monitor.described()}
    assert versions.pop(kept) == "1"
    assert [*versions.values()] == ["2"]
    tags = monitor.ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [*versions]}])["Tags"]
    assert ("aws:ec2launchtemplate:version", "2") in {(one["Key"], one["Value"]) for one in tags}


@pytest.mark.parametrize("end", ["terminated", "stopped", "unhealthy"])
def test_a_lost_instance_is_replaced(monitor: Monitor, end: str) -> None:
    (lost, kept) = monitor.instances()
    if end == "terminated":
        monitor.ec2.terminate_instances(InstanceIds=[lost])
    elif end == "stopped":
        monitor.ec2.stop_instances(InstanceIds=[lost])
    else:
        monitor.autoscaling.set_instance_health(InstanceId=lost, HealthStatus="Unhealthy")
        assert lost in monitor.instances(), "within the group's grace period"
        process = {"AutoScalingGroupName": monitor.group, "ScalingProcesses": ["ReplaceUnhealthy"]}
        monitor.autoscaling.suspend_processes(**process)
        monitor.autoscaling.set_instance_health(
            InstanceId=lost, HealthStatus="Unhealthy", ShouldRespectGracePeriod=False
        )
        assert lost in monitor.instances(), "replacement is suspended"
        monitor.autoscaling.resume_processes(**process)
        monitor.autoscaling.set_instance_health(
            InstanceId=lost, HealthStatus="Unhealthy", ShouldRespectGracePeriod=False
        )
    after = monitor.instances()
    assert (len(after), lost in after, kept in after) == (2, False, True)
    state = monitor.ec2.describe_instances(InstanceIds=[lost])["Reservations"][0]["Instances"][0]["State"]
    assert state["Name"] == "terminated"


def test_a_refresh_may_leave_what_already_matches(monitor: Monitor) -> None:
    before = monitor.instances()
    monitor.refresh(Preferences={"SkipMatching": True})
    assert monitor.instances() == before
    wanted = {"LaunchTemplate": {"LaunchTemplateId": monitor.template, "Version": "2"}}
    done = monitor.refresh(DesiredConfiguration=wanted, Preferences={"SkipMatching": True})
    assert done["DesiredConfiguration"] == wanted
    assert set(monitor.instances().values()) == {"t4g.micro"}
    refreshes = monitor.autoscaling.describe_instance_refreshes(AutoScalingGroupName=monitor.group)
    assert len(refreshes["InstanceRefreshes"]) == 2
    assert refreshes["InstanceRefreshes"][0]["InstanceRefreshId"] == done["InstanceRefreshId"]


def test_protected_instances_stay(monitor: Monitor) -> None:
    (kept, replaced) = monitor.instances()
    monitor.autoscaling.set_instance_protection(
        AutoScalingGroupName=monitor.group, InstanceIds=[kept], ProtectedFromScaleIn=True
    )
    monitor.refresh()
    after = monitor.instances()
    assert kept in after
    assert replaced not in after
    monitor.autoscaling.set_instance_protection(
        AutoScalingGroupName=monitor.group, InstanceIds=[kept], ProtectedFromScaleIn=False
    )


def test_what_is_refused(monitor: Monitor) -> None:
    call = monitor.autoscaling
    unknown = {"InstanceId": "i-0123456789abcdef0", "HealthStatus": "Unhealthy"}
    assert refusal_of(lambda: call.set_instance_health(**unknown)) == ("ValidationError", 400)
    cancelled = refusal_of(lambda: call.cancel_instance_refresh(AutoScalingGroupName=monitor.group))
    assert cancelled == ("ActiveInstanceRefreshNotFound", 400)
    for action in (
        call.start_instance_refresh,
        call.describe_instance_refreshes,
        call.cancel_instance_refresh,
    ):
        assert refusal_of(lambda action=action: action(AutoScalingGroupName="none")) == (
            "ValidationError",
            400,
        )
    rooted = {"AutoScalingGroupName": monitor.group, "Strategy": "ReplaceRootVolume"}
    assert refusal_of(lambda: call.start_instance_refresh(**rooted)) == ("ValidationError", 400)
