"""What an adoption writes of what AWS tells, where no cloud is needed to know it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from command.root import main
from model.errors import AwsVpnError
from operations.adopt import command
from operations.adopt.description import Description, describe
from operations.adopt.found import Found, FoundConnection, FoundGateway, FoundTable, FoundTunnel
from operations.adopt.reading import AwsAnswers, read
from operations.adopt.steps import second_steps

VPC, VPG = "vpc-0a1b2c3d", "vgw-0a1b2c3d"


def bgp(number: int) -> FoundConnection:
    return connection(number, is_static=False, routes=())


def static(number: int, *routes: str) -> FoundConnection:
    return connection(number, is_static=True, routes=routes)


def connection(number: int, *, is_static: bool, routes: tuple[str, ...]) -> FoundConnection:
    ident = f"vpn-0000000{number}"
    gateway = FoundGateway(f"cgw-0000000{number}", f"203.0.113.{number}", None, 65010 + number, {}, (ident,))
    first, second = (
        FoundTunnel(f"198.51.100.{2 * number + i}", f"169.254.{20 + 2 * number + i}.0/30", {}, logs=False)
        for i in range(2)
    )
    whole = ("0.0.0.0/0", "0.0.0.0/0")
    return FoundConnection(
        ident,
        "available",
        is_static,
        gateway,
        routes,
        (first, second),
        False,
        whole,
        {"Name": f"site {number}"},
    )


def described(learned: Sequence[str], *connections: FoundConnection) -> Description:
    return describe(found_vpn(learned, *connections))


def found_vpn(learned: Sequence[str], *connections: FoundConnection) -> Found:
    table = FoundTable("rtb-0a1b2c3d", propagates=True, learned=tuple(learned), typed=())
    return Found(
        account="123456789012",
        region="eu-central-1",
        vpc_id=VPC,
        cidrs=("10.60.0.0/16",),
        vpg_id=VPG,
        amazon_side_asn=64512,
        vpg_tags={},
        zones=("eu-central-1a",),
        subnets=(),
        tables=(table,),
        connections=connections,
        alarms={},
    )


def lans(description: Description) -> dict[str, list[str]]:
    sites: list[Mapping[str, Any]] = description.config["aws-vpn:hardwareVpn"]["sites"]
    return {site["name"]: site["lanCidrs"] for site in sites}


def test_the_only_router_with_bgp_has_what_the_tables_learned() -> None:
    assert lans(described(["192.168.7.0/24"], bgp(1))) == {"site-1": ["192.168.7.0/24"]}


@pytest.mark.parametrize(
    ("learned", "why"),
    [
        (["10.0.0.0/8"], "hardwareVpn.sites[0].lanCidrs[0] (10.0.0.0/8)"),
        (["10.60.5.0/24"], "network.cidr (10.60.0.0/16)"),
        (["192.168.0.0/16", "192.168.7.0/24"], "hardwareVpn.sites[0].lanCidrs[0] (192.168.0.0/16)"),
    ],
    ids=["around the VPC", "inside it", "nested"],
)
def test_a_router_that_announces_what_settings_refuse_is_taken_over_without_it(
    learned: Sequence[str], why: str
) -> None:
    description = described(learned, bgp(1), static(2, "172.20.0.0/16"))
    assert lans(description) == {"site-1": [], "site-2": ["172.20.0.0/16"]}
    (line,) = description.left
    assert line.startswith("vpn-00000001: lanCidrs are empty, and yours to fill in")
    assert why in line


def test_sites_that_are_alike_are_one_step() -> None:
    found = found_vpn(["192.168.7.0/24"], bgp(1), static(2, "172.20.0.0/16"))
    steps = [*second_steps(found, describe(found).sites, "legacy")]
    (step,) = [line for line in steps if "ikeVersions" in line]
    assert step.startswith("site-1, site-2: ikeVersions [ikev1, ikev2] -> [ikev2]; ")
    assert "`aws-vpn roll tunnels --stack legacy --site NAME`" in step


class Told(AwsAnswers):
    """What AWS tells of a VPC with a VPG and a connection of one tunnel, and a subnet of IPv6 alone."""

    def __init__(self, tunnels: int) -> None:
        tunnel = {"OutsideIpAddress": "198.51.100.1", "TunnelInsideCidr": "169.254.1.0/30"}
        attached = {"State": "attached", "VpcId": VPC}
        self._lists: Mapping[str, list[dict[str, Any]]] = {
            "Vpcs": [{"VpcId": VPC, "CidrBlock": "10.60.0.0/16"}],
            "RouteTables": [],
            "Subnets": [{"SubnetId": "subnet-1", "AvailabilityZone": "eu-central-1a"}],
            "VpnGateways": [{"VpnGatewayId": VPG, "State": "available", "VpcAttachments": [attached]}],
            "CustomerGateways": [{"CustomerGatewayId": "cgw-00000001", "IpAddress": "203.0.113.1"}],
            "VpnConnections": [
                {
                    "VpnConnectionId": "vpn-00000001",
                    "State": "available",
                    "CustomerGatewayId": "cgw-00000001",
                    "VpnGatewayId": VPG,
                    "Options": {"TunnelOptions": [tunnel] * tunnels},
                }
            ],
            "MetricAlarms": [],
        }

    def account(self) -> str:
        return "123456789012"

    def listed(
        self, operation: str, key: str, service: str = "ec2", **arguments: Any
    ) -> list[dict[str, Any]]:
        del operation, service, arguments
        return self._lists[key]


def test_a_subnet_of_ipv6_alone_is_none_of_the_stacks() -> None:
    found = read(Told(tunnels=2), "eu-central-1", VPC)
    assert (found.subnets, found.zones) == ((), ("eu-central-1a",))


def test_a_connection_that_is_not_told_with_two_tunnels_is_one_line() -> None:
    with pytest.raises(AwsVpnError, match="vpn-00000001 has 1 tunnels as AWS describes it; should have two"):
        read(Told(tunnels=1), "eu-central-1", VPC)


@pytest.mark.parametrize("region", [(), ("--region", "eu-central-1")], ids=["no region", "a region"])
def test_a_profile_that_is_not_there_is_one_line(
    region: Sequence[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    assert main(["adopt", "--list", *region]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "The config profile (nobody) could not be found" in line


def test_what_another_stack_adopted_is_not_adopted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").touch()
    adopted = f"config:\n  aws-vpn:hardwareVpn:\n    adopted:\n      vpgId: {VPG}\n"
    (tmp_path / "stacks/Pulumi.old.yaml").write_text(adopted, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "AwsAnswers", lambda _: Told(tunnels=2))
    monkeypatch.setattr(command, "refuse_taken", lambda _: None)
    words = ["--vpc", VPC, "--stack", "new", "--region", "eu-central-1"]
    with pytest.raises(
        AwsVpnError, match=rf"stacks/Pulumi\.old\.yaml has {VPG} already; should be adopted once"
    ):
        command.adopt.main(words, standalone_mode=False)
    assert [one.name for one in (tmp_path / "stacks").iterdir()] == ["Pulumi.old.yaml"]
