"""The network component: subnets, route tables, default group, flow logs, NAT gateways."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from components.labels import Labels
from components.network import Network, NetworkArgs
from labs.recorded_graph import Graph, policy_statements, record
from model.arns import Place
from model.names import EnvironmentNames

ZONES = ("eu-central-1a", "eu-central-1b")
NETWORK = "aws-vpn:network:Network::network"


def network(nat_gateways: bool = False) -> Graph:
    args = NetworkArgs(
        labels=Labels(names=EnvironmentNames("dev"), tags={"Owner": "platform"}),
        place=Place("eu-central-1", "123456789012"),
        cidr=IPv4Network("10.0.0.0/16"),
        public_subnets={zone: IPv4Network(f"10.0.{i}.0/24") for i, zone in enumerate(ZONES)},
        private_subnets={zone: IPv4Network(f"10.0.{10 + i}.0/24") for i, zone in enumerate(ZONES)},
        flow_log_traffic="REJECT",
        flow_log_retention_days=14,
        encryption_key_arn="arn:aws:kms:key",
        nat_gateways=nat_gateways,
    )
    return record(lambda: Network("network", args))


@pytest.fixture(scope="module")
def graph() -> Graph:
    return network()


def test_every_resource_is_named_after_the_component_and_parented_to_it(graph: Graph) -> None:
    children = [resource for resource in graph.resources if resource.key != NETWORK]
    assert children
    assert {child.parent for child in children} == {NETWORK}
    assert all(child.name == "network" or child.name.startswith("network-") for child in children)


def test_the_vpc_resolves_names(graph: Graph) -> None:
    vpc = graph.one("aws:ec2/vpc:Vpc").inputs
    assert vpc["cidrBlock"] == "10.0.0.0/16"
    assert vpc["enableDnsSupport"]
    assert vpc["enableDnsHostnames"]


def test_each_zone_has_a_public_and_a_private_subnet(graph: Graph) -> None:
    subnets = {
        subnet.name: (subnet.inputs["availabilityZone"], subnet.inputs["cidrBlock"])
        for subnet in graph.of("aws:ec2/subnet:Subnet")
    }
    assert subnets == {
        "network-public-a": ("eu-central-1a", "10.0.0.0/24"),
        "network-public-b": ("eu-central-1b", "10.0.1.0/24"),
        "network-private-a": ("eu-central-1a", "10.0.10.0/24"),
        "network-private-b": ("eu-central-1b", "10.0.11.0/24"),
    }


def test_no_subnet_gives_out_public_addresses_unasked(graph: Graph) -> None:
    assert not any(s.inputs["mapPublicIpOnLaunch"] for s in graph.of("aws:ec2/subnet:Subnet"))


def test_each_private_subnet_has_a_route_table_of_its_own(graph: Graph) -> None:
    pairs = {
        association.inputs["subnetId"]: association.inputs["routeTableId"]
        for association in graph.of("aws:ec2/routeTableAssociation:RouteTableAssociation")
    }
    assert pairs == {
        "network-public-a-id": "network-public-id",
        "network-public-b-id": "network-public-id",
        "network-private-a-id": "network-private-a-id",
        "network-private-b-id": "network-private-b-id",
    }


def test_only_the_public_route_table_leads_to_the_internet(graph: Graph) -> None:
    route = graph.one("aws:ec2/route:Route")
    assert route.inputs == {
        "routeTableId": "network-public-id",
        "destinationCidrBlock": "0.0.0.0/0",
        "gatewayId": "network-id",
    }
    assert route.refers_to["gatewayId"] == {"aws:ec2/internetGateway:InternetGateway::network"}


def test_the_default_security_group_allows_nothing(graph: Graph) -> None:
    group = graph.one("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup").inputs
    assert "ingress" not in group
    assert "egress" not in group


def test_flow_logs_are_kept_as_long_as_asked(graph: Graph) -> None:
    log = graph.one("aws:ec2/flowLog:FlowLog").inputs
    group = graph.one("aws:cloudwatch/logGroup:LogGroup")
    assert (log["trafficType"], log["logDestination"]) == ("REJECT", "arn:aws:cloudwatch:::network-flow-logs")
    assert group.inputs["retentionInDays"] == 14
    assert group.inputs["name"] == "/aws-vpn/dev/flow-logs"
    assert group.inputs["kmsKeyId"] == "arn:aws:kms:key"


def test_only_this_accounts_flow_logs_take_on_their_role(graph: Graph) -> None:
    (statement,) = policy_statements(graph.one("aws:iam/role:Role").inputs["assumeRolePolicy"])
    assert statement["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:ec2:eu-central-1:123456789012:vpc-flow-log/*"},
    }


def test_flow_logs_may_write_to_their_own_group_alone(graph: Graph) -> None:
    (statement,) = policy_statements(graph.one("aws:iam/rolePolicy:RolePolicy").inputs["policy"])
    group = "arn:aws:cloudwatch:::network-flow-logs"
    assert statement["Resource"] == f"{group}:*"


def test_everything_that_takes_tags_is_tagged(graph: Graph) -> None:
    tagged = [resource for resource in graph.resources if "tags" in resource.inputs]
    assert len(tagged) >= 12
    for resource in tagged:
        tags = resource.inputs["tags"]
        assert {"Project": "aws-vpn", "Environment": "dev", "Owner": "platform"}.items() <= tags.items()
        assert tags["Name"].startswith("aws-vpn-dev-")


def test_nat_gateways_are_one_a_zone() -> None:
    graph = network(nat_gateways=True)
    gateways = graph.of("aws:ec2/natGateway:NatGateway")
    assert {gateway.inputs["subnetId"] for gateway in gateways} == {
        "network-public-a-id",
        "network-public-b-id",
    }
    # each keeps its address in another subnet, which it cannot have twice
    assert all(gateway.delete_before_replace for gateway in gateways)
    defaults = {
        route.inputs["routeTableId"]: route.inputs["natGatewayId"]
        for route in graph.of("aws:ec2/route:Route")
        if "natGatewayId" in route.inputs
    }
    assert defaults == {
        "network-private-a-id": "network-nat-a-id",
        "network-private-b-id": "network-nat-b-id",
    }
