"""The cloud's hardware VPN, as boto3 sees it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

import defusedxml.ElementTree as ElementTree
import pytest
from botocore.exceptions import ClientError

from labs.moto_server import CloudServer, cloud_server


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudServer]:
    with cloud_server(tmp_path_factory.mktemp("cloud")) as server:
        yield server


@pytest.fixture(autouse=True)
def at_once(cloud: CloudServer) -> None:
    delay(cloud, modifying=0, returning=None)


@pytest.fixture(scope="module")
def ec2(cloud: CloudServer) -> Any:
    return cloud.client("ec2")


@dataclass(frozen=True)
class Ends:
    vpc: str
    vpn_gateway: str
    customer_gateway: str


_addresses = iter(range(1, 255))


@pytest.fixture
def ends(ec2: Any) -> Ends:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_vpn_gateway(Type="ipsec.1", AmazonSideAsn=64600)["VpnGateway"]["VpnGatewayId"]
    ec2.attach_vpn_gateway(VpcId=vpc, VpnGatewayId=gateway)
    return Ends(vpc, gateway, customer_gateway(ec2)["CustomerGatewayId"])


def customer_gateway(ec2: Any, **parameters: Any) -> Any:
    asked: dict[str, Any] = {"Type": "ipsec.1", "IpAddress": f"203.0.113.{next(_addresses)}", "BgpAsn": 65010}
    return ec2.create_customer_gateway(**asked | parameters)["CustomerGateway"]


def connect(ec2: Any, ends: Ends, tunnels: list[dict[str, Any]] | None = None, **parameters: Any) -> Any:
    options: dict[str, Any] = {"StaticRoutesOnly": True, "TunnelOptions": tunnels or []}
    options.update(parameters.pop("options", {}))
    return ec2.create_vpn_connection(
        Type="ipsec.1",
        CustomerGatewayId=ends.customer_gateway,
        VpnGatewayId=ends.vpn_gateway,
        Options=options,
        **parameters,
    )["VpnConnection"]


def described(ec2: Any, connection: Any) -> Any:
    return ec2.describe_vpn_connections(VpnConnectionIds=[connection["VpnConnectionId"]])["VpnConnections"][0]


def delay(cloud: CloudServer, *, modifying: float, returning: float | None) -> None:
    asked = {"modifying": modifying, "returning": returning}
    assert cloud.control("POST", "/sandbox/tunnel-delays", asked) == (200, {})


def code_of(caught: pytest.ExceptionInfo[ClientError]) -> str:
    response: Any = caught.value.response
    return response["Error"]["Code"]


def values(*items: object) -> list[dict[str, object]]:
    return [{"Value": item} for item in items]


FULL_TUNNEL: dict[str, Any] = {
    "TunnelInsideCidr": "169.254.100.0/30",
    "PreSharedKey": "Secret.key_1",
    "Phase1LifetimeSeconds": 14400,
    "Phase2LifetimeSeconds": 1800,
    "RekeyMarginTimeSeconds": 120,
    "RekeyFuzzPercentage": 50,
    "ReplayWindowSize": 512,
    "DPDTimeoutSeconds": 40,
    "DPDTimeoutAction": "restart",
    "Phase1EncryptionAlgorithms": values("AES256", "AES256-GCM-16"),
    "Phase2EncryptionAlgorithms": values("AES256-GCM-16"),
    "Phase1IntegrityAlgorithms": values("SHA2-384"),
    "Phase2IntegrityAlgorithms": values("SHA2-256", "SHA2-512"),
    "Phase1DHGroupNumbers": values(20, 21),
    "Phase2DHGroupNumbers": values(19),
    "IKEVersions": values("ikev2"),
    "StartupAction": "start",
    "LogOptions": {
        "CloudWatchLogOptions": {
            "LogEnabled": True,
            "LogGroupArn": "arn:aws:logs:eu-central-1:123456789012:log-group:/vpn/office",
            "LogOutputFormat": "json",
        }
    },
    "EnableTunnelLifecycleControl": True,
}


def test_tunnel_options_are_kept(ec2: Any, ends: Ends) -> None:
    connection = connect(
        ec2,
        ends,
        [FULL_TUNNEL],
        options={"LocalIpv4NetworkCidr": "192.168.0.0/16", "RemoteIpv4NetworkCidr": "10.0.0.0/16"},
        TagSpecifications=[{"ResourceType": "vpn-connection", "Tags": [{"Key": "Name", "Value": "office"}]}],
    )
    shown = described(ec2, connection)
    assert shown["State"] == "available"
    assert shown["Tags"] == [{"Key": "Name", "Value": "office"}]
    options = shown["Options"]
    assert options["StaticRoutesOnly"] is True
    assert options["LocalIpv4NetworkCidr"] == "192.168.0.0/16"
    assert options["RemoteIpv4NetworkCidr"] == "10.0.0.0/16"
    first, second = options["TunnelOptions"]
    renamed = {"DPDTimeoutSeconds": "DpdTimeoutSeconds", "DPDTimeoutAction": "DpdTimeoutAction"}
    renamed["IKEVersions"] = "IkeVersions"
    for name, value in FULL_TUNNEL.items():
        assert first[renamed.get(name, name)] == value, name
    assert len(second["PreSharedKey"]) == 32
    assert not second["PreSharedKey"].startswith("0")
    assert second["TunnelInsideCidr"].startswith("169.254.")
    assert "Phase1DHGroupNumbers" not in second
    assert first["OutsideIpAddress"] != second["OutsideIpAddress"]
    assert IPv4Address(first["OutsideIpAddress"]).is_global


@pytest.mark.parametrize(
    ("tunnel", "parameter"),
    [
        ({"TunnelInsideCidr": "169.254.0.0/30"}, "TunnelInsideCidr"),
        ({"TunnelInsideCidr": "169.254.169.252/30"}, "TunnelInsideCidr"),
        ({"TunnelInsideCidr": "169.254.10.0/29"}, "TunnelInsideCidr"),
        ({"TunnelInsideCidr": "10.1.0.0/30"}, "TunnelInsideCidr"),
        ({"TunnelInsideCidr": "169.254.10.1/30"}, "TunnelInsideCidr"),
        ({"PreSharedKey": "0startswithzero"}, "PreSharedKey"),
        ({"PreSharedKey": "short.7"}, "PreSharedKey"),
        ({"PreSharedKey": "x" * 65}, "PreSharedKey"),
        ({"PreSharedKey": "no-dashes-here"}, "PreSharedKey"),
        ({"Phase1LifetimeSeconds": 899}, "Phase1LifetimeSeconds"),
        ({"Phase2LifetimeSeconds": 3601}, "Phase2LifetimeSeconds"),
        ({"Phase1LifetimeSeconds": 1200, "Phase2LifetimeSeconds": 1200}, "Phase2LifetimeSeconds"),
        ({"RekeyMarginTimeSeconds": 59}, "RekeyMarginTimeSeconds"),
        ({"Phase2LifetimeSeconds": 900, "RekeyMarginTimeSeconds": 451}, "RekeyMarginTimeSeconds"),
        ({"RekeyFuzzPercentage": 101}, "RekeyFuzzPercentage"),
        ({"ReplayWindowSize": 63}, "ReplayWindowSize"),
        ({"DPDTimeoutSeconds": 29}, "DPDTimeoutSeconds"),
        ({"DPDTimeoutAction": "hold"}, "DPDTimeoutAction"),
        ({"StartupAction": "go"}, "StartupAction"),
        ({"StartupAction": "start", "IKEVersions": values("ikev1")}, "StartupAction"),
        ({"Phase1EncryptionAlgorithms": values("DES")}, "Phase1EncryptionAlgorithms"),
        ({"Phase1DHGroupNumbers": values(5)}, "Phase1DHGroupNumbers"),
        ({"Phase2IntegrityAlgorithms": values("MD5")}, "Phase2IntegrityAlgorithms"),
        ({"LogOptions": {"CloudWatchLogOptions": {"LogEnabled": True}}}, "LogGroupArn"),
    ],
)
def test_options_that_aws_does_not_take_are_refused(
    ec2: Any, ends: Ends, tunnel: dict[str, Any], parameter: str
) -> None:
    with pytest.raises(ClientError, match=parameter) as caught:
        connect(ec2, ends, [tunnel])
    assert code_of(caught) == "InvalidParameterValue"
    if "PreSharedKey" in tunnel:
        assert tunnel["PreSharedKey"] not in str(caught.value)


def test_an_inside_cidr_is_used_once_on_a_vpg(ec2: Any, ends: Ends) -> None:
    same = [{"TunnelInsideCidr": "169.254.20.0/30"}, {"TunnelInsideCidr": "169.254.20.0/30"}]
    with pytest.raises(ClientError, match=r"169\.254\.20\.0/30"):
        connect(ec2, ends, same)
    first = connect(ec2, ends, same[:1])
    with pytest.raises(ClientError, match="already in use"):
        connect(ec2, ends, same[:1])
    ec2.delete_vpn_connection(VpnConnectionId=first["VpnConnectionId"])
    again = connect(ec2, ends, same[:1])
    assert again["Options"]["TunnelOptions"][0]["TunnelInsideCidr"] == "169.254.20.0/30"


def test_a_third_tunnel_is_refused(ec2: Any, ends: Ends) -> None:
    with pytest.raises(ClientError, match="at most two"):
        connect(ec2, ends, [{"DPDTimeoutSeconds": 30}] * 3)


def test_the_configuration_document_carries_what_was_asked(ec2: Any, ends: Ends) -> None:
    connection = connect(ec2, ends, [FULL_TUNNEL], options={"StaticRoutesOnly": False})
    root = ElementTree.fromstring(described(ec2, connection)["CustomerGatewayConfiguration"])
    assert (root.tag, root.attrib) == ("vpn_connection", {"id": connection["VpnConnectionId"]})
    assert root.findtext("customer_gateway_id") == ends.customer_gateway
    assert root.findtext("vpn_gateway_id") == ends.vpn_gateway
    assert root.find("vpn_connection_attributes") is None
    tunnels = root.findall("ipsec_tunnel")
    assert len(tunnels) == 2
    addresses = [tunnel["OutsideIpAddress"] for tunnel in connection["Options"]["TunnelOptions"]]
    outside = "vpn_gateway/tunnel_outside_address/ip_address"
    assert [tunnel.findtext(outside) for tunnel in tunnels] == addresses
    expected = {
        "customer_gateway/tunnel_inside_address/ip_address": "169.254.100.2",
        "vpn_gateway/tunnel_inside_address/ip_address": "169.254.100.1",
        "vpn_gateway/tunnel_inside_address/network_mask": "255.255.255.252",
        "vpn_gateway/tunnel_inside_address/network_cidr": "30",
        "customer_gateway/bgp/asn": "65010",
        "vpn_gateway/bgp/asn": "64600",
        "vpn_gateway/bgp/hold_time": "30",
        "ike/authentication_protocol": "sha2-384",
        "ike/encryption_protocol": "aes-256-cbc",
        "ike/lifetime": "14400",
        "ike/perfect_forward_secrecy": "group20",
        "ike/mode": "main",
        "ike/pre_shared_key": "Secret.key_1",
        "ipsec/protocol": "esp",
        "ipsec/authentication_protocol": "hmac-sha2-256-128",
        "ipsec/encryption_protocol": "aes-256-gcm-16",
        "ipsec/lifetime": "1800",
        "ipsec/perfect_forward_secrecy": "group19",
        "ipsec/mode": "tunnel",
        "ipsec/clear_df_bit": "true",
        "ipsec/fragmentation_before_encryption": "true",
        "ipsec/tcp_mss_adjustment": "1379",
        "ipsec/dead_peer_detection/interval": "10",
        "ipsec/dead_peer_detection/retries": "4",
    }
    assert {path: tunnels[0].findtext(path) for path in expected} == expected


def test_the_document_of_static_routes_has_no_bgp(ec2: Any, ends: Ends) -> None:
    root = ElementTree.fromstring(connect(ec2, ends)["CustomerGatewayConfiguration"])
    assert root.findtext("vpn_connection_attributes") == "NoBGPVPNConnection"
    assert root.find(".//bgp") is None


def test_modifying_a_tunnel_changes_what_is_given_and_nothing_else(ec2: Any, ends: Ends) -> None:
    before = connect(ec2, ends, [FULL_TUNNEL])
    first, second = before["Options"]["TunnelOptions"]
    ec2.modify_vpn_tunnel_options(
        VpnConnectionId=before["VpnConnectionId"],
        VpnTunnelOutsideIpAddress=first["OutsideIpAddress"],
        TunnelOptions={"PreSharedKey": "Another.key_2", "DPDTimeoutSeconds": 60},
    )
    after = described(ec2, before)
    assert after["Options"]["TunnelOptions"] == [
        {**first, "PreSharedKey": "Another.key_2", "DpdTimeoutSeconds": 60},
        second,
    ]
    assert "Another.key_2" in after["CustomerGatewayConfiguration"]
    with pytest.raises(ClientError, match=r"outsideIp = 1\.2\.3\.4"):
        ec2.modify_vpn_tunnel_options(
            VpnConnectionId=before["VpnConnectionId"], VpnTunnelOutsideIpAddress="1.2.3.4", TunnelOptions={}
        )


def test_modifying_a_connection(ec2: Any, ends: Ends) -> None:
    connection = connect(ec2, ends)
    ec2.modify_vpn_connection_options(
        VpnConnectionId=connection["VpnConnectionId"], LocalIpv4NetworkCidr="192.168.0.0/16"
    )
    other = customer_gateway(ec2)["CustomerGatewayId"]
    ec2.modify_vpn_connection(VpnConnectionId=connection["VpnConnectionId"], CustomerGatewayId=other)
    after = described(ec2, connection)
    assert after["Options"]["LocalIpv4NetworkCidr"] == "192.168.0.0/16"
    assert after["CustomerGatewayId"] == other
    assert after["Options"]["TunnelOptions"] == connection["Options"]["TunnelOptions"]


def test_keys_in_secrets_manager(cloud: CloudServer, ec2: Any, ends: Ends) -> None:
    connection = connect(ec2, ends, [FULL_TUNNEL], PreSharedKeyStorage="SecretsManager")
    secrets = cloud.client("secretsmanager")
    arn = connection["PreSharedKeyArn"]
    address = connection["Options"]["TunnelOptions"][0]["OutsideIpAddress"]
    assert json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])[address] == "Secret.key_1"
    shown = described(ec2, connection)
    assert "Secret.key_1" not in json.dumps(shown, default=str)
    ec2.modify_vpn_tunnel_options(
        VpnConnectionId=connection["VpnConnectionId"],
        VpnTunnelOutsideIpAddress=address,
        TunnelOptions={"PreSharedKey": "Another.key_2"},
    )
    assert json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])[address] == "Another.key_2"
    ec2.delete_vpn_connection(VpnConnectionId=connection["VpnConnectionId"])
    with pytest.raises(ClientError) as caught:
        secrets.get_secret_value(SecretId=arn)
    assert code_of(caught) == "ResourceNotFoundException"


def test_each_tunnel_s_key_moves_by_itself(cloud: CloudServer, ec2: Any, ends: Ends) -> None:
    made = connect(ec2, ends, [FULL_TUNNEL])
    assert "PreSharedKeyArn" not in made
    first, second = made["Options"]["TunnelOptions"]

    def move(tunnel: dict[str, Any], storage: str) -> Any:
        ec2.modify_vpn_tunnel_options(
            VpnConnectionId=made["VpnConnectionId"],
            VpnTunnelOutsideIpAddress=tunnel["OutsideIpAddress"],
            TunnelOptions={},
            PreSharedKeyStorage=storage,
        )
        return described(ec2, made)

    moved = move(first, "SecretsManager")
    arn = moved["PreSharedKeyArn"]
    assert ["PreSharedKey" in tunnel for tunnel in moved["Options"]["TunnelOptions"]] == [False, True]
    kept = cloud.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    assert json.loads(kept) == {first["OutsideIpAddress"]: "Secret.key_1"}
    back = move(first, "Standard")
    assert back["PreSharedKeyArn"] == arn
    assert back["Options"]["TunnelOptions"] == [first, second]
    with pytest.raises(ClientError, match="PreSharedKeyStorage"):
        move(second, "Pocket")


def test_routes_propagate_while_gateway_and_connection_last(ec2: Any, ends: Ends) -> None:
    connection = connect(ec2, ends)["VpnConnectionId"]
    table = ec2.create_route_table(VpcId=ends.vpc)["RouteTable"]["RouteTableId"]

    def routes() -> dict[str, str]:
        shown = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]
        return {route["DestinationCidrBlock"]: route["Origin"] for route in shown["Routes"]}

    for _ in range(2):
        ec2.create_vpn_connection_route(VpnConnectionId=connection, DestinationCidrBlock="192.168.1.0/24")
        ec2.enable_vgw_route_propagation(RouteTableId=table, GatewayId=ends.vpn_gateway)
    ec2.create_vpn_connection_route(VpnConnectionId=connection, DestinationCidrBlock="192.168.2.0/24")
    shown = ec2.describe_vpn_connections(VpnConnectionIds=[connection])["VpnConnections"][0]
    assert shown["Routes"] == [
        {"DestinationCidrBlock": "192.168.1.0/24", "Source": "Static", "State": "available"},
        {"DestinationCidrBlock": "192.168.2.0/24", "Source": "Static", "State": "available"},
    ]
    propagating = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["PropagatingVgws"]
    assert propagating == [{"GatewayId": ends.vpn_gateway}]
    propagated = dict.fromkeys(("192.168.1.0/24", "192.168.2.0/24"), "EnableVgwRoutePropagation")
    assert routes() == {"10.0.0.0/16": "CreateRouteTable", **propagated}

    ec2.create_route(RouteTableId=table, DestinationCidrBlock="192.168.2.0/24", GatewayId=ends.vpn_gateway)
    assert routes()["192.168.2.0/24"] == "CreateRoute"
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="192.168.2.0/24")
    ec2.delete_vpn_connection_route(VpnConnectionId=connection, DestinationCidrBlock="192.168.2.0/24")
    with pytest.raises(ClientError) as caught:
        ec2.delete_vpn_connection_route(VpnConnectionId=connection, DestinationCidrBlock="192.168.2.0/24")
    assert code_of(caught) == "InvalidRoute.NotFound"
    assert set(routes()) == {"10.0.0.0/16", "192.168.1.0/24"}
    ec2.disable_vgw_route_propagation(RouteTableId=table, GatewayId=ends.vpn_gateway)
    assert set(routes()) == {"10.0.0.0/16"}
    ec2.enable_vgw_route_propagation(RouteTableId=table, GatewayId=ends.vpn_gateway)
    ec2.delete_vpn_connection(VpnConnectionId=connection)
    assert set(routes()) == {"10.0.0.0/16"}
    ec2.detach_vpn_gateway(VpcId=ends.vpc, VpnGatewayId=ends.vpn_gateway)
    assert ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["PropagatingVgws"] == []
    with pytest.raises(ClientError) as caught:
        ec2.enable_vgw_route_propagation(RouteTableId=table, GatewayId=ends.vpn_gateway)
    assert code_of(caught) == "Gateway.NotAttached"


def test_a_connection_with_bgp_takes_no_static_route(ec2: Any, ends: Ends) -> None:
    connection = connect(ec2, ends, options={"StaticRoutesOnly": False})["VpnConnectionId"]
    with pytest.raises(ClientError) as caught:
        ec2.create_vpn_connection_route(VpnConnectionId=connection, DestinationCidrBlock="192.168.1.0/24")
    assert code_of(caught) == "UnsupportedOperation"


def test_telemetry_is_down_until_it_is_set(cloud: CloudServer, ec2: Any, ends: Ends) -> None:
    connection = connect(ec2, ends)
    assert [tunnel["Status"] for tunnel in connection["VgwTelemetry"]] == ["DOWN", "DOWN"]
    asked = {
        "vpnConnectionId": connection["VpnConnectionId"],
        "outsideIp": connection["VgwTelemetry"][1]["OutsideIpAddress"],
        "status": "UP",
    }
    assert cloud.control("POST", "/sandbox/telemetry", asked) == (200, {})
    assert [tunnel["Status"] for tunnel in described(ec2, connection)["VgwTelemetry"]] == ["DOWN", "UP"]
    for wrong in ({"status": "SIDEWAYS"}, {"outsideIp": "1.2.3.4"}, {"vpnConnectionId": "vpn-0"}):
        status, answer = cloud.control("POST", "/sandbox/telemetry", asked | wrong)
        assert status == 400
        assert next(iter(wrong)) in answer["error"]


def up(cloud: CloudServer, connection: Any) -> list[str]:
    """The outside addresses of a connection whose tunnels are both up from now on."""
    addresses = [tunnel["OutsideIpAddress"] for tunnel in connection["VgwTelemetry"]]
    for address in addresses:
        asked = {"vpnConnectionId": connection["VpnConnectionId"], "outsideIp": address, "status": "UP"}
        assert cloud.control("POST", "/sandbox/telemetry", asked) == (200, {})
    return addresses


def statuses(ec2: Any, connection: Any) -> list[str]:
    return [tunnel["Status"] for tunnel in described(ec2, connection)["VgwTelemetry"]]


@pytest.mark.parametrize("change", ["options", "replacement"])
def test_a_changed_tunnel_is_down_and_the_other_one_up(
    cloud: CloudServer, ec2: Any, ends: Ends, change: str
) -> None:
    connection = connect(ec2, ends, options={"StaticRoutesOnly": False})
    tunnel: dict[str, Any] = {
        "VpnConnectionId": connection["VpnConnectionId"],
        "VpnTunnelOutsideIpAddress": up(cloud, connection)[0],
    }
    delay(cloud, modifying=3600, returning=None)
    if change == "options":
        assert cloud.control("POST", "/sandbox/tunnel-delays", {"modifying": -1, "returning": 0})[0] == 400
        ec2.modify_vpn_tunnel_options(**tunnel, TunnelOptions={"DPDTimeoutSeconds": 60})
    else:
        ec2.replace_vpn_tunnel(**tunnel)
    shown = described(ec2, connection)
    assert shown["State"] == "modifying"
    assert statuses(ec2, connection) == ["DOWN", "UP"]
    assert [end["AcceptedRouteCount"] for end in shown["VgwTelemetry"]] == [0, 1]
    with pytest.raises(ClientError) as caught:
        ec2.replace_vpn_tunnel(**tunnel)
    assert code_of(caught) == "IncorrectState"


def test_a_connection_is_available_before_its_tunnel_is_up(cloud: CloudServer, ec2: Any, ends: Ends) -> None:
    connection = connect(ec2, ends)
    first, _ = up(cloud, connection)
    modify = {"VpnConnectionId": connection["VpnConnectionId"], "VpnTunnelOutsideIpAddress": first}
    ec2.modify_vpn_tunnel_options(**modify, TunnelOptions={"DPDTimeoutSeconds": 60})
    assert described(ec2, connection)["State"] == "available"
    assert statuses(ec2, connection) == ["DOWN", "UP"]
    up(cloud, connection)
    delay(cloud, modifying=0, returning=0.2)
    ec2.modify_vpn_tunnel_options(**modify, TunnelOptions={"DPDTimeoutSeconds": 50})
    deadline = time.monotonic() + 30
    while statuses(ec2, connection) != ["UP", "UP"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_connection_that_was_moved_is_down_as_a_whole(cloud: CloudServer, ec2: Any, ends: Ends) -> None:
    connection = connect(ec2, ends)
    up(cloud, connection)
    other = customer_gateway(ec2)["CustomerGatewayId"]
    ec2.modify_vpn_connection(VpnConnectionId=connection["VpnConnectionId"], CustomerGatewayId=other)
    assert statuses(ec2, connection) == ["DOWN", "DOWN"]


def test_a_pending_replacement_is_shown_until_it_is_applied(cloud: CloudServer, ec2: Any, ends: Ends) -> None:
    connection = connect(ec2, ends)
    first, second = up(cloud, connection)

    def maintenance(address: str) -> Any:
        answer = ec2.get_vpn_tunnel_replacement_status(
            VpnConnectionId=connection["VpnConnectionId"], VpnTunnelOutsideIpAddress=address
        )
        return answer["MaintenanceDetails"]

    asked = {"vpnConnectionId": connection["VpnConnectionId"], "outsideIp": first}
    assert cloud.control("POST", "/sandbox/maintenance", asked) == (200, {})
    assert [maintenance(end)["PendingMaintenance"] for end in (first, second)] == ["True", "False"]
    ec2.replace_vpn_tunnel(
        VpnConnectionId=connection["VpnConnectionId"],
        VpnTunnelOutsideIpAddress=first,
        ApplyPendingMaintenance=True,
    )
    assert maintenance(first)["PendingMaintenance"] == "False"
    assert "LastMaintenanceApplied" in maintenance(first)
    assert "LastMaintenanceApplied" not in maintenance(second)


def test_certificates_are_renewed_where_there_are_some(cloud: CloudServer, ec2: Any, ends: Ends) -> None:
    certificate = "arn:aws:acm:eu-central-1:123456789012:certificate/1b2c"
    ours = customer_gateway(ec2, CertificateArn=certificate)["CustomerGatewayId"]
    with_certificate = connect(ec2, Ends(ends.vpc, ends.vpn_gateway, ours))
    up(cloud, with_certificate)
    for connection in (with_certificate, connect(ec2, ends)):
        renew = {
            "VpnConnectionId": connection["VpnConnectionId"],
            "VpnTunnelOutsideIpAddress": connection["VgwTelemetry"][1]["OutsideIpAddress"],
        }
        if connection is with_certificate:
            ec2.modify_vpn_tunnel_certificate(**renew)
            assert statuses(ec2, connection) == ["UP", "DOWN"]
        else:
            with pytest.raises(ClientError, match="pre-shared keys"):
                ec2.modify_vpn_tunnel_certificate(**renew)


def test_a_vpc_has_one_vpg(ec2: Any, ends: Ends) -> None:
    other = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    with pytest.raises(ClientError, match=f"VPC {ends.vpc} is currently attached") as caught:
        ec2.attach_vpn_gateway(VpcId=ends.vpc, VpnGatewayId=other)
    assert code_of(caught) == "InvalidVpcState"
    elsewhere = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    with pytest.raises(ClientError) as caught:
        ec2.attach_vpn_gateway(VpcId=elsewhere, VpnGatewayId=ends.vpn_gateway)
    assert code_of(caught) == "VpnGatewayAttachmentLimitExceeded"
    again = ec2.attach_vpn_gateway(VpcId=ends.vpc, VpnGatewayId=ends.vpn_gateway)
    assert again["VpcAttachment"] == {"VpcId": ends.vpc, "State": "attached"}
    ec2.detach_vpn_gateway(VpcId=ends.vpc, VpnGatewayId=ends.vpn_gateway)
    ec2.attach_vpn_gateway(VpcId=ends.vpc, VpnGatewayId=other)


def test_gateways_in_use_stay(ec2: Any, ends: Ends) -> None:
    connection = connect(ec2, ends)["VpnConnectionId"]
    for delete in (
        lambda: ec2.delete_customer_gateway(CustomerGatewayId=ends.customer_gateway),
        lambda: ec2.delete_vpn_gateway(VpnGatewayId=ends.vpn_gateway),
    ):
        with pytest.raises(ClientError) as caught:
            delete()
        assert code_of(caught) == "IncorrectState"
    ec2.detach_vpn_gateway(VpcId=ends.vpc, VpnGatewayId=ends.vpn_gateway)
    with pytest.raises(ClientError) as caught:
        ec2.delete_vpn_gateway(VpnGatewayId=ends.vpn_gateway)
    assert code_of(caught) == "IncorrectState"
    ec2.delete_vpn_connection(VpnConnectionId=connection)
    ec2.delete_vpn_gateway(VpnGatewayId=ends.vpn_gateway)
    ec2.delete_customer_gateway(CustomerGatewayId=ends.customer_gateway)
    gone = ec2.describe_vpn_connections(VpnConnectionIds=[connection])["VpnConnections"]
    assert [item["State"] for item in gone] == ["deleted"]
    with pytest.raises(ClientError) as caught:
        ec2.delete_customer_gateway(CustomerGatewayId=ends.customer_gateway)
    assert code_of(caught) == "InvalidCustomerGatewayID.NotFound"
    with pytest.raises(ClientError) as caught:
        ec2.describe_customer_gateways(CustomerGatewayIds=["cgw-00000000000000000"])
    assert code_of(caught) == "InvalidCustomerGatewayID.NotFound"


def test_an_identical_customer_gateway_is_the_same_one(ec2: Any) -> None:
    asked = {"IpAddress": "198.51.100.7", "DeviceName": "router-a"}
    first = customer_gateway(ec2, **asked)
    assert first["DeviceName"] == "router-a"
    assert customer_gateway(ec2, **asked)["CustomerGatewayId"] == first["CustomerGatewayId"]
    other = customer_gateway(ec2, **asked | {"DeviceName": "router-b"})
    assert other["CustomerGatewayId"] != first["CustomerGatewayId"]
    ec2.delete_customer_gateway(CustomerGatewayId=first["CustomerGatewayId"])
    assert customer_gateway(ec2, **asked)["CustomerGatewayId"] != first["CustomerGatewayId"]


def test_large_asns_and_certificates(ec2: Any, ends: Ends) -> None:
    large = ec2.create_customer_gateway(Type="ipsec.1", IpAddress="198.51.100.8", BgpAsnExtended=4200000001)
    assert large["CustomerGateway"]["BgpAsnExtended"] == "4200000001"
    assert "BgpAsn" not in large["CustomerGateway"]
    arn = "arn:aws:acm:eu-central-1:123456789012:certificate/0123"
    certified = ec2.create_customer_gateway(Type="ipsec.1", CertificateArn=arn, BgpAsn=65000)[
        "CustomerGateway"
    ]
    assert certified["CertificateArn"] == arn
    assert "IpAddress" not in certified
    at_rest = Ends(ends.vpc, ends.vpn_gateway, certified["CustomerGatewayId"])
    with pytest.raises(ClientError, match="no IP address"):
        connect(ec2, at_rest, [{"StartupAction": "start", "IKEVersions": values("ikev2")}])
    connection = connect(ec2, at_rest)
    assert "PreSharedKey" not in connection["Options"]["TunnelOptions"][0]
    assert connection["VgwTelemetry"][0]["CertificateArn"] == arn
    root = ElementTree.fromstring(connection["CustomerGatewayConfiguration"])
    assert root.find(".//pre_shared_key") is None
    assert root.findtext("ipsec_tunnel/customer_gateway/tunnel_outside_address/ip_address") == ""
    with pytest.raises(ClientError) as caught:
        ec2.create_customer_gateway(Type="ipsec.1", BgpAsn=65000)
    assert code_of(caught) == "MissingParameter"


def test_the_amazon_side_asn_is_private(ec2: Any) -> None:
    gateway = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]
    assert gateway["AmazonSideAsn"] == 64512
    with pytest.raises(ClientError) as caught:
        ec2.create_vpn_gateway(Type="ipsec.1", AmazonSideAsn=64000)
    assert code_of(caught) == "InvalidParameterValue"
