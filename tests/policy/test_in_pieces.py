"""What is said in pieces, or without the name that this project gives it, counts as what it is."""

from __future__ import annotations

import base64
import bz2
import lzma
from pathlib import Path

import pytest

from labs.policy_programs import Engine, Program, Verdict, judge, rule
from policy.facts import stack_files

KNOWN = pytest.mark.parametrize("known", [False, True], ids=["preview", "deployed"])
KEY = b"-----BEGIN PRIVATE KEY-----"


def said(name: str, text: str, *, known: bool) -> list[Verdict]:
    return judge(text, known=known, rules=rule(name))


@pytest.mark.parametrize(
    "packed",
    [bz2.compress(KEY), lzma.compress(KEY), lzma.compress(KEY, lzma.FORMAT_ALONE)],
    ids=["bzip2", "xz", "lzma"],
)
def test_keys_are_found_in_what_python_and_tar_pack(packed: bytes) -> None:
    text = base64.b64encode(packed).decode()
    host = f"host: {{type: aws:ec2:Instance, properties: {{userDataBase64: {text}}}}}"
    (verdict,) = said("no-keys-in-user-data", host, known=False)
    assert verdict.message.startswith("userDataBase64 holds a private key")


@pytest.mark.parametrize(("written", "told"), [("secret.of.the.site", True), ("{secure: v1:x:y}", False)])
def test_a_key_in_clear_in_the_stack_file_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, told: bool
) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text(f"presharedKey: {written}\n")
    monkeypatch.setattr(stack_files, "ROOT", tmp_path)
    key = {"fn::secret": "secret.of.the.site"}
    connection = {"type": "aws:ec2:VpnConnection", "properties": {"tunnel1PresharedKey": key}}
    program = Program(resources={"connection": connection}, project="aws-vpn", stack="dev")
    verdicts = Engine(rules=rule("vpn-psk-secret")).verdicts(program)
    assert [verdict.level for verdict in verdicts] == (["mandatory"] if told else [])
    assert all("in clear in stacks/Pulumi.dev.yaml" in verdict.message for verdict in verdicts)
    assert "secret.of" not in str(verdicts)


LONE = """
address: {type: aws:ec2:Eip, properties: {%s}}
host: {type: aws:ec2:Instance, properties: {sourceDestCheck: false%s}}
route:
  type: aws:ec2:Route
  properties:
    routeTableId: rtb-1
    destinationCidrBlock: 172.31.250.0/24
    networkInterfaceId: "${host.primaryNetworkInterfaceId}"
"""
ASSOCIATED = """
association:
  type: aws:ec2:EipAssociation
  properties: {allocationId: "${address.id}", networkInterfaceId: "${host.primaryNetworkInterfaceId}"}
"""


@KNOWN
@pytest.mark.parametrize(
    ("text", "refused"),
    [
        (LONE % ('instance: "${host.id}"', ""), ["host"]),
        (LONE % ("domain: vpc", "") + ASSOCIATED, ["host"]),
        (LONE % ("domain: vpc", ""), []),
        ((LONE % ('instance: "${host.id}"', "")).replace("false", "true"), []),
    ],
    ids=["address", "association", "no-address", "no-forwarding"],
)
def test_a_server_that_nothing_can_stand_in_for(text: str, refused: list[str], known: bool) -> None:
    assert [verdict.resource for verdict in said("pair-across-azs", text, known=known)] == refused


LATER = """
group: {type: aws:ec2:SecurityGroup, properties: {vpcId: vpc-1}}
open:
  type: aws:vpc:SecurityGroupIngressRule
  properties:
    {securityGroupId: "${group.id}", ipProtocol: tcp, fromPort: 22, toPort: 22, cidrIpv4: 0.0.0.0/0}
interface:
  type: aws:ec2:NetworkInterface
  properties: {subnetId: subnet-1, sourceDestCheck: false%s}
host: {type: aws:ec2:Instance, properties: {%s}}
attachment:
  type: aws:ec2:NetworkInterfaceAttachment
  properties: {instanceId: "${host.id}", networkInterfaceId: "${interface.id}", deviceIndex: 1}
"""


@KNOWN
@pytest.mark.parametrize(
    "text",
    [
        LATER % (', securityGroups: ["${group.id}"]', ""),
        LATER % ("", 'vpcSecurityGroupIds: ["${group.id}"]'),
    ],
    ids=["its-group", "the-hosts-group"],
)
def test_an_interface_that_is_attached_later_is_the_hosts(text: str, known: bool) -> None:
    assert "open" in [verdict.resource for verdict in said("only-vpn-port-open", text, known=known)]


DOMAINS = """
a: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16, tags: {RoutingDomain: a}}}
b: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/20, tags: {RoutingDomain: b}}}
"""
PEERED = 'peering: {type: aws:ec2:VpcPeeringConnection, properties: {vpcId: "${a.id}", peerVpcId: "${b.id}"}}'
ATTACHED = "gateway: {type: aws:ec2transitgateway:TransitGateway}\n" + "\n".join(
    f"{vpc}-joins: {{type: aws:ec2transitgateway:VpcAttachment, "
    f'properties: {{vpcId: "${{{vpc}.id}}", transitGatewayId: "${{gateway.id}}", subnetIds: []}}}}'
    for vpc in "ab"
)


@KNOWN
@pytest.mark.parametrize(
    ("joined", "clashes"), [("", 0), (PEERED, 1), (ATTACHED, 1)], ids=["apart", "peered", "attached"]
)
def test_domains_whose_vpcs_are_joined_are_one(joined: str, clashes: int, known: bool) -> None:
    assert len(said("networks-do-not-overlap", DOMAINS + joined, known=known)) == clashes


LISTED = """
vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
table: {type: aws:ec2:RouteTable, properties: {vpcId: "${vpc.id}"}}
list:
  type: aws:ec2:ManagedPrefixList
  properties: {name: l, addressFamily: IPv4, maxEntries: 2, entries: [{cidr: %s}]}
route:
  type: aws:ec2:Route
  properties:
    {routeTableId: "${table.id}", destinationPrefixListId: "${list.id}", networkInterfaceId: eni-1}
"""


@KNOWN
@pytest.mark.parametrize(("cidr", "refused"), [("10.50.1.0/24", ["route"]), ("172.31.250.0/24", [])])
def test_a_route_by_a_prefix_list_leads_to_what_is_on_it(cidr: str, refused: list[str], known: bool) -> None:
    found = said("routes-leave-networks-alone", LISTED % cidr, known=known)
    assert [verdict.resource for verdict in found] == refused


SEPARATE = """
group: {type: aws:ec2:SecurityGroup, properties: {vpcId: vpc-1}}
"""


@KNOWN
@pytest.mark.parametrize(("pieces", "refused"), [(2, True), (1, False)])
def test_rules_of_their_own_add_up(pieces: int, refused: bool, known: bool) -> None:
    rules = "\n".join(
        f"r{i}: {{type: aws:vpc:SecurityGroupIngressRule, properties: {{ipProtocol: tcp, fromPort: 3306, "
        f'toPort: 3306, securityGroupId: "${{group.id}}", cidrIpv4: {12 + i}.0.0.0/8}}}}'
        for i in range(pieces)
    )
    assert bool(said("no-world-open-in-pieces", SEPARATE + rules, known=known)) is refused


ATTACHED_POLICY = """
role: {type: aws:iam:Role, properties: {name: monitor, inlinePolicies: [{name: moves, policy: '%s'}]}}
more: {type: aws:iam:Policy, properties: {policy: '%s'}}
attachment:
  type: aws:iam:RolePolicyAttachment
  properties: {role: "${role.id}", policyArn: "${more.id}"}
"""
STATEMENT = '{"Statement": [{"Effect": "Allow", "Action": "%s", "Resource": "%s"}]}'
MOVES = STATEMENT % ("ec2:ReplaceRoute", "arn:aws:ec2:::route-table/r")
SENDS = STATEMENT % ("ssm:SendCommand", "*")


@KNOWN
@pytest.mark.parametrize(("first", "second", "refused"), [(MOVES, SENDS, ["more"]), (SENDS, SENDS, [])])
def test_what_an_attached_policy_adds_to_a_failover(
    first: str, second: str, refused: list[str], known: bool
) -> None:
    found = said("failover-role-limited", ATTACHED_POLICY % (first, second), known=known)
    assert [verdict.resource for verdict in found] == refused
