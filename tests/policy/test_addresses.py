"""no-overlapping-cidrs: within the stack, across stacks, and with networks of the configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from labs.policy_programs import Engine, Program, Verdict, rule
from policy.facts import stack_files

OVERLAPS = rule("no-overlapping-cidrs")
KNOWN = pytest.mark.parametrize("known", [False, True], ids=["preview", "deployed"])

VPC = "vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}"


def verdicts(text: str, *, known: bool = False, config: object = None, **program: str) -> list[Verdict]:
    options = {} if config is None else {"no-overlapping-cidrs": config}
    found = [
        Engine(known=known, seed=seed, rules=OVERLAPS, config=options).verdicts(  # pyright: ignore[reportArgumentType]
            Program.of(text, **program)
        )
        for seed in range(3)
    ]
    assert all(others == found[0] for others in found), "the order of resources decides"
    return found[0]


def vpcs(*blocks: str) -> str:
    lines = [f"vpc{i}: {{type: aws:ec2:Vpc, properties: {{cidrBlock: '{b}'}}}}" for i, b in enumerate(blocks)]
    return "\n".join(lines)


@KNOWN
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("10.50.0.0/16", "10.50.0.0/16"),
        ("10.50.0.0/16", "10.50.255.240/28"),
        ("10.48.0.0/14", "10.50.0.0/16"),
    ],
    ids=["equal", "last-28", "superset"],
)
def test_overlapping_vpcs_are_refused(one: str, other: str, known: bool) -> None:
    (verdict,) = verdicts(vpcs(one, other), known=known)
    assert verdict.level == "mandatory"
    assert one in verdict.message
    assert other in verdict.message
    assert "The nearest free /" in verdict.message


@KNOWN
@pytest.mark.parametrize("other", ["10.49.0.0/16", "10.51.0.0/16", "10.49.255.240/28"])
def test_adjacent_vpcs_pass(other: str, known: bool) -> None:
    assert verdicts(vpcs("10.50.0.0/16", other), known=known) == []


def test_both_sides_are_named_with_the_nearest_free_block() -> None:
    (verdict,) = verdicts(vpcs("10.50.0.0/16", "10.50.0.0/16", "10.51.0.0/16", "10.48.0.0/15"))
    assert verdict.message == (
        "10.50.0.0/16 (Vpc vpc1 in elsewhere/test) overlaps 10.50.0.0/16 (Vpc vpc0 in elsewhere/test). "
        "The nearest free /16 is 10.52.0.0/16."
    )


@KNOWN
def test_ipv6_blocks_are_compared_with_each_other_only(known: bool) -> None:
    block = "type: aws:ec2:VpcIpv6CidrBlockAssociation"
    text = f"""
{vpcs("10.50.0.0/16", "10.51.0.0/16")}
one: {{{block}, properties: {{vpcId: "${{vpc0.id}}", ipv6CidrBlock: "fd00:1::/56"}}}}
other: {{{block}, properties: {{vpcId: "${{vpc1.id}}", ipv6CidrBlock: "fd00:1:0:80::/57"}}}}
"""
    (verdict,) = verdicts(text, known=known)
    assert "fd00:1:0:80::/57 (VpcIpv6CidrBlockAssociation other" in verdict.message
    assert verdicts(text.replace("fd00:1:0:80::/57", "fd00:1:0:100::/57"), known=known) == []


@KNOWN
def test_a_vpcs_own_blocks_may_not_clash_with_others_but_belong_together(known: bool) -> None:
    block = (
        "second: {type: aws:ec2:VpcIpv4CidrBlockAssociation, "
        "properties: {vpcId: '${vpc0.id}', cidrBlock: %s}}"
    )
    own = "\n".join((vpcs("10.50.0.0/16", "10.51.0.0/16"), block % "10.50.0.0/16"))
    clash = "\n".join((vpcs("10.50.0.0/16", "10.51.0.0/16"), block % "10.51.128.0/17"))
    assert verdicts(own, known=known) == []
    assert len(verdicts(clash, known=known)) == 1


@pytest.mark.parametrize(
    "properties",
    [
        "ipv4IpamPoolId: ipam-pool-1, ipv4NetmaskLength: 16",
        'cidrBlock: "${gone.cidr}"',
        "cidrBlock: nonsense",
    ],
    ids=["ipam", "unknown", "nonsense"],
)
def test_a_block_that_cannot_be_compared_is_said(properties: str) -> None:
    text = f"vpc: {{type: aws:ec2:Vpc, properties: {{{properties}}}}}"
    (verdict,) = verdicts(text)
    assert verdict.level == "mandatory"
    assert verdict.message.startswith("cannot be checked: cidrBlock of Vpc vpc")
    (advice,) = verdicts(text, config={"whenUnknown": "advice"})
    assert advice.level == "advisory"


@pytest.mark.parametrize(
    ("block", "other"),
    [
        ("10.10.0.0/16", "stacks/Pulumi.dev.yaml network.cidr"),
        ("10.30.64.0/24", "stacks/Pulumi.prod.yaml network.cidr"),
        ("172.27.8.0/24", "stacks/Pulumi.prod.yaml openVpn[0].clientPool"),
        ("192.168.40.0/24", "stacks/Pulumi.prod.yaml openVpn[0].offices[0].lanCidrs[0]"),
    ],
    ids=["vpc", "part-of-vpc", "pool", "office"],
)
def test_clash_with_another_stacks_file_names_file_and_key(block: str, other: str) -> None:
    (verdict,) = verdicts(vpcs(block))
    assert f"overlaps {other.split()[0]}" not in verdict.message
    assert f"({other})" in verdict.message
    assert verdict.resource == "vpc0"


def test_a_stacks_own_file_is_no_other_stack() -> None:
    assert verdicts(vpcs("10.10.0.0/16"), project="aws-vpn", stack="dev") == []
    assert len(verdicts(vpcs("10.10.0.0/16"), project="aws-vpn", stack="staging")) == 1


def test_a_broken_stack_file_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stacks = tmp_path / "stacks"
    stacks.mkdir()
    (stacks / "Pulumi.lab.yaml").write_text("config: {aws-vpn:network: {cidr: 10.0.0.0/8}}", encoding="utf-8")
    monkeypatch.setattr(stack_files, "ROOT", tmp_path)
    (verdict,) = verdicts(VPC)
    assert verdict.level == "mandatory"
    assert verdict.message.startswith("cannot be checked: the addresses in stacks/Pulumi.lab.yaml")


SITE = """
gateway: {{type: aws:ec2:CustomerGateway, properties: {{ipAddress: 203.0.113.9, tags: {{{tags}}}}}}}
connection: {{type: aws:ec2:VpnConnection, properties: {{customerGatewayId: "${{gateway.id}}"}}}}
lan:
  type: aws:ec2:VpnConnectionRoute
  properties: {{vpnConnectionId: "${{connection.id}}", destinationCidrBlock: {lan}}}
"""


@KNOWN
@pytest.mark.parametrize(
    ("tags", "lan", "clashes"),
    [
        ("Location: berlin", "192.168.10.0/24", 0),
        ("Site: berlin", "192.168.10.0/24", 0),
        ("Location: munich", "192.168.10.0/24", 3),
        ("Name: x", "192.168.10.0/24", 3),
        ("Location: berlin", "192.168.10.0/25", 3),
        ("Location: munich", "192.168.12.0/24", 0),
    ],
    ids=["same-office", "same-site", "other-office", "nameless", "part", "adjacent"],
)
def test_one_office_may_have_several_environments(tags: str, lan: str, clashes: int, known: bool) -> None:
    found = verdicts(SITE.format(tags=tags, lan=lan), known=known)
    assert len(found) == clashes
    if lan == "192.168.10.0/24":
        assert all(
            "give both the same location: `location` in a stack file of this project" in verdict.message
            for verdict in found
        )


@KNOWN
@pytest.mark.parametrize(("tags", "clashes"), [("Location: a", 0), ("Name: a", 1)])
def test_redundant_routers_of_one_vpg_share_a_lan_where_they_are_in_one_place(
    tags: str, clashes: int, known: bool
) -> None:
    text = SITE.format(tags=tags, lan="192.168.240.0/24")
    second = (
        text.replace("gateway:", "gateway2:").replace("connection:", "connection2:").replace("lan:", "lan2:")
    )
    second = second.replace("${gateway.", "${gateway2.").replace("${connection.", "${connection2.")
    assert len(verdicts(text + second, known=known)) == clashes


@KNOWN
def test_networks_of_the_configuration_are_compared_with_vpcs_and_pools_but_not_with_lans(
    known: bool,
) -> None:
    networks = {
        "networks": [{"name": "corporate", "cidr": "192.168.0.0/16"}, {"name": "peer", "cidr": "fd00::/8"}]
    }
    lan = SITE.format(tags="Location: x", lan="192.168.240.0/24")
    assert verdicts(lan, known=known, config=networks) == []
    (verdict,) = verdicts(vpcs("192.168.128.0/24"), known=known, config=networks)
    assert "network corporate of the policy's configuration" in verdict.message


@KNOWN
def test_components_say_which_ranges_they_take(known: bool) -> None:
    tunnel = """
a: {type: elsewhere:vpn:Tunnel, properties: {clientPool: 172.31.0.0/24, officeLans: [192.168.240.0/24]}}
b: {type: elsewhere:vpn:Tunnel, properties: {clientPool: 172.31.0.128/25, officeLans: [192.168.241.0/24]}}
"""
    (verdict,) = verdicts(tunnel, known=known)
    assert "172.31.0.128/25 (Tunnel b in elsewhere/test) overlaps 172.31.0.0/24" in verdict.message


@KNOWN
def test_routing_domains_are_not_compared(known: bool) -> None:
    text = """
one: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16, tags: {RoutingDomain: lab}}}
other: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16, tags: {RoutingDomain: %s}}}
"""
    assert verdicts(text % "shop", known=known) == []
    assert len(verdicts(text % "lab", known=known)) == 1


@KNOWN
def test_a_route_to_a_host_counts_as_what_is_behind_it(known: bool) -> None:
    text = """
table: {type: aws:ec2:RouteTable, properties: {vpcId: vpc-1}}
route:
  type: aws:ec2:Route
  properties: {routeTableId: "${table.id}", destinationCidrBlock: %s, networkInterfaceId: eni-1}
"""
    assert len(verdicts(text % "172.27.0.0/24", known=known)) == 1
    assert verdicts(text % "172.31.0.0/24", known=known) == []
    assert verdicts(text % "0.0.0.0/0", known=known) == []


SUBNETS = """
vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
a: {type: aws:ec2:Subnet, properties: {vpcId: "${vpc.id}", cidrBlock: 10.50.0.0/24}}
b: {type: aws:ec2:Subnet, properties: {vpcId: "${vpc.id}", cidrBlock: %s}}
"""


@KNOWN
@pytest.mark.parametrize(
    ("block", "proposal"),
    [
        ("10.50.0.128/25", "The nearest free /25 is 10.50.1.0/25."),
        ("10.50.0.0/24", "The nearest free /24 is 10.50.1.0/24."),
        ("10.51.0.0/24", "The nearest free /24 is 10.50.255.0/24."),
        ("10.50.1.0/24", None),
        ("10.50.255.240/28", None),
    ],
)
def test_subnets_are_inside_of_their_vpc_and_apart(block: str, proposal: str | None, known: bool) -> None:
    found = verdicts(SUBNETS % block, known=known)
    assert [proposal in verdict.message for verdict in found if proposal] == ([True] if proposal else [])
    assert bool(found) is bool(proposal)


@KNOWN
@pytest.mark.parametrize(
    ("inside", "ok"),
    [
        ("169.254.6.0/30", True),
        ("169.254.255.252/30", True),
        ("169.254.0.0/30", False),
        ("169.254.5.0/30", False),
        ("169.254.169.252/30", False),
        ("169.254.6.0/29", False),
        ("169.254.6.0/31", False),
        ("169.253.6.0/30", False),
    ],
)
def test_inside_cidrs_are_free_30s(inside: str, ok: bool, known: bool) -> None:
    text = f"c: {{type: aws:ec2:VpnConnection, properties: {{tunnel1InsideCidr: {inside}}}}}"
    assert (verdicts(text, known=known) == []) is ok


@KNOWN
def test_inside_cidrs_are_unique_on_a_vpg_only(known: bool) -> None:
    text = """
one: {type: aws:ec2:VpnGateway}
two: {type: aws:ec2:VpnGateway}
a: {type: aws:ec2:VpnConnection, properties: {vpnGatewayId: "${one.id}", tunnel1InsideCidr: 169.254.9.0/30}}
b: {type: aws:ec2:VpnConnection, properties: {vpnGatewayId: "${%s.id}", tunnel2InsideCidr: 169.254.9.0/30}}
"""
    assert verdicts(text % "two", known=known) == []
    (verdict,) = verdicts(text % "one", known=known)
    assert "is also tunnel1InsideCidr of VpnConnection a" in verdict.message
    assert "nearest free /30 is 169.254.8.252/30" in verdict.message


def test_unknown_inside_cidr_that_the_program_gives_is_said() -> None:
    text = 'c: {type: aws:ec2:VpnConnection, properties: {tunnel1InsideCidr: "${gone.cidr}"}}'
    (verdict,) = verdicts(text)
    assert verdict.message.startswith("cannot be checked: tunnel1InsideCidr of VpnConnection c")


@KNOWN
def test_many_clashes_are_capped(known: bool) -> None:
    text = vpcs(*["10.50.0.0/16"] * 30)
    found = verdicts(text, known=known, config={"mostReported": 10})
    assert len(found) == 11
    assert any("there are more clashes than the 10 listed" in verdict.message for verdict in found)
