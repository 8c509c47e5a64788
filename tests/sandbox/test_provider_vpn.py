"""The provider's VPN types against the sandbox's cloud."""

from __future__ import annotations

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


@pytest.fixture
def vpg(driver: Driver, vpc: Made) -> Made:
    return driver.create("aws:ec2/vpnGateway:VpnGateway", {"vpcId": vpc.ident, "amazonSideAsn": "64513"})


_hosts = iter(range(1, 250))


@pytest.fixture
def router(driver: Driver) -> Made:
    return driver.create(
        "aws:ec2/customerGateway:CustomerGateway",
        {
            "type": "ipsec.1",
            "ipAddress": f"203.0.113.{next(_hosts)}",
            "bgpAsn": "65010",
            "deviceName": "edge",
        },
    )


def wanted(vpg: Made, router: Made, **more: Any) -> dict[str, Any]:
    tunnel = {"IkeVersions": ["ikev2"], "Phase1DhGroupNumbers": [19, 20], "StartupAction": "start"}
    tunnels = {f"tunnel{n}{name}": value for n in (1, 2) for name, value in tunnel.items()}
    ends = {"type": "ipsec.1", "customerGatewayId": router.ident, "vpnGatewayId": vpg.ident}
    return {**ends, "staticRoutesOnly": True, **tunnels, "tunnel1PresharedKey": Secret("first.key1"), **more}


CONNECTION = "aws:ec2/vpnConnection:VpnConnection"


def test_a_connection_says_all_that_a_router_needs(driver: Driver, vpg: Made, router: Made) -> None:
    made = driver.create(CONNECTION, wanted(vpg, router, tunnel2InsideCidr="169.254.30.4/30"))
    assert made["tunnel2CgwInsideAddress"] == "169.254.30.6"
    assert made["tunnel2VgwInsideAddress"] == "169.254.30.5"
    assert made["tunnel1Address"] != made["tunnel2Address"]
    assert made["tunnel1PresharedKey"] == "first.key1"
    assert made["tunnel1Address"] in made["customerGatewayConfiguration"]
    assert {one["outsideIpAddress"] for one in made["vgwTelemetries"]} == {
        made["tunnel1Address"],
        made["tunnel2Address"],
    }
    assert secret_names(made) == {
        "customerGatewayConfiguration",
        "tunnel1PresharedKey",
        "tunnel2PresharedKey",
    }


def test_keys_tags_and_options_change_in_place(
    driver: Driver, vpg: Made, router: Made, cloud: CloudServer
) -> None:
    made = driver.create(CONNECTION, wanted(vpg, router))
    logs = {
        "logEnabled": True,
        "logGroupArn": "arn:aws:logs:eu-central-1:123456789012:log-group:/tunnels",
        "logOutputFormat": "json",
    }
    made = driver.update(
        made,
        wanted(
            vpg,
            router,
            tunnel1PresharedKey=Secret("second.key1"),
            tunnel2DpdTimeoutAction="restart",
            tunnel2LogOptions={"cloudwatchLogOptions": logs},
            tags={"Name": "berlin"},
        ),
    )
    assert made["tunnel1PresharedKey"] == "second.key1"
    (found,) = cloud.client("ec2").describe_vpn_connections(VpnConnectionIds=[made.ident])["VpnConnections"]
    second = next(
        one for one in found["Options"]["TunnelOptions"] if one["OutsideIpAddress"] == made["tunnel2Address"]
    )
    assert second["DpdTimeoutAction"] == "restart"
    assert second["LogOptions"]["CloudWatchLogOptions"]["LogEnabled"] is True
    assert {"Key": "Name", "Value": "berlin"} in found["Tags"]


def test_the_way_of_routing_is_fixed_at_creation(driver: Driver, vpg: Made, router: Made) -> None:
    made = driver.create(CONNECTION, wanted(vpg, router))
    found = driver.differences(made, wanted(vpg, router, staticRoutesOnly=False))
    assert found == {"staticRoutesOnly": "UPDATE_REPLACE"}


def test_an_inside_cidr_changes_in_place(driver: Driver, vpg: Made, router: Made) -> None:
    made = driver.create(CONNECTION, wanted(vpg, router))
    other = wanted(vpg, router, tunnel1InsideCidr="169.254.77.0/30")
    assert driver.differences(made, other) == {"tunnel1InsideCidr": "UPDATE"}
    changed = driver.update(made, other)
    assert (changed["tunnel1InsideCidr"], changed.ident) == ("169.254.77.0/30", made.ident)
    assert changed["tunnel1Address"] == made["tunnel1Address"]
    assert driver.differences(changed, other) == {}


def test_a_fuzz_of_zero_is_not_sent_and_stays_100(
    driver: Driver, vpg: Made, router: Made, cloud: CloudServer
) -> None:
    inputs = wanted(vpg, router, tunnel1RekeyFuzzPercentage=0)
    made = driver.create(CONNECTION, inputs)
    (found,) = cloud.client("ec2").describe_vpn_connections(VpnConnectionIds=[made.ident])["VpnConnections"]
    assert all(not one.get("RekeyFuzzPercentage") for one in found["Options"]["TunnelOptions"])
    assert driver.differences(made, inputs) == {}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"tunnel1PresharedKey": Secret("0key.key")}, "8 to 64 letters"),
        ({"tunnel1InsideCidr": "169.254.0.0/30"}, "that AWS does not reserve"),
        ({"tunnel1InsideCidr": "10.0.0.0/30"}, "169.254.0.0/16"),
        ({"tunnel1Phase1LifetimeSeconds": 800}, "a number from 900 to 28800"),
        ({"tunnel1IkeVersions": ["ikev3"]}, "one of ikev1, ikev2"),
        ({"tunnel1Phase2DhGroupNumbers": [1]}, "one of 2, 5, 14"),
        ({"tunnel1RekeyMarginTimeSeconds": 1800, "tunnel1Phase2LifetimeSeconds": 3000}, "at most half"),
        ({"tunnel1LogOptions": {"cloudwatch": {}}}, "has no input tunnel1LogOptions.cloudwatch"),
        ({"transitGatewayId": "tgw-12345678"}, "and not both"),
    ],
)
def test_wrong_options_are_refused(driver: Driver, more: dict[str, Any], reason: str) -> None:
    ends = {"type": "ipsec.1", "customerGatewayId": "cgw-12345678", "vpnGatewayId": "vgw-12345678"}
    with pytest.raises(RefusedError) as caught:
        driver.check(CONNECTION, {**ends, **more})
    assert reason in str(caught.value)
    assert "0key.key" not in str(caught.value)


def test_a_key_in_secrets_manager_is_read_back_redacted(driver: Driver, vpg: Made, router: Made) -> None:
    inputs = wanted(vpg, router, presharedKeyStorage="SecretsManager")
    made = driver.create(CONNECTION, inputs)
    assert made["presharedKeyArn"].startswith("arn:aws:secretsmanager:")
    assert made["tunnel1PresharedKey"] == made["tunnel2PresharedKey"] == "REDACTED"
    assert driver.differences(made, inputs) == {"tunnel1PresharedKey": "UPDATE"}
    assert secret_names(made) >= {"tunnel1PresharedKey"}


def test_keys_move_to_secrets_manager_and_back_in_place(
    driver: Driver, vpg: Made, router: Made, cloud: CloudServer
) -> None:
    made = driver.create(CONNECTION, wanted(vpg, router, presharedKeyStorage="Standard"))
    addresses = (made["tunnel1Address"], made["tunnel2Address"])
    made = driver.update(made, wanted(vpg, router, presharedKeyStorage="SecretsManager"))
    arn = made["presharedKeyArn"]
    kept = cloud.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    assert json.loads(kept)[made["tunnel1Address"]] == "first.key1"
    assert "first.key1" not in made["customerGatewayConfiguration"]
    made = driver.update(made, wanted(vpg, router, presharedKeyStorage="Standard"))
    assert (made["presharedKeyStorage"], made["presharedKeyArn"]) == ("Standard", arn)
    assert "first.key1" in made["customerGatewayConfiguration"]
    assert (made["tunnel1Address"], made["tunnel2Address"]) == addresses


def test_static_routes_and_propagation(driver: Driver, vpc: Made, vpg: Made, router: Made) -> None:
    connection = driver.create(CONNECTION, wanted(vpg, router))
    table = driver.create("aws:ec2/routeTable:RouteTable", {"vpcId": vpc.ident})
    route = driver.create(
        "aws:ec2/vpnConnectionRoute:VpnConnectionRoute",
        {"destinationCidrBlock": "192.168.10.0/24", "vpnConnectionId": connection.ident},
    )
    propagation = driver.create(
        "aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation",
        {"routeTableId": table.ident, "vpnGatewayId": vpg.ident},
    )
    seen = driver.read(connection)
    assert seen is not None
    assert [one["destinationCidrBlock"] for one in seen["routes"]] == ["192.168.10.0/24"]
    assert driver.differences(seen, None) == {}
    shown = driver.read(table)
    assert shown is not None
    assert driver.differences(shown, None) == {}
    for made in (propagation, route, connection, router, table, vpg):
        driver.delete(made)
        assert driver.read(made) is None
        driver.delete(made)


def test_a_vpg_moves_between_vpcs(driver: Driver, vpc: Made) -> None:
    other = driver.create("aws:ec2/vpc:Vpc", {"cidrBlock": "10.2.0.0/16"}, "other")
    vpg = driver.create("aws:ec2/vpnGateway:VpnGateway", {"vpcId": vpc.ident})
    vpg = driver.update(vpg, {"vpcId": other.ident})
    assert vpg["vpcId"] == other.ident
    assert driver.differences(vpg, {"vpcId": other.ident, "amazonSideAsn": "64999"}) == {
        "amazonSideAsn": "UPDATE_REPLACE"
    }


def test_an_attachment_is_a_resource_too(driver: Driver, vpc: Made) -> None:
    vpg = driver.create("aws:ec2/vpnGateway:VpnGateway", {})
    attachment = driver.create(
        "aws:ec2/vpnGatewayAttachment:VpnGatewayAttachment", {"vpcId": vpc.ident, "vpnGatewayId": vpg.ident}
    )
    driver.delete(attachment)
    assert driver.read(attachment) is None


def test_a_router_s_address_replaces_its_customer_gateway(driver: Driver, router: Made) -> None:
    inputs = {"type": "ipsec.1", "ipAddress": "198.51.100.9", "bgpAsn": "65010", "deviceName": "edge"}
    assert driver.differences(router, inputs) == {"ipAddress": "UPDATE_REPLACE"}


def test_a_router_that_leaves_out_its_asn_is_replaced_even_for_the_one_that_aws_gives(driver: Driver) -> None:
    inputs = {"type": "ipsec.1", "ipAddress": "198.51.100.11"}
    made = driver.create("aws:ec2/customerGateway:CustomerGateway", {**inputs, "bgpAsn": "65000"})
    assert driver.differences(made, inputs) == {"bgpAsn": "DELETE_REPLACE"}


def test_a_large_asn_has_its_own_property(driver: Driver) -> None:
    made = driver.create(
        "aws:ec2/customerGateway:CustomerGateway",
        {"type": "ipsec.1", "ipAddress": "198.51.100.10", "bgpAsnExtended": "4200000001"},
    )
    assert (made["bgpAsn"], made["bgpAsnExtended"]) == ("", "4200000001")
