"""Each stack as a whole: what its committed settings register."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hosts.openvpn_server import content
from labs.recorded_environment import environment, settings_of
from labs.recorded_graph import Graph, record
from model.names import ROLE_NAME_LIMIT
from model.tunnel_options import TunnelOptions
from stacks.environment import Environment
from stacks.hosts import openvpn_server
from stacks.sections.nat import NatSettings
from stacks.settings import Settings
from stacks.stack_file import SettingsError
from tests.unit.iam import Policy

ROUTED = ("aws:ec2/route:Route", "aws:ec2/routeTableAssociation:RouteTableAssociation")
IN_NEED = (
    "aws-vpn:openvpn:OpenVpnTunnel",
    "aws-vpn:nat:NatInstances",
    "aws:ec2/natGateway:NatGateway",
)
STARTED = ("aws:ec2/instance:Instance", "aws:autoscaling/group:Group")


@pytest.fixture(scope="module")
def graphs() -> dict[str, Graph]:
    return {stack: environment(stack, settings_of(stack)) for stack in ("dev", "staging", "prod")}


EXPECTED = {
    "dev": {
        "aws:ec2/vpnGateway:VpnGateway": 1,
        "aws:ec2/customerGateway:CustomerGateway": 1,
        "aws:ec2/vpnConnection:VpnConnection": 1,
        "aws:ec2/vpnConnectionRoute:VpnConnectionRoute": 2,
        "aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation": 2,
        "aws:ec2/subnet:Subnet": 4,
        "aws:ec2/instance:Instance": 2,
        "aws:ec2/eip:Eip": 1,
        "aws:autoscaling/group:Group": 1,
        "aws:ec2/route:Route": 1 + 2 * 3,
        "aws:cloudwatch/metricAlarm:MetricAlarm": 2 * 1 + 3 + 7 + 1 + 2,
        "aws:cloudwatch/dashboard:Dashboard": 1,
    },
    "staging": {
        "aws:ec2/vpnGateway:VpnGateway": 1,
        "aws:ec2/customerGateway:CustomerGateway": 2,
        "aws:ec2/vpnConnection:VpnConnection": 2,
        "aws:ec2/vpnConnectionRoute:VpnConnectionRoute": 1,
        "aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation": 2,
        "aws:ec2/subnet:Subnet": 4,
        "aws:ec2/instance:Instance": 4,
        "aws:ec2/eip:Eip": 2,
        "aws:autoscaling/group:Group": 2,
        "aws:ec2/route:Route": 1 + 1 * 3 + 2,
        "aws:cloudwatch/metricAlarm:MetricAlarm": 2 * 2 + (3 + 7) + (1 + 5) + 2 + 4,
        "aws:cloudwatch/dashboard:Dashboard": 1,
    },
    "prod": {
        "aws:ec2/vpnGateway:VpnGateway": 1,
        "aws:ec2/customerGateway:CustomerGateway": 3,
        "aws:ec2/vpnConnection:VpnConnection": 3,
        "aws:ec2/vpnConnectionRoute:VpnConnectionRoute": 1,
        "aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation": 3,
        "aws:ec2/subnet:Subnet": 6,
        "aws:ec2/instance:Instance": 6,
        "aws:ec2/eip:Eip": 3,
        "aws:autoscaling/group:Group": 3,
        "aws:ec2/route:Route": 1 + (2 + 1) * 4 + 3,
        "aws:cloudwatch/metricAlarm:MetricAlarm": 2 * 3 + 2 * (3 + 7) + (1 + 5) + 3 + 6,
        "aws:cloudwatch/dashboard:Dashboard": 1,
    },
}


@pytest.mark.parametrize("stack", EXPECTED)
def test_a_stack_registers_what_its_settings_ask_for(graphs: dict[str, Graph], stack: str) -> None:
    counts = graphs[stack].counts()
    assert {type_: counts.get(type_, 0) for type_ in EXPECTED[stack]} == EXPECTED[stack]


@pytest.mark.parametrize("stack", EXPECTED)
def test_every_resource_belongs_to_a_component(graphs: dict[str, Graph], stack: str) -> None:
    for resource in graphs[stack].resources:
        if resource.type.startswith("aws:"):
            assert resource.parent.startswith("aws-vpn:"), resource.key


@pytest.mark.parametrize("stack", EXPECTED)
def test_names_in_aws_tell_the_environment(graphs: dict[str, Graph], stack: str) -> None:
    for resource in graphs[stack].resources:
        name = resource.inputs.get("name")
        if resource.type.startswith("aws:") and name:
            assert f"aws-vpn-{stack}-" in name or f"aws-vpn/{stack}/" in name, resource.key


@pytest.mark.parametrize("stack", EXPECTED)
def test_no_secret_is_registered_in_clear(graphs: dict[str, Graph], stack: str) -> None:
    for resource in graphs[stack].resources:
        secrets = {key for key in resource.inputs if key.endswith("PresharedKey")}
        assert secrets <= resource.secrets
    assert graphs[stack].secret_exports == {"configurations"}


def test_only_prod_is_protected(graphs: dict[str, Graph]) -> None:
    protected = {stack: {r.type for r in graph.resources if r.protect} for stack, graph in graphs.items()}
    assert protected == {
        "dev": set(),
        "staging": set(),
        "prod": {
            "aws:ec2/vpnGateway:VpnGateway",
            "aws:ec2/vpnConnection:VpnConnection",
            "aws:secretsmanager/secret:Secret",
        },
    }


def test_exports_hold_what_a_user_needs_next(graphs: dict[str, Graph]) -> None:
    exports = graphs["dev"].exports
    assert exports["network"]["vpcId"] == "network-id"
    options = TunnelOptions().exported()
    assert options["replayWindowSize"] == 1024
    assert exports["hardwareVpn"] == {
        "region": "eu-central-1",
        "vpcCidrs": ["10.10.0.0/16"],
        "vpgId": "hardware-vpn-id",
        "amazonSideAsn": 64512,
        "sites": {
            "berlin": {
                "console": "https://eu-central-1.console.aws.amazon.com/vpcconsole/home?region=eu-central-1"
                "#VpnConnectionDetails:VpnConnectionId=hardware-vpn-berlin-id",
                "vpnConnectionId": "hardware-vpn-berlin-id",
                "customerGatewayId": "hardware-vpn-berlin-id",
                "routing": "static",
                "hasCertificate": False,
                "lanCidrs": ["192.168.10.0/24", "192.168.11.0/24"],
                "tunnels": [
                    {"outsideAddress": "192.0.2.1", "insideCidr": "169.254.10.0/30", "options": options},
                    {"outsideAddress": "192.0.2.2", "insideCidr": "169.254.10.4/30", "options": options},
                ],
            }
        },
    }
    assert exports["configurations"] == {"berlin": "<vpn_connection id='hardware-vpn-berlin'/>"}
    assert exports["openVpn"] == {"staff": {"publicIp": "public-openvpn-staff"}}


@pytest.mark.parametrize("stack", EXPECTED)
def test_servers_of_a_pair_are_in_different_zones(graphs: dict[str, Graph], stack: str) -> None:
    graph = graphs[stack]
    zone = {f"{s.name}-id": s.inputs["availabilityZone"] for s in graph.of("aws:ec2/subnet:Subnet")}
    placed = {i.name: zone[i.inputs["subnetId"]] for i in graph.of("aws:ec2/instance:Instance")}
    mains = [name for name in placed if name.endswith("-main")]
    assert mains
    for name in mains:
        assert placed[name] != placed[name.replace("-main", "-standby")]


def test_prods_monitors_run_in_a_third_zone(graphs: dict[str, Graph]) -> None:
    groups = graphs["prod"].of("aws:autoscaling/group:Group")
    assert {tuple(group.inputs["vpcZoneIdentifiers"]) for group in groups} == {("network-public-c-id",)}


def test_monitors_come_back_in_either_of_two_zones(graphs: dict[str, Graph]) -> None:
    group = graphs["dev"].one("aws:autoscaling/group:Group")
    assert group.inputs["vpcZoneIdentifiers"] == ["network-public-a-id", "network-public-b-id"]


@pytest.mark.parametrize("stack", EXPECTED)
def test_the_world_reaches_nothing_but_the_vpn_ports(graphs: dict[str, Graph], stack: str) -> None:
    opened = {
        (rule.inputs["ipProtocol"], rule.inputs.get("fromPort"), rule.inputs.get("toPort"))
        for rule in graphs[stack].of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if rule.inputs["cidrIpv4"] == "0.0.0.0/0"
    }
    tcp = {("tcp", 443, 443)} if stack == "prod" else set[Any]()
    assert opened == {("udp", 1194, 1194)} | tcp


def test_openvpn_servers_read_their_own_secrets_alone(graphs: dict[str, Graph]) -> None:
    policy = Policy(graphs["prod"].one("aws:iam/rolePolicy:RolePolicy", "openvpn-staff").inputs["policy"])
    own = "arn:aws:secretsmanager:::openvpn-staff-server"
    assert policy.allows("secretsmanager:GetSecretValue", own)
    assert not policy.allows(
        "secretsmanager:GetSecretValue", "arn:aws:secretsmanager:::openvpn-restricted-server"
    )
    assert not policy.allows("secretsmanager:PutSecretValue", own)
    assert not policy.allows("ec2:AssociateAddress")


@pytest.mark.parametrize("stack", EXPECTED)
def test_hosts_have_session_manager_and_read_no_parameters_of_others(
    graphs: dict[str, Graph], stack: str
) -> None:
    graph = graphs[stack]
    assert graph.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment") == []
    hosts = [policy for policy in graph.of("aws:iam/rolePolicy:RolePolicy") if "HostRole" in policy.parent]
    assert hosts
    for policy in (Policy(host.inputs["policy"]) for host in hosts):
        assert policy.allows("ssmmessages:OpenDataChannel")
        assert policy.allows("ssm:UpdateInstanceInformation")
        for action in ("ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"):
            assert not policy.allows(action, "arn:aws:ssm:eu-central-1:123456789012:parameter/others")


def test_secrets_are_made_without_a_value(graphs: dict[str, Graph]) -> None:
    names = {s.inputs["name"] for s in graphs["dev"].of("aws:secretsmanager/secret:Secret")}
    assert names == {f"aws-vpn/dev/openvpn/staff/{kind}" for kind in ("server", "crl", "probe")}
    assert not graphs["dev"].of("aws:secretsmanager/secretVersion:SecretVersion")


def test_only_a_protected_stack_keeps_deleted_secrets(graphs: dict[str, Graph]) -> None:
    kept = {
        stack: {s.inputs["recoveryWindowInDays"] for s in graph.of("aws:secretsmanager/secret:Secret")}
        for stack, graph in graphs.items()
    }
    assert kept == {"dev": {0}, "staging": {0}, "prod": {7}}


def test_the_default_route_of_private_subnets_follows_the_nat(graphs: dict[str, Graph]) -> None:
    routes = [
        route
        for route in graphs["staging"].of("aws:ec2/route:Route")
        if route.inputs["destinationCidrBlock"] == "0.0.0.0/0" and "networkInterfaceId" in route.inputs
    ]
    assert {route.inputs["routeTableId"] for route in routes} == {
        "network-private-a-id",
        "network-private-b-id",
    }
    assert {route.inputs["networkInterfaceId"] for route in routes} == {"eni-nat-main"}


def test_clients_are_reached_from_public_and_private_subnets(graphs: dict[str, Graph]) -> None:
    tables = {
        route.inputs["routeTableId"]
        for route in graphs["dev"].of("aws:ec2/route:Route")
        if route.inputs["destinationCidrBlock"] == "172.27.0.0/24"
    }
    assert tables == {"network-public-id", "network-private-a-id", "network-private-b-id"}


@pytest.mark.parametrize("stack", EXPECTED)
def test_nothing_that_needs_the_internet_comes_before_its_route(graphs: dict[str, Graph], stack: str) -> None:
    graph = graphs[stack]
    access = {
        resource.key
        for resource in graph.resources
        if resource.name.startswith("network-public-") and resource.type in ROUTED
    }
    assert len(access) == 1 + len(settings_of(stack).network.availability_zones)
    waiting = [resource for resource in graph.resources if resource.type in IN_NEED]
    assert waiting
    for resource in waiting:
        assert access <= resource.depends_on, resource.key
    registered = [resource.key for resource in graph.resources]
    started = [resource.key for resource in graph.resources if resource.type in STARTED]
    assert max(map(registered.index, access)) < min(map(registered.index, started))


def test_the_monitors_timing_is_the_settings_own(graphs: dict[str, Graph]) -> None:
    value = json.loads(
        graphs["dev"]
        .one("aws:s3/bucketObjectv2:BucketObjectv2", "openvpn-staff-configuration")
        .inputs["content"]
    )
    failover = settings_of("dev").open_vpn[0].failover
    assert value["timing"] == json.loads(json.dumps(failover.timing()))
    assert value["probe"] == {
        "kind": "openvpn",
        "protocol": "udp",
        "port": 1194,
        "keySecret": "aws-vpn/dev/openvpn/staff/probe",
    }


def test_a_vpc_alone_is_an_environment_too() -> None:
    dev = settings_of("dev")
    alone = Settings(region=dev.region, network=dev.network)
    graph = environment("dev", alone)
    assert set(graph.exports) == {"network", "alertTopicArn"}
    assert not graph.of("aws:ec2/vpnGateway:VpnGateway")


def refused(stack: str, settings: Settings) -> list[str]:
    """The lines in which an environment is refused before anything is registered."""
    caught: list[str] = []

    def program() -> None:
        with pytest.raises(SettingsError) as error:
            Environment(stack, settings)
        caught.extend(str(error.value).splitlines())

    assert not record(program, stack=stack).resources
    return caught


@pytest.mark.parametrize("stack", ["prod.eu", "x" * 41])
def test_a_stack_that_aws_has_no_names_for_is_refused(stack: str) -> None:
    (told,) = refused(stack, settings_of("dev"))
    assert told == (
        f"stacks/Pulumi.{stack}.yaml: stack = {stack}; should be a name of letters, digits, - and _, 40 at"
        " most: SNS takes no other"
    )


def test_the_names_of_stack_and_tunnel_fit_into_an_iam_roles() -> None:
    dev = settings_of("dev")
    tunnel = dev.open_vpn[0].model_copy(update={"name": "a-name-of-twenty-letters"})
    longest = "x" * (ROLE_NAME_LIMIT - len("aws-vpn--openvpn--monitor") - len(tunnel.name))
    settings = dev.model_copy(update={"open_vpn": (tunnel,)})
    roles = environment(longest, settings).of("aws:iam/role:Role")
    assert max(len(role.inputs["name"]) for role in roles) == ROLE_NAME_LIMIT
    (told,) = refused(longest + "x", settings)
    assert "openVpn[0].name = a-name-of-twenty-letters; should be shorter by 1" in told


def test_servers_are_told_what_their_settings_say(graphs: dict[str, Graph]) -> None:
    main = graphs["dev"].one("aws:ec2/instance:Instance", "openvpn-staff-main")
    standby = graphs["dev"].one("aws:ec2/instance:Instance", "openvpn-staff-standby")
    assert main.inputs["userData"] == standby.inputs["userData"]
    made = content(openvpn_server("dev", settings_of("dev"), settings_of("dev").open_vpn[0]))
    assert "server 172.27.0.0 255.255.255.0" in made.files["/etc/openvpn/server/server.conf"]
    assert made.digest in main.inputs["userData"]


def test_an_environment_without_hosts_has_no_bucket() -> None:
    settings = settings_of("dev").model_copy(update={"open_vpn": (), "nat": NatSettings()})
    assert not environment("dev", settings).of("aws:s3/bucket:Bucket")
