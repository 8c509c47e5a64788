"""The hardware VPN component: VPG, customer gateways, VPN connections, routes, logs, alarms, secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pulumi_aws as aws
import pytest
from pydantic import SecretStr

from components.hardware_vpn import HardwareVpn, HardwareVpnArgs
from components.labels import Labels
from components.site import SiteArgs
from components.vpn_tunnels import TunnelArgs
from labs.recorded_graph import Graph, record
from model.names import EnvironmentNames
from model.tunnel_options import TunnelOptions

VPN = "aws-vpn:vpn:HardwareVpn::hardware-vpn"
CONNECTION = "aws:ec2/vpnConnection:VpnConnection"

OPTIONS = TunnelOptions(
    phase1_encryption_algorithms=("AES256",),
    phase1_integrity_algorithms=("SHA2-256",),
    phase1_dh_group_numbers=(19,),
    phase2_encryption_algorithms=("AES256-GCM-16",),
    phase2_integrity_algorithms=("SHA2-384",),
    phase2_dh_group_numbers=(20, 21),
    startup_action="start",
)
TUNNEL = TunnelArgs(
    inside_cidr=IPv4Network("169.254.10.0/30"), preshared_key=SecretStr("Secret.Key_1"), options=OPTIONS
)
STATIC = SiteArgs(
    name="berlin",
    location="berlin",
    critical=False,
    public_ip=IPv4Address("203.0.113.10"),
    certificate_arn=None,
    device_name="edge",
    bgp_asn=None,
    lan_cidrs=(IPv4Network("192.168.1.0/24"), IPv4Network("192.168.2.0/24")),
    tunnels=(TUNNEL, TunnelArgs(options=OPTIONS.model_copy(update={"dpd_timeout_seconds": 60}))),
)
BGP = replace(STATIC, name="lisbon-1", location="lisbon", critical=True, bgp_asn=65010)


def made_up(type_: str, name: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    if type_ != f"{CONNECTION}":
        return {}
    return {
        "tunnel1Address": "192.0.2.1",
        "tunnel2Address": "192.0.2.2",
        "tunnel2InsideCidr": "169.254.99.0/30",
        "customerGatewayConfiguration": "<vpn_connection/>",
    }


def hardware_vpn(*sites: SiteArgs, protected: bool = False) -> Graph:
    def program() -> None:
        tables = {
            f"private-{zone[-1]}": aws.ec2.RouteTable(f"table-{zone}", vpc_id="vpc")
            for zone in ("eu-central-1a", "eu-central-1b")
        }
        HardwareVpn(
            "hardware-vpn",
            HardwareVpnArgs(
                labels=Labels(names=EnvironmentNames("dev")),
                vpc_id="vpc",
                route_tables=tables,
                amazon_side_asn=64512,
                preshared_key_storage="Standard",
                sites=sites,
                tunnel_log_format="json",
                tunnel_log_retention_days=30,
                encryption_key_arn="arn:aws:kms:key",
                alert_topic_arn="arn:topic",
                tunnel_down_minutes=5,
                protected=protected,
            ),
        )

    return record(program, outputs=made_up)


@pytest.fixture(scope="module")
def graph() -> Graph:
    return hardware_vpn(STATIC, BGP)


def test_there_is_one_vpg_on_the_vpc(graph: Graph) -> None:
    assert graph.one("aws:ec2/vpnGateway:VpnGateway").inputs["vpcId"] == "vpc"
    assert graph.one("aws:ec2/vpnGateway:VpnGateway").inputs["amazonSideAsn"] == "64512"


def test_each_site_has_a_customer_gateway_and_a_connection(graph: Graph) -> None:
    for name in ("hardware-vpn-berlin", "hardware-vpn-lisbon-1"):
        connection = graph.one(CONNECTION, name)
        assert connection.refers_to["customerGatewayId"] == {
            f"aws:ec2/customerGateway:CustomerGateway::{name}"
        }
        assert connection.refers_to["vpnGatewayId"] == {"aws:ec2/vpnGateway:VpnGateway::hardware-vpn"}
        assert connection.parent == VPN


def test_a_site_without_bgp_gets_static_routes_to_its_lans(graph: Graph) -> None:
    assert graph.one(CONNECTION, "hardware-vpn-berlin").inputs["staticRoutesOnly"] is True
    routes = graph.of("aws:ec2/vpnConnectionRoute:VpnConnectionRoute")
    assert {(r.inputs["vpnConnectionId"], r.inputs["destinationCidrBlock"]) for r in routes} == {
        ("hardware-vpn-berlin-id", "192.168.1.0/24"),
        ("hardware-vpn-berlin-id", "192.168.2.0/24"),
    }


def test_a_site_with_bgp_gets_none(graph: Graph) -> None:
    assert graph.one(CONNECTION, "hardware-vpn-lisbon-1").inputs["staticRoutesOnly"] is False
    gateway = graph.one("aws:ec2/customerGateway:CustomerGateway", "hardware-vpn-lisbon-1")
    assert gateway.inputs["bgpAsn"] == "65010"


def test_a_site_without_bgp_says_the_asn_that_aws_would_take(graph: Graph) -> None:
    gateway = graph.one("aws:ec2/customerGateway:CustomerGateway", "hardware-vpn-berlin")
    assert gateway.inputs["bgpAsn"] == "65000"


def test_a_router_has_a_device_name_of_its_environments_own() -> None:
    graph = hardware_vpn(STATIC, replace(BGP, device_name=None))
    gateways = graph.of("aws:ec2/customerGateway:CustomerGateway")
    names = {gateway.inputs["deviceName"] for gateway in gateways}
    assert names == {"aws-vpn-dev-edge", "aws-vpn-dev-lisbon-1"}


def test_a_large_asn_goes_into_the_extended_field() -> None:
    graph = hardware_vpn(replace(BGP, bgp_asn=4200000000))
    gateway = graph.one("aws:ec2/customerGateway:CustomerGateway").inputs
    assert gateway["bgpAsnExtended"] == "4200000000"
    assert "bgpAsn" not in gateway


def test_a_site_may_have_a_certificate_instead_of_an_address() -> None:
    graph = hardware_vpn(replace(STATIC, public_ip=None, certificate_arn="arn:aws:acm:x"))
    gateway = graph.one("aws:ec2/customerGateway:CustomerGateway").inputs
    assert gateway["certificateArn"] == "arn:aws:acm:x"
    assert "ipAddress" not in gateway
    connection = graph.one("aws:ec2/vpnConnection:VpnConnection").inputs
    # there is no key to store, and the provider would read another storage back at every refresh
    assert "presharedKeyStorage" not in connection


def test_routes_are_propagated_into_every_private_route_table(graph: Graph) -> None:
    propagations = graph.of("aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation")
    assert {p.inputs["routeTableId"] for p in propagations} == {
        "table-eu-central-1a-id",
        "table-eu-central-1b-id",
    }


def test_the_two_tunnels_have_each_their_own_options(graph: Graph) -> None:
    inputs = graph.one(CONNECTION, "hardware-vpn-berlin").inputs
    assert inputs["tunnel1InsideCidr"] == "169.254.10.0/30"
    assert "tunnel2InsideCidr" not in inputs
    assert (inputs["tunnel1DpdTimeoutSeconds"], inputs["tunnel2DpdTimeoutSeconds"]) == (40, 60)
    assert inputs["tunnel1Phase2DhGroupNumbers"] == [20, 21]
    assert inputs["tunnel2StartupAction"] == "start"


def test_preshared_keys_and_the_configuration_are_secret(graph: Graph) -> None:
    connection = graph.one(CONNECTION, "hardware-vpn-berlin")
    assert connection.inputs["tunnel1PresharedKey"] == "Secret.Key_1"
    assert connection.secrets == {"tunnel1PresharedKey"}
    assert "tunnel2PresharedKey" not in connection.inputs


LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
TUNNEL_LOGS = {
    "logEnabled": True,
    "logGroupArn": "arn:aws:cloudwatch:::hardware-vpn-tunnels",
    "logOutputFormat": "json",
}
BGP_LOGS = {
    "bgpLogEnabled": True,
    "bgpLogGroupArn": "arn:aws:cloudwatch:::hardware-vpn-bgp",
    "bgpLogOutputFormat": "json",
}


def test_logs_go_to_encrypted_groups_with_retention(graph: Graph) -> None:
    groups = graph.of(LOG_GROUP)
    assert {group.inputs["name"] for group in groups} == {
        "/aws/vendedlogs/aws-vpn/dev/hardware-vpn",
        "/aws/vendedlogs/aws-vpn/dev/hardware-vpn-bgp",
    }
    for group in groups:
        assert (group.inputs["retentionInDays"], group.inputs["kmsKeyId"]) == (30, "arn:aws:kms:key")


@pytest.mark.parametrize(("site", "logs"), [("berlin", {}), ("lisbon-1", BGP_LOGS)])
def test_both_tunnels_log_what_they_speak(graph: Graph, site: str, logs: Mapping[str, Any]) -> None:
    inputs = graph.one(CONNECTION, f"hardware-vpn-{site}").inputs
    for tunnel in (1, 2):
        assert inputs[f"tunnel{tunnel}LogOptions"]["cloudwatchLogOptions"] == {**TUNNEL_LOGS, **logs}


def test_without_bgp_there_is_no_group_for_it() -> None:
    assert [group.name for group in hardware_vpn(STATIC).of(LOG_GROUP)] == ["hardware-vpn-tunnels"]


def test_each_connection_has_an_alarm_on_any_tunnel_and_one_on_both(graph: Graph) -> None:
    alarms = [alarm.inputs for alarm in graph.of("aws:cloudwatch/metricAlarm:MetricAlarm")]
    assert {(alarm["dimensions"]["VpnId"], alarm["statistic"]) for alarm in alarms} == {
        (f"hardware-vpn-{site}-id", statistic)
        for site in ("berlin", "lisbon-1")
        for statistic in ("Minimum", "Maximum")
    }
    for alarm in alarms:
        assert (alarm["namespace"], alarm["metricName"]) == ("AWS/VPN", "TunnelState")
        assert (alarm["comparisonOperator"], alarm["threshold"]) == ("LessThanThreshold", 1)
        assert alarm["treatMissingData"] == "breaching"
        assert (alarm["period"], alarm["evaluationPeriods"]) == (300, 1)
        assert alarm["alarmActions"] == alarm["okActions"] == ["arn:topic"]


def test_only_the_vpg_and_the_connections_are_protected() -> None:
    graph = hardware_vpn(STATIC, protected=True)
    protected = {resource.type for resource in graph.resources if resource.protect}
    assert protected == {CONNECTION, "aws:ec2/vpnGateway:VpnGateway"}
    assert not any(resource.protect for resource in hardware_vpn(STATIC).resources)


def test_what_exists_once_is_deleted_before_it_is_replaced(graph: Graph) -> None:
    first = {resource.type for resource in graph.resources if resource.delete_before_replace}
    assert first == {CONNECTION, "aws:ec2/vpnGateway:VpnGateway"}


def test_tags_tell_a_sites_location_and_whether_it_is_critical(graph: Graph) -> None:
    tags = graph.one("aws:ec2/customerGateway:CustomerGateway", "hardware-vpn-lisbon-1").inputs["tags"]
    assert (tags["Site"], tags["Location"], tags["Critical"]) == ("lisbon-1", "lisbon", "true")


def test_the_component_tells_the_networks_behind_its_sites(graph: Graph) -> None:
    component = graph.one("aws-vpn:vpn:HardwareVpn")
    assert component.outputs["onPremisesCidrs"] == ["192.168.1.0/24", "192.168.2.0/24"]
