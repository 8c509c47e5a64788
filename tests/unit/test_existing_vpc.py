"""A VPC that is there already: what is used of it, and one line for everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from functools import partial
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
import yaml

from labs.recorded_environment import made_up
from labs.recorded_graph import ACCOUNT, Graph, record
from stacks.environment import Environment
from stacks.existing.checks import usable
from stacks.existing.facts import EVERYWHERE, Route, Subnet, Table, VpcFacts
from stacks.planned import planned
from stacks.stack_file import SettingsError, parse

A, B = "eu-central-1a", "eu-central-1b"
VPC, PUBLIC, PRIVATE = "vpc-0a1b2c3d", "rtb-0000000a", "rtb-0000000b"

CONFIG: dict[str, Any] = {
    "aws:region": "eu-central-1",
    "aws-vpn:network": {
        "cidr": "10.60.0.0/16",
        "secondaryCidrs": ["100.66.0.0/16"],
        "availabilityZones": [A, B],
        "existing": {"vpcId": VPC},
    },
    "aws-vpn:hardwareVpn": {
        "sites": [{"name": "berlin", "publicIp": "203.0.113.10", "lanCidrs": ["192.168.10.0/24"]}]
    },
    "aws-vpn:openVpn": [{"name": "staff", "clientPool": "172.27.0.0/24", "permitted": ["private-a"]}],
    "aws-vpn:nat": {"mode": "instances"},
}

OUT = Table(
    id=PUBLIC, subnets=frozenset(), is_main=False, routes=(Route(destination=EVERYWHERE, target="igw-1"),)
)
IN = Table(id=PRIVATE, subnets=frozenset(), is_main=True, routes=())


def subnet(id_: str, zone: str, cidr: str, table: Table, tier: str = "") -> Subnet:
    return Subnet(
        id=f"subnet-{id_}", zone=zone, cidr=IPv4Network(cidr), name=id_, tagged_tier=tier, table=table
    )


GOOD = VpcFacts(
    id=VPC,
    owner=ACCOUNT,
    cidrs=(IPv4Network("10.60.0.0/16"), IPv4Network("100.66.0.0/16")),
    resolves_names=True,
    subnets=(
        subnet("out-a", A, "10.60.0.0/24", OUT),
        subnet("out-b", B, "10.60.1.0/24", OUT),
        subnet("app-a", A, "10.60.10.0/24", IN),
        subnet("app-b", B, "100.66.10.0/24", IN),
    ),
    tables=(OUT, IN),
    vpg=None,
    internet_gateway="igw-1",
    own=frozenset(),
)

PAGE = Path(__file__).parents[2] / "docs" / "existing-vpc.md"
STACK = "pulumi:pulumi:Stack"

Change = Callable[[dict[str, Any]], None]


def nothing(config: dict[str, Any]) -> None:
    del config


def network(**values: Any) -> Change:
    return lambda config: config["aws-vpn:network"].update(values)


def existing(**values: Any) -> Change:
    return lambda config: config["aws-vpn:network"]["existing"].update(values)


def adopting(vpg: str) -> Change:
    return lambda config: config["aws-vpn:hardwareVpn"].update(adopted={"vpgId": vpg})


def without(*sections: str) -> Change:
    def change(config: dict[str, Any]) -> None:
        for section in sections:
            del config[f"aws-vpn:{section}"]

    return change


def settled(change: Change = nothing, facts: VpcFacts = GOOD) -> Any:
    config = deepcopy(CONFIG)
    change(config)
    return usable("stacks/Pulumi.corp.yaml", parse("x", config), facts, ACCOUNT)


def with_routes(table: Table, *routes: Route, own: frozenset[str] = frozenset()) -> VpcFacts:
    """The good VPC with more routes in one of its tables."""
    changed = replace(table, routes=(*table.routes, *routes))
    subnets = tuple(replace(one, table=changed) if one.table == table else one for one in GOOD.subnets)
    tables = tuple(changed if one == table else one for one in GOOD.tables)
    return replace(GOOD, subnets=subnets, tables=tables, own=own)


def to(destination: str, target: str, instance: str = "") -> Route:
    return Route(destination=IPv4Network(destination), target=target, instance=instance)


def test_subnets_are_told_by_their_routes_and_the_settings_are_completed() -> None:
    found = settled()
    network = found.settings.network
    assert {name: str(cidr) for name, cidr in network.subnet_names().items()} == {
        "public-a": "10.60.0.0/24",
        "public-b": "10.60.1.0/24",
        "private-a": "10.60.10.0/24",
        "private-b": "100.66.10.0/24",
    }
    assert [table.id for table in found.choice.site_tables] == [PRIVATE]
    assert [table.id for table in found.choice.client_tables] == [PRIVATE, PUBLIC]
    assert [table.id for table in found.choice.private_tables] == [PRIVATE]


def test_of_several_subnets_the_tagged_one_or_the_written_one_is_taken() -> None:
    more = subnet("db-a", A, "10.60.20.0/24", IN)
    tagged = replace(GOOD, subnets=(*GOOD.subnets, replace(more, tagged_tier="private")))
    assert settled(facts=tagged).choice.subnets["private"][A].id == "subnet-db-a"
    written = network(subnets={A: {"private": "10.60.10.0/24"}})
    several = replace(GOOD, subnets=(*GOOD.subnets, more))
    assert settled(written, several).choice.subnets["private"][A].id == "subnet-app-a"


def test_tables_that_are_written_down_are_the_only_ones() -> None:
    choice = settled(existing(routeTables=[PUBLIC])).choice
    assert [[table.id for table in tables] for tables in (choice.site_tables, choice.client_tables)] == [
        [PUBLIC],
        [PUBLIC],
    ]
    assert settled(existing(routeTables=[])).choice.site_tables == ()


def test_a_hardware_vpn_alone_needs_neither_internet_nor_public_subnets() -> None:
    alone = replace(GOOD, subnets=GOOD.subnets[2:], internet_gateway=None, resolves_names=False)
    assert settled(without("openVpn", "nat"), alone).choice.subnets["public"] == {}


def test_what_the_stack_deployed_before_is_no_problem() -> None:
    own = frozenset(("vgw-1", "i-1"))
    deployed = with_routes(
        IN,
        to("172.27.0.0/24", "eni-1", "i-1"),
        to("0.0.0.0/0", "eni-1", "i-1"),
        to("192.168.10.0/24", "vgw-1"),
        own=own,
    )
    assert settled(facts=replace(deployed, vpg="vgw-1")).vpc_id == VPC


def test_a_wider_route_is_no_problem_and_neither_is_one_to_a_server_that_is_gone() -> None:
    assert settled(facts=with_routes(IN, to("192.168.0.0/16", "tgw-1"), to("172.27.0.0/24", "eni-9")))


BAD: dict[str, tuple[Change, VpcFacts, str, str]] = {
    "shared": (nothing, replace(GOOD, owner="210987654321"), f"network.existing.vpcId = {VPC}", "shares"),
    "block": (
        nothing,
        replace(GOOD, cidrs=(IPv4Network("10.61.0.0/16"), GOOD.cidrs[1])),
        "network.cidr = 10.60.0.0/16",
        "10.61.0.0/16, the primary block",
    ),
    "further block": (
        network(secondaryCidrs=["100.66.0.0/16", "100.67.0.0/16"]),
        GOOD,
        "network.secondaryCidrs[1] = 100.67.0.0/16",
        "a further block of vpc-0a1b2c3d: 100.66.0.0/16",
    ),
    "missing block": (
        network(secondaryCidrs=[]),
        GOOD,
        "network.secondaryCidrs is missing",
        "100.66.0.0/16 among them",
    ),
    "vpg": (
        nothing,
        replace(GOOD, vpg="vgw-1"),
        f"network.existing.vpcId = {VPC}",
        "vgw-1 is attached, and a VPC takes one",
    ),
    "adopted VPG of another VPC": (
        adopting("vgw-0a1b2c3d"),
        replace(GOOD, vpg="vgw-1"),
        "hardwareVpn.adopted.vpgId = vgw-0a1b2c3d",
        f"the VPG that is attached to {VPC}: vgw-1",
    ),
    "adopted VPG that is detached": (
        adopting("vgw-0a1b2c3d"),
        GOOD,
        "hardwareVpn.adopted.vpgId = vgw-0a1b2c3d",
        f"the VPG that is attached to {VPC}: none is",
    ),
    "names": (
        nothing,
        replace(GOOD, resolves_names=False),
        f"network.existing.vpcId = {VPC}",
        "enableDnsSupport is true",
    ),
    "internet": (
        nothing,
        replace(GOOD, internet_gateway=None),
        f"network.existing.vpcId = {VPC}",
        "with an internet gateway attached",
    ),
    "public route": (
        network(subnets={A: {"public": "10.60.10.0/24"}}),
        replace(GOOD, subnets=(*GOOD.subnets, subnet("more-a", A, "10.60.11.0/24", IN))),
        f"network.subnets.{A}.public = 10.60.10.0/24",
        f"a route of 0.0.0.0/0 to igw-1: that of subnet-app-a in {PRIVATE} leads nowhere",
    ),
    "no subnet": (
        network(subnets={A: {"private": "10.60.99.0/24"}}),
        GOOD,
        f"network.subnets.{A}.private = 10.60.99.0/24",
        "10.60.10.0/24 (subnet-app-a, app-a)",
    ),
    "zone": (
        network(subnets={A: {"private": "100.66.10.0/24"}}),
        GOOD,
        f"network.subnets.{A}.private = 100.66.10.0/24",
        f"the block of a subnet of {VPC} in {A}",
    ),
    "several": (
        nothing,
        replace(GOOD, subnets=(*GOOD.subnets, subnet("db-a", A, "10.60.20.0/24", IN))),
        f"network.subnets.{A}.private is missing",
        "one of several: 10.60.10.0/24 (subnet-app-a, app-a), 10.60.20.0/24 (subnet-db-a, db-a)",
    ),
    "one public zone": (
        without("nat"),
        replace(GOOD, subnets=(GOOD.subnets[0], *GOOD.subnets[2:])),
        f"openVpn[0].failover = {A}",
        "two zones of network.availabilityZones at least that have a public subnet",
    ),
    "permitted": (
        existing(routeTables=[PRIVATE]),
        replace(GOOD, subnets=(*GOOD.subnets[:2], GOOD.subnets[3])),
        "openVpn[0].permitted[0] = private-a",
        "one of vpc, public-a, public-b, private-b",
    ),
    "no private subnet": (
        without("openVpn", "nat"),
        replace(GOOD, subnets=GOOD.subnets[:2]),
        "network.existing.routeTables is missing",
        "no zone has a private subnet",
    ),
    "table": (
        existing(routeTables=["rtb-99999999"]),
        GOOD,
        "network.existing.routeTables[0] = rtb-99999999",
        f"a route table of {VPC}: {PUBLIC}, {PRIVATE}",
    ),
    "default route": (
        nothing,
        with_routes(IN, to("0.0.0.0/0", "nat-1")),
        "nat.mode = instances",
        f"{PRIVATE} has 0.0.0.0/0 by nat-1",
    ),
    "route to a site": (
        nothing,
        with_routes(IN, to("192.168.10.0/25", "pcx-1")),
        "hardwareVpn.sites[0].lanCidrs[0] = 192.168.10.0/24",
        f"a block apart from the route 192.168.10.0/25 by pcx-1 in {PRIVATE}",
    ),
    "route to clients": (
        nothing,
        with_routes(OUT, to("172.27.0.0/24", "eni-1", "i-other")),
        "openVpn[0].clientPool = 172.27.0.0/24",
        f"a block apart from the route 172.27.0.0/24 by i-other in {PUBLIC}",
    ),
}


@pytest.mark.parametrize(("change", "facts", "what", "right"), BAD.values(), ids=BAD)
def test_each_problem_is_one_line(change: Change, facts: VpcFacts, what: str, right: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settled(change, facts)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"stacks/Pulumi.corp.yaml: aws-vpn:{what}; should be ")
    assert right in line


def test_all_problems_are_told_at_once() -> None:
    bad = replace(
        with_routes(IN, to("0.0.0.0/0", "nat-1")),
        vpg="vgw-1",
        resolves_names=False,
        cidrs=(GOOD.cidrs[0], IPv4Network("100.99.0.0/16")),
    )
    with pytest.raises(SettingsError) as caught:
        settled(facts=bad)
    assert len(str(caught.value).splitlines()) == 5


CLOUD: dict[str, Mapping[str, Any]] = {
    "getVpc": {
        "id": VPC,
        "ownerId": ACCOUNT,
        "cidrBlock": "10.60.0.0/16",
        "enableDnsSupport": True,
        "cidrBlockAssociations": [
            {"associationId": "1", "cidrBlock": "10.60.0.0/16", "state": "associated"},
            {"associationId": "2", "cidrBlock": "100.66.0.0/16", "state": "associated"},
            {"associationId": "3", "cidrBlock": "10.99.0.0/16", "state": "disassociated"},
        ],
    },
    "getRouteTables": {"ids": [PUBLIC, PRIVATE]},
    "getSubnets": {"ids": ["subnet-out-a", "subnet-out-b", "subnet-app-a", "subnet-app-b"]},
    "getInternetGateway": {"internetGatewayId": "igw-1"},
    "getInstances": {"ids": ["i-1"]},
}
SUBNETS = {one.id: one for one in GOOD.subnets}
OWN_VPG: dict[str, Any] = {
    "id": "vgw-1",
    "tags": {"Project": "aws-vpn", "Environment": "corp", "Name": "aws-vpn-corp-vpg"},
}


def answered(function: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the good VPC's cloud says, as the provider puts it."""
    if function == "getSubnet":
        found = SUBNETS[given["id"]]
        tags = {"Name": found.name}
        return {"availabilityZone": found.zone, "cidrBlock": str(found.cidr), "tags": tags}
    if function == "getRouteTable":
        is_out = given["routeTableId"] == PUBLIC
        users = [{"subnetId": one} for one in SUBNETS if is_out and SUBNETS[one].table == OUT]
        routes = [{"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}, {"ipv6CidrBlock": "::/0"}]
        return {
            "associations": [*users, *([] if is_out else [{"main": True}])],
            "routes": routes if is_out else [],
        }
    return CLOUD[function]


def environment(says: Mapping[str, Mapping[str, Any] | str] | None = None) -> Graph:
    """The environment in the good VPC, of which some functions say something else, or fail."""

    def answer(function: str, given: Mapping[str, Any]) -> Mapping[str, Any] | str:
        said = {"getVpnGateway": "no matching EC2 VPN Gateway found", **(says or {})}.get(function)
        return answered(function, given) if said is None else said

    functions = (*CLOUD, "getSubnet", "getRouteTable", "getVpnGateway")
    answers = {f"aws:ec2/{name}:{name}": partial(answer, name) for name in functions}
    settings = parse("x", CONFIG)
    return record(lambda: Environment("corp", settings), outputs=made_up, answers=answers, stack="corp")


def refusal(says: Mapping[str, Mapping[str, Any] | str]) -> str:
    with pytest.raises(SettingsError) as caught:
        environment(says)
    return str(caught.value)


def test_what_is_planned_without_a_cloud_is_what_is_made() -> None:
    made = {resource.type for resource in environment().resources}
    assert {resource.type for resource in planned("corp", parse("x", CONFIG))} - {STACK} == made


def test_the_page_shows_a_stack_file_that_is_valid() -> None:
    (written,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert parse("x", yaml.safe_load(written)["config"]).network.existing


def test_nothing_that_was_there_is_made_again() -> None:
    made = environment().counts()
    for kind in ("vpc:Vpc", "subnet:Subnet", "routeTable:RouteTable", "internetGateway:InternetGateway"):
        assert f"aws:ec2/{kind}" not in made
    assert made["aws:ec2/vpnGateway:VpnGateway"] == 1
    assert "aws:ec2/flowLog:FlowLog" not in made
    assert "aws:ec2/routeTableAssociation:RouteTableAssociation" not in made


def test_routes_and_propagation_are_named_after_the_tables_ids() -> None:
    graph = environment()
    propagation = graph.one("aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation")
    assert (propagation.name, propagation.inputs["routeTableId"]) == (f"hardware-vpn-{PRIVATE}", PRIVATE)
    assert {route.name for route in graph.of("aws:ec2/route:Route")} == {
        f"{PRIVATE}-0.0.0.0/0",
        f"{PRIVATE}-172.27.0.0/24",
        f"{PUBLIC}-172.27.0.0/24",
    }


def test_hosts_take_all_of_the_vpcs_blocks_for_the_vpc() -> None:
    ways = environment().of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert {way.name: way.inputs["cidrIpv4"] for way in ways if way.name.startswith("nat-")} == {
        "nat-vpc": "10.60.0.0/16",
        "nat-vpc-100.66.0.0/16": "100.66.0.0/16",
    }


def test_the_stacks_own_vpg_is_told_by_its_tags_and_anothers_is_refused() -> None:
    assert environment({"getVpnGateway": OWN_VPG})
    others = {"id": "vgw-1", "tags": {**OWN_VPG["tags"], "Environment": "other"}}
    assert "vgw-1 is attached" in refusal({"getVpnGateway": others})


@pytest.mark.parametrize(
    ("function", "says", "right"),
    [
        ("getVpc", "no matching EC2 VPC found", "a VPC that is there, in the stack's account and region"),
        (
            "getRouteTable",
            (
                "reading EC2 Route Table: operation error EC2: DescribeRouteTables, StatusCode: 403,"
                " api error UnauthorizedOperation: You are not authorized\nto perform this operation"
            ),
            "readable: the credentials are not allowed ec2:DescribeRouteTables",
        ),
        (
            "getSubnets",
            "dial tcp: i/o timeout",
            (
                "readable, but AWS says: invoke of aws:ec2/getSubnets:getSubnets failed: dial tcp: i/o"
                " timeout (id)"
            ),
        ),
    ],
)
def test_a_vpc_that_cannot_be_read_is_one_line(function: str, says: str, right: str) -> None:
    line = f"stacks/Pulumi.corp.yaml: aws-vpn:network.existing.vpcId = {VPC}; should be {right}"
    assert refusal({function: says}) == line
