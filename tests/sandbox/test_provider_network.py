"""The provider's network types against the sandbox's cloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from labs.moto_server import CloudServer, cloud_server
from tests.sandbox.provider_driver import Driver, Made, RefusedError, pointed_at


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


def ends_well(driver: Driver, made: Made) -> None:
    """What is deleted is gone, and deleting it again is no error."""
    driver.delete(made)
    assert driver.read(made) is None
    driver.delete(made)


def test_a_vpc_is_created_read_updated_and_deleted(driver: Driver, cloud: CloudServer) -> None:
    vpc = driver.create(
        "aws:ec2/vpc:Vpc", {"cidrBlock": "10.1.0.0/16", "enableDnsHostnames": True, "tags": {"Name": "a"}}
    )
    assert vpc["tagsAll"] == {"Name": "a", "Stack": "dev"}
    assert vpc["arn"].endswith(f":vpc/{vpc.ident}")
    assert vpc["defaultSecurityGroupId"].startswith("sg-")
    (described,) = cloud.client("ec2").describe_vpcs(VpcIds=[vpc.ident])["Vpcs"]
    assert {tag["Key"]: tag["Value"] for tag in described["Tags"]} == {"Name": "a", "Stack": "dev"}
    seen = driver.read(vpc)
    assert seen is not None
    assert seen.state == vpc.state
    vpc = driver.update(vpc, {"cidrBlock": "10.1.0.0/16", "tags": {"Name": "b"}, "enableDnsHostnames": False})
    assert (vpc["tagsAll"], vpc["enableDnsHostnames"]) == ({"Name": "b", "Stack": "dev"}, False)
    assert driver.differences(vpc, {"cidrBlock": "10.2.0.0/16", "tags": {"Name": "b"}}) == {
        "cidrBlock": "UPDATE_REPLACE"
    }
    ends_well(driver, vpc)


def test_a_preview_promises_what_is_known_and_nothing_else(driver: Driver) -> None:
    planned = driver.preview("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"})
    assert planned["cidrBlock"] == "10.0.0.0/16"
    assert planned["enableDnsSupport"] is True
    assert planned["tagsAll"] == {"Stack": "dev"}
    assert repr(planned["arn"]) == repr(planned["mainRouteTableId"]) == "UNKNOWN"


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        (
            {"cidrBlok": "10.0.0.0/16"},
            "aws:ec2/vpc:Vpc has no input cidrBlok in the sandbox; did you mean cidrBlock?",
        ),
        ({}, "aws:ec2/vpc:Vpc: cidrBlock: must be set"),
        ({"cidrBlock": "10.0.0.1/16"}, "without host bits, not '10.0.0.1/16'"),
        ({"cidrBlock": "10.0.0.0/8"}, "an IPv4 CIDR block of /16 to /28"),
        ({"cidrBlock": 10}, "cidrBlock must be a string, not 10"),
        (
            {"cidrBlock": "10.0.0.0/16", "instanceTenancy": "shared"},
            "one of default, dedicated, host, not 'shared'",
        ),
        ({"cidrBlock": "10.0.0.0/16", "tags": {"aws:x": "y"}}, "not start with aws:"),
        ({"cidrBlock": "10.0.0.0/16", "arn": "x"}, "has no input arn"),
    ],
)
def test_wrong_inputs_are_refused_by_name(driver: Driver, inputs: dict[str, Any], reason: str) -> None:
    with pytest.raises(RefusedError) as caught:
        driver.check("aws:ec2/vpc:Vpc", inputs)
    assert reason in str(caught.value)


def test_the_parts_of_a_vpc(driver: Driver, vpc: Made, subnet: Made) -> None:
    block = driver.create(
        "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation",
        {"vpcId": vpc.ident, "cidrBlock": "10.9.0.0/24"},
    )
    gateway = driver.create("aws:ec2/internetGateway:InternetGateway", {"vpcId": vpc.ident})
    subnet = driver.update(
        subnet, {"vpcId": vpc.ident, "cidrBlock": "10.0.1.0/24", "mapPublicIpOnLaunch": True}
    )
    for made in (block, gateway, subnet, vpc):
        ends_well(driver, made)


def test_a_route_moves_in_place_and_a_deleted_one_is_seen(
    driver: Driver, vpc: Made, cloud: CloudServer
) -> None:
    gateway = driver.create("aws:ec2/internetGateway:InternetGateway", {"vpcId": vpc.ident})
    vpg = driver.create("aws:ec2/vpnGateway:VpnGateway", {"vpcId": vpc.ident})
    table = driver.create("aws:ec2/routeTable:RouteTable", {"vpcId": vpc.ident})
    inputs = {"routeTableId": table.ident, "destinationCidrBlock": "0.0.0.0/0"}
    route = driver.create("aws:ec2/route:Route", {**inputs, "gatewayId": gateway.ident})
    route = driver.update(route, {**inputs, "gatewayId": vpg.ident})
    assert driver.differences(
        route, {**inputs, "destinationCidrBlock": "10.99.0.0/16", "gatewayId": vpg.ident}
    ) == {"destinationCidrBlock": "UPDATE_REPLACE"}
    cloud.client("ec2").delete_route(RouteTableId=table.ident, DestinationCidrBlock="0.0.0.0/0")
    assert driver.read(route) is None
    table = driver.read(table) or table
    assert driver.differences(table, None) == {}


def test_route_tables_with_routes_of_their_own(driver: Driver, vpc: Made, subnet: Made) -> None:
    gateway = driver.create("aws:ec2/internetGateway:InternetGateway", {"vpcId": vpc.ident})
    routes = [{"cidrBlock": "0.0.0.0/0", "gatewayId": gateway.ident}]
    table = driver.create("aws:ec2/routeTable:RouteTable", {"vpcId": vpc.ident, "routes": routes})
    other = driver.create("aws:ec2/routeTable:RouteTable", {"vpcId": vpc.ident}, "other")
    association = driver.create(
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        {"subnetId": subnet.ident, "routeTableId": table.ident},
    )
    association = driver.update(association, {"subnetId": subnet.ident, "routeTableId": other.ident})
    main = driver.create(
        "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation",
        {"vpcId": vpc.ident, "routeTableId": other.ident},
    )
    assert main["originalRouteTableId"] == vpc["mainRouteTableId"]
    driver.delete(main)
    ends_well(driver, association)
    table = driver.update(table, {"vpcId": vpc.ident, "routes": []})
    assert table["routes"] == []
    ends_well(driver, table)


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"gatewayId": "igw-12345678"}, "destinationCidrBlock"),
        ({"destinationCidrBlock": "10.0.0.0/8"}, "gatewayId"),
        (
            {
                "destinationCidrBlock": "10.0.0.0/8",
                "gatewayId": "igw-12345678",
                "natGatewayId": "nat-12345678",
            },
            "must be the only one",
        ),
        ({"destinationCidrBlock": "10.0.0.0/8", "gatewayId": "vpc-12345678"}, "an internet gateway or a VPG"),
    ],
)
def test_a_route_has_one_destination_and_one_target(
    driver: Driver, inputs: dict[str, Any], reason: str
) -> None:
    with pytest.raises(RefusedError) as caught:
        driver.check("aws:ec2/route:Route", {"routeTableId": "rtb-12345678", **inputs})
    assert reason in str(caught.value)


def test_rules_have_no_order_and_their_sources_the_programs_own(driver: Driver, vpc: Made) -> None:
    ssh: dict[str, Any] = {
        "protocol": "tcp",
        "fromPort": 22,
        "toPort": 22,
        "cidrBlocks": ["10.0.0.0/8", "192.168.0.0/16"],
    }
    out = {"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}
    inputs = {"vpcId": vpc.ident, "ingress": [ssh], "egress": [out]}
    group = driver.create("aws:ec2/securityGroup:SecurityGroup", inputs)
    turned = {**ssh, "cidrBlocks": ssh["cidrBlocks"][::-1]}
    assert driver.differences(group, {**inputs, "ingress": [turned]}) == {"ingress": "UPDATE"}
    group = driver.update(group, {**inputs, "ingress": [turned, out]})
    assert driver.differences(group, {**inputs, "ingress": [out, turned]}) == {}
    ike = {"protocol": "udp", "fromPort": 500, "toPort": 500, "self": True}
    group = driver.update(group, {**inputs, "ingress": [ike]})
    assert driver.differences(group, {**inputs, "ingress": [ike], "description": "x"}) == {
        "description": "UPDATE_REPLACE"
    }
    ends_well(driver, group)


def test_rules_as_resources(driver: Driver, vpc: Made) -> None:
    group = driver.create("aws:ec2/securityGroup:SecurityGroup", {"vpcId": vpc.ident})
    assert (group["ingress"], group["egress"]) == ([], [])
    inputs = {"securityGroupId": group.ident, "ipProtocol": "udp", "cidrIpv4": "0.0.0.0/0"}
    ports = {"fromPort": 1194, "toPort": 1194}
    rule = driver.create("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", {**inputs, **ports})
    rule = driver.update(rule, {**inputs, "fromPort": 1195, "toPort": 1195, "tags": {"Name": "vpn"}})
    every = driver.create(
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        {"securityGroupId": group.ident, "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"},
    )
    for made in (rule, every, group):
        ends_well(driver, made)


def test_the_default_group_is_emptied_and_stays(driver: Driver, vpc: Made, cloud: CloudServer) -> None:
    group = driver.create("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", {"vpcId": vpc.ident})
    assert group.ident == vpc["defaultSecurityGroupId"]
    (found,) = cloud.client("ec2").describe_security_groups(GroupIds=[group.ident])["SecurityGroups"]
    assert (found["IpPermissions"], found["IpPermissionsEgress"]) == ([], [])
    driver.delete(group)
    assert driver.read(group) is not None


def test_an_address_shows_who_holds_it_now(driver: Driver, subnet: Made, cloud: CloudServer) -> None:
    first, second = (
        driver.create("aws:ec2/networkInterface:NetworkInterface", {"subnetId": subnet.ident}, name)
        for name in ("first", "second")
    )
    address = driver.create("aws:ec2/eip:Eip", {"domain": "vpc", "networkInterface": first.ident})
    assert address["allocationId"] == address.ident
    cloud.client("ec2").associate_address(
        AllocationId=address.ident, NetworkInterfaceId=second.ident, AllowReassociation=True
    )
    seen = driver.read(address)
    assert seen is not None
    assert seen["networkInterface"] == second.ident
    back = {"domain": "vpc", "networkInterface": first.ident}
    assert driver.differences(seen, back) == {"networkInterface": "UPDATE"}
    address = driver.update(seen, back)
    assert address["networkInterface"] == first.ident
    ends_well(driver, address)


def test_nat_gateways_and_associations(driver: Driver, subnet: Made) -> None:
    address = driver.create("aws:ec2/eip:Eip", {"domain": "vpc"})
    nat = driver.create(
        "aws:ec2/natGateway:NatGateway", {"subnetId": subnet.ident, "allocationId": address.ident}
    )
    assert nat["publicIp"] == address["publicIp"]
    ends_well(driver, nat)
    ends_well(driver, address)
    other = driver.create("aws:ec2/eip:Eip", {"domain": "vpc"}, "other")
    interface = driver.create(
        "aws:ec2/networkInterface:NetworkInterface", {"subnetId": subnet.ident, "sourceDestCheck": False}
    )
    association = driver.create(
        "aws:ec2/eipAssociation:EipAssociation",
        {"allocationId": other.ident, "networkInterfaceId": interface.ident},
    )
    for made in (association, other, interface):
        ends_well(driver, made)


def test_an_unknown_type_is_named(driver: Driver) -> None:
    with pytest.raises(Exception, match="the sandbox has no resource type aws:sqs/queue:Queue"):
        driver.check("aws:sqs/queue:Queue", {})
