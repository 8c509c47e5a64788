"""Hardware VPN, OpenVPN and NAT in a VPC that somebody else made: deployed, failed over, and gone again."""

from __future__ import annotations

from typing import Any

import pytest

from labs.existing_vpc import CIDR, SECONDARY, ZONES, ExistingVpc
from labs.isolated_sandbox import SAME_PROGRAM, Finished, IsolatedSandbox, Program
from sandbox.wrapper.places import ROOT

JUDGED = ("--policy-pack", ROOT / "policy")


def settings(vpc: ExistingVpc) -> dict[str, Any]:
    """A stack of everything that there is in the VPC."""
    return {
        "aws:region": "eu-central-1",
        "aws-vpn:network": {
            "cidr": CIDR,
            "secondaryCidrs": [SECONDARY],
            "availabilityZones": list(ZONES),
            "existing": {"vpcId": vpc.id},
        },
        "aws-vpn:hardwareVpn": {
            "sites": [{"name": "berlin", "publicIp": "203.0.113.10", "lanCidrs": ["192.168.10.0/24"]}]
        },
        "aws-vpn:openVpn": [{"name": "staff", "clientPool": "172.31.60.0/24", "permitted": ["private-b"]}],
        "aws-vpn:nat": {"mode": "instances"},
        "aws-vpn:tags": {"Owner": "platform", "CostCenter": "1000"},
    }


class Deployed:
    """The VPC as it was before, and the stack in it after its first `up`."""

    def __init__(self, sandbox: IsolatedSandbox) -> None:
        self.ec2 = sandbox.client("ec2")
        self.vpc = ExistingVpc(self.ec2)
        self.before = self.vpc.described()
        self.program: Program = sandbox.program("aws-vpn", SAME_PROGRAM, {"corp": settings(self.vpc)})
        self.first = self.program.up("corp", *JUDGED)

    def ways(self, table: str) -> dict[str, str]:
        """What a route table leads to, by destination: a server's name, or the target's kind."""
        (described,) = self.ec2.describe_route_tables(RouteTableIds=[self.vpc.tables[table]])["RouteTables"]
        servers = {interface: name for name, interface in self.servers().items()}
        return {
            route["DestinationCidrBlock"]: servers.get(route.get("NetworkInterfaceId", ""))
            or route.get("GatewayId", "").split("-")[0]
            for route in described["Routes"]
        }

    def servers(self) -> dict[str, str]:
        """The interfaces of the running servers by their names."""
        running = [{"Name": "instance-state-name", "Values": ["running"]}]
        reservations = self.ec2.describe_instances(Filters=running)["Reservations"]
        return {
            next(tag["Value"] for tag in instance["Tags"] if tag["Key"] == "Name"): instance[
                "NetworkInterfaces"
            ][0]["NetworkInterfaceId"]
            for reservation in reservations
            for instance in reservation["Instances"]
        }

    def move(self, pair: str) -> None:
        """What a monitor does when it moves a pair's address, with the calls that it makes."""
        main, standby = (self.servers()[f"aws-vpn-corp-{pair}-{role}"] for role in ("main", "standby"))
        name = [{"Name": "tag:Name", "Values": [f"aws-vpn-corp-{pair}"]}]
        (address,) = self.ec2.describe_addresses(Filters=name)["Addresses"]
        self.ec2.associate_address(
            AllocationId=address["AllocationId"], NetworkInterfaceId=standby, AllowReassociation=True
        )
        for table in self.vpc.tables.values():
            (described,) = self.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
            for route in described["Routes"]:
                if route.get("NetworkInterfaceId") == main:
                    self.ec2.replace_route(
                        RouteTableId=table,
                        DestinationCidrBlock=route["DestinationCidrBlock"],
                        NetworkInterfaceId=standby,
                    )


@pytest.fixture(scope="module")
def deployed(shared_sandbox: IsolatedSandbox) -> Deployed:
    return Deployed(shared_sandbox)


def ok(finished: Finished) -> str:
    """What a command that must succeed printed."""
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def test_up_adds_what_vpns_need(deployed: Deployed) -> None:
    ok(deployed.first)
    (vpg,) = deployed.vpc.described()["vpgs"]
    assert [(one["VpcId"], one["State"]) for one in vpg["VpcAttachments"]] == [(deployed.vpc.id, "attached")]
    assert deployed.ways("app") == {
        CIDR: "local",
        SECONDARY: "local",
        "192.168.10.0/24": "vgw",
        "172.31.60.0/24": "aws-vpn-corp-openvpn-staff-main",
        "0.0.0.0/0": "aws-vpn-corp-nat-main",
    }
    assert deployed.ways("out") == {
        CIDR: "local",
        SECONDARY: "local",
        "0.0.0.0/0": "igw",
        "172.31.60.0/24": "aws-vpn-corp-openvpn-staff-main",
    }


def test_outputs_have_the_shape_that_a_new_vpcs_have(deployed: Deployed) -> None:
    outputs = deployed.program.outputs("corp")
    subnets = deployed.vpc.subnets
    assert outputs["network"] == {
        "vpcId": deployed.vpc.id,
        "cidr": CIDR,
        "publicSubnetIds": dict(zip(ZONES, (subnets["public-a"], subnets["public-b"]), strict=True)),
        "privateSubnetIds": dict(zip(ZONES, (subnets["app-a"], subnets["app-b"]), strict=True)),
    }
    assert outputs["hardwareVpn"]["vpcCidrs"] == [CIDR, SECONDARY]


def test_nothing_is_left_to_do_and_a_failover_changes_that_not(deployed: Deployed) -> None:
    ok(deployed.program.preview("corp", "--expect-no-changes", *JUDGED))
    for pair in ("openvpn-staff", "nat"):
        deployed.move(pair)
    ok(deployed.program.preview("corp", "--expect-no-changes"))
    ok(deployed.program.pulumi("refresh", "--preview-only", "--expect-no-changes", "--stack", "corp"))
    assert deployed.ways("app")["172.31.60.0/24"] == "aws-vpn-corp-openvpn-staff-standby"
    assert deployed.ways("app")["0.0.0.0/0"] == "aws-vpn-corp-nat-standby"


def test_another_stack_is_refused_with_every_problem_of_the_vpc(deployed: Deployed) -> None:
    other = settings(deployed.vpc)
    other["aws-vpn:network"]["cidr"] = "10.60.0.0/17"
    refused = deployed.program.sandbox.program("other", SAME_PROGRAM, {"other": other}).preview("other")
    assert refused.returncode != 0
    told = refused.stdout + refused.stderr
    assert "Traceback" not in told
    for problem in (
        f"aws-vpn:network.cidr = 10.60.0.0/17; should be {CIDR}, the primary block of {deployed.vpc.id}",
        f"aws-vpn:network.existing.vpcId = {deployed.vpc.id}; should be a VPC without a VPG: vgw-",
    ):
        assert f"stacks/Pulumi.other.yaml: {problem}" in told


def test_destroy_leaves_the_vpc_as_it_was(deployed: Deployed) -> None:
    ok(deployed.program.destroy("corp"))
    assert deployed.vpc.described() == deployed.before
