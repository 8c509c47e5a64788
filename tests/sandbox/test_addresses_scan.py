"""`aws-vpn addresses scan` against a cloud: what it reads, what it keeps when a call fails."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from command.root import main
from labs.moto_server import CloudServer, cloud_server

FILE = Path(".aws-vpn/addresses.json")


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[CloudServer]:
    with cloud_server(tmp_path) as server:
        project = tmp_path / "project"
        (project / "stacks").mkdir(parents=True)
        (project / "Pulumi.yaml").write_text("name: aws-vpn\n")
        (project / "aws").write_text("[profile lab]\naws_access_key_id = a\naws_secret_access_key = b\n")
        monkeypatch.chdir(project)
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        monkeypatch.setenv("AWS_CONFIG_FILE", str(project / "aws"))
        yield server


def build(cloud: CloudServer) -> None:
    """A VPC with a second block and a subnet, a peering, and a VPN route and a transit gateway's routes."""
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="100.64.0.0/20")
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "old [bold]mill"}])
    ec2.create_subnet(VpcId=vpc, CidrBlock="10.77.8.0/24")
    peer = ec2.create_vpc(CidrBlock="10.78.0.0/16")["Vpc"]["VpcId"]
    ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=peer)
    gateway = ec2.create_customer_gateway(Type="ipsec.1", BgpAsn=65000, IpAddress="203.0.113.10")
    connection = ec2.create_vpn_connection(
        Type="ipsec.1",
        CustomerGatewayId=gateway["CustomerGateway"]["CustomerGatewayId"],
        VpnGatewayId=ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"],
        Options={"StaticRoutesOnly": True},
    )["VpnConnection"]["VpnConnectionId"]
    for cidr in ("192.168.5.0/24", "0.0.0.0/0"):
        ec2.create_vpn_connection_route(VpnConnectionId=connection, DestinationCidrBlock=cidr)
    transit = ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    table = ec2.create_transit_gateway_route_table(TransitGatewayId=transit)["TransitGatewayRouteTable"]
    subnet = ec2.create_subnet(VpcId=peer, CidrBlock="10.78.1.0/24")["Subnet"]["SubnetId"]
    attachment = ec2.create_transit_gateway_vpc_attachment(
        TransitGatewayId=transit, VpcId=peer, SubnetIds=[subnet]
    )["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]
    known = table["TransitGatewayRouteTableId"]
    ec2.create_transit_gateway_route(
        TransitGatewayRouteTableId=known,
        DestinationCidrBlock="10.90.0.0/16",
        TransitGatewayAttachmentId=attachment,
    )
    ec2.create_transit_gateway_route(
        TransitGatewayRouteTableId=known, DestinationCidrBlock="10.0.0.0/8", Blackhole=True
    )


def scanned() -> dict[str, set[tuple[str, str]]]:
    document: Any = json.loads(FILE.read_text())
    return {
        name.removeprefix("scan lab eu-central-1 "): {(one["cidr"], one["kind"]) for one in source["ranges"]}
        for name, source in document["sources"].items()
    }


def test_all_that_takes_addresses_is_scanned_and_left_alone(
    cloud: CloudServer, capsys: pytest.CaptureFixture[str]
) -> None:
    build(cloud)
    assert main(["addresses", "scan", "--profile", "lab", "--region", "eu-central-1"]) == 0
    found = scanned()
    assert {("10.77.0.0/16", "vpc"), ("100.64.0.0/20", "vpc"), ("10.78.0.0/16", "vpc")} <= found["VPCs"]
    assert {("10.77.8.0/24", "subnet"), ("10.78.1.0/24", "subnet")} <= found["subnets"]
    assert {("10.77.0.0/16", "peering"), ("10.78.0.0/16", "peering")} <= found["peerings"]
    assert found["VPN routes"] == {("192.168.5.0/24", "VPN route")}
    assert found["transit gateway routes"] == {("10.90.0.0/16", "transit route")}
    capsys.readouterr()

    assert main(["addresses", "next", "--prefix", "16", "--within", "10.76.0.0/14"]) == 0
    assert capsys.readouterr().out == "10.76.0.0/16\n"
    assert main(["addresses", "check", "10.77.8.7/32"]) == 1
    assert "old [bold]mill" in capsys.readouterr().out


def test_a_call_that_fails_is_a_line_and_what_it_told_before_is_kept(
    cloud: CloudServer, capsys: pytest.CaptureFixture[str]
) -> None:
    build(cloud)
    words = ["addresses", "scan", "--profile", "lab", "--region", "eu-central-1", "--json"]
    assert main(words) == 0
    before = scanned()
    capsys.readouterr()
    cloud.client("ec2").create_vpc(CidrBlock="10.99.0.0/16")
    for action in ("DescribeSubnets", "SearchTransitGatewayRoutes"):
        fault = {"service": "ec2", "action": action, "kind": "error", "count": -1}
        assert cloud.control("POST", "/sandbox/faults", fault)[0] == 200
    assert main(words) == 1
    shown = json.loads(capsys.readouterr().out)
    assert ("10.99.0.0/16", "vpc") in scanned()["VPCs"]
    assert scanned()["subnets"] == before["subnets"]
    assert scanned()["transit gateway routes"] == before["transit gateway routes"]
    assert "scan lab eu-central-1 subnets" not in shown["sources"]
    assert "subnets" in " ".join(shown["problems"])
