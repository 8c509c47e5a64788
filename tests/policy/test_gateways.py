"""one-vpg-per-vpc: however a VPG is attached, and whatever is known."""

from __future__ import annotations

import pytest

from labs.policy_programs import Engine, Program, Verdict, rule

ONE_VPG = rule("one-vpg-per-vpc")

VPC = "vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}"
FIRST = 'first: {type: aws:ec2:VpnGateway, properties: {vpcId: "${vpc.id}"}}'
SECOND = 'second: {type: aws:ec2:VpnGateway, properties: {vpcId: "${vpc.id}"}}'
LOOSE = "second: {type: aws:ec2:VpnGateway}"
ATTACHED = """
attached:
  type: aws:ec2:VpnGatewayAttachment
  properties: {vpcId: "${vpc.id}", vpnGatewayId: "${second.id}"}
"""
AGAIN = """
again:
  type: aws:ec2:VpnGatewayAttachment
  properties: {vpcId: "${vpc.id}", vpnGatewayId: "${first.id}"}
"""
THROUGH_ATTACHMENT = """
through:
  type: aws:ec2:VpnGatewayAttachment
  properties: {vpcId: "${attached.vpcId}", vpnGatewayId: "${first.id}"}
"""
OTHER_VPC = "other: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.51.0.0/16}}"
ON_OTHER = """
on-other:
  type: aws:ec2:VpnGatewayAttachment
  properties: {vpcId: "${other.id}", vpnGatewayId: "${first.id}"}
"""
SUBNET = 'subnet: {type: aws:ec2:Subnet, properties: {vpcId: "${vpc.id}", cidrBlock: 10.50.0.0/24}}'
VIA_SUBNET = 'second: {type: aws:ec2:VpnGateway, properties: {vpcId: "${subnet.vpcId}"}}'
COMPONENT = "network: {type: elsewhere:index:Network}"
IN_COMPONENT = """
vpc:
  type: aws:ec2:Vpc
  properties: {cidrBlock: 10.50.0.0/16}
  options: {parent: network}
"""
OF_COMPONENT = 'second: {type: aws:ec2:VpnGateway, properties: {vpcId: "${network.vpcId}"}}'
BY_ID = "{name}: {{type: aws:ec2:VpnGateway, properties: {{vpcId: {id}}}}}"
FETCHED = "{name}: {{type: aws:ec2:Vpc, properties: {{id: vpc-1, cidrBlock: 10.50.0.0/16}}}}"


def verdicts(*parts: str, known: bool) -> list[Verdict]:
    found = [
        Engine(known=known, seed=seed, rules=ONE_VPG, inputs_seen=seen).verdicts(Program.of("\n".join(parts)))
        for seed in range(4)
        for seen in (True, False)
    ]
    assert all(others == found[0] for others in found), "the order of resources decides"
    return found[0]


KNOWN = pytest.mark.parametrize("known", [False, True], ids=["preview", "deployed"])


@KNOWN
@pytest.mark.parametrize(
    "parts",
    [
        (VPC, FIRST),
        (VPC, LOOSE, ATTACHED),
        (VPC, FIRST, AGAIN),
        (VPC, FIRST, LOOSE),
        (VPC, OTHER_VPC, FIRST, 'second: {type: aws:ec2:VpnGateway, properties: {vpcId: "${other.id}"}}'),
        (BY_ID.format(name="a", id="vpc-1"), BY_ID.format(name="b", id="vpc-2")),
        (VPC, 'only: {type: aws:ec2:VpnGateway, properties: {vpcId: "${gone.id}"}}'),
    ],
    ids=["own", "attached", "both", "loose", "two-vpcs", "two-ids", "one-unresolved"],
)
def test_one_vpg_passes(parts: tuple[str, ...], known: bool) -> None:
    assert verdicts(*parts, known=known) == []


@KNOWN
@pytest.mark.parametrize(
    "parts",
    [
        (VPC, FIRST, SECOND),
        (VPC, FIRST, LOOSE, ATTACHED),
        (VPC, SUBNET, FIRST, VIA_SUBNET),
        (COMPONENT, IN_COMPONENT, FIRST, OF_COMPONENT),
        (VPC, LOOSE, ATTACHED, "first: {type: aws:ec2:VpnGateway}", THROUGH_ATTACHMENT),
    ],
    ids=["own", "attached", "by-subnet", "component", "through-attachment"],
)
def test_second_vpg_is_refused(parts: tuple[str, ...], known: bool) -> None:
    if known and parts[0] == COMPONENT:
        parts = (*parts[:3], SECOND)
    (verdict,) = verdicts(*parts, known=known)
    assert verdict.level == "mandatory"
    assert "VpnGateway first" in verdict.message
    assert "VpnGateway second" in verdict.message
    assert "cannot be checked" not in verdict.message


@pytest.mark.parametrize("known", [False, True], ids=["preview", "deployed"])
def test_vpcs_outside_of_the_stack_are_told_apart_by_id(known: bool) -> None:
    (verdict,) = verdicts(BY_ID.format(name="a", id="vpc-1"), BY_ID.format(name="b", id="vpc-1"), known=known)
    assert verdict.message.startswith("vpc-1 has 2 VPGs: VpnGateway a, VpnGateway b.")


def test_two_lookups_of_one_vpc_are_one_vpc() -> None:
    (verdict,) = verdicts(
        FETCHED.format(name="here"),
        FETCHED.format(name="there"),
        'a: {type: aws:ec2:VpnGateway, properties: {vpcId: "${here.id}"}}',
        'b: {type: aws:ec2:VpnGateway, properties: {vpcId: "${there.id}"}}',
        known=True,
    )
    assert "2 VPGs" in verdict.message


@KNOWN
def test_one_vpg_on_two_vpcs_is_refused(known: bool) -> None:
    (verdict,) = verdicts(VPC, OTHER_VPC, FIRST, ON_OTHER, known=known)
    assert verdict.message.startswith("VpnGateway first is attached to 2 VPCs: Vpc other, Vpc vpc.")


def test_unknown_vpc_is_said_when_it_could_be_a_second_vpg() -> None:
    unresolved = 'second: {type: aws:ec2:VpnGateway, properties: {vpcId: "${gone.id}"}}'
    (verdict,) = verdicts(VPC, FIRST, unresolved, known=False)[:1]
    assert verdict.level == "mandatory"
    assert verdict.message.startswith("cannot be checked: which VPC VpnGateway second is about")


def test_two_stacks_that_each_passed_alone_are_compared() -> None:
    programs = [
        Program.of(BY_ID.format(name=name, id="vpc-1"), stack=stack)
        for name, stack in (("a", "x"), ("b", "y"))
    ]
    assert [Engine(known=True, rules=ONE_VPG).verdicts(program) for program in programs] == [[], []]
    assert len(Engine(known=True, rules=ONE_VPG).verdicts(*programs)) == 1
