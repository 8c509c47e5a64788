"""The same environment written in other ways than this project's: each rule sees through them."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable

import pytest

from labs.policy_programs import Engine, Program, Verdict, judge, rule

KNOWN = pytest.mark.parametrize("known", [False, True], ids=["preview", "deployed"])

VPC = """
vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
"""
SERVER = """
server: {type: aws:ec2:Instance, properties: {sourceDestCheck: false, vpcSecurityGroupIds: ["${group.id}"]}}
"""
GROUP = """
group: {type: aws:ec2:SecurityGroup, properties: {vpcId: vpc-1}}
"""
WEB = """
group:
  type: aws:ec2:SecurityGroup
  properties: {ingress: [{protocol: tcp, fromPort: 80, toPort: 80, cidrBlocks: [0.0.0.0/0]}]}
"""


def said(name: str, text: str, *, known: bool) -> list[Verdict]:
    return judge(text, known=known, rules=rule(name))


def inline(*routes: str) -> str:
    properties = f'{{vpcId: "${{vpc.id}}", routes: [{", ".join(routes)}]}}'
    return f"table: {{type: aws:ec2:RouteTable, properties: {properties}}}"


@KNOWN
def test_an_inline_route_takes_traffic_away(known: bool) -> None:
    (verdict,) = said(
        "no-overlapping-cidrs",
        VPC + inline("{cidrBlock: 10.50.1.0/24, networkInterfaceId: eni-1}"),
        known=known,
    )
    assert verdict.message.startswith("the route to 10.50.1.0/24 (RouteTable table) takes traffic away from")


@KNOWN
@pytest.mark.parametrize(
    "routes",
    [
        ["{cidrBlock: 0.0.0.0/0, gatewayId: igw-1}", "{cidrBlock: 172.31.0.0/24, networkInterfaceId: eni-1}"],
        ["{cidrBlock: 10.50.1.0/24, gatewayId: local}"],
        ["{ipv6CidrBlock: '::/0', egressOnlyGatewayId: eigw-1}"],
    ],
)
def test_other_inline_routes_pass(routes: list[str], known: bool) -> None:
    assert said("no-overlapping-cidrs", VPC + inline(*routes), known=known) == []


@pytest.mark.parametrize(
    "routes", ["'${gone.x}'", "['${gone.x}']", "[{cidrBlock: '${gone.x}', gatewayId: tgw-1}]"]
)
def test_routes_that_are_not_known_yet_are_said(routes: str) -> None:
    text = f'{VPC}table: {{type: aws:ec2:RouteTable, properties: {{vpcId: "${{vpc.id}}", routes: {routes}}}}}'
    (verdict,) = said("no-overlapping-cidrs", text, known=False)
    assert verdict.level == "mandatory"
    assert verdict.message.startswith("cannot be checked: ")


DEFAULT_TABLE = """
table:
  type: aws:ec2:DefaultRouteTable
  properties:
    defaultRouteTableId: "${vpc.defaultRouteTableId}"
    routes: [{cidrBlock: 10.50.1.0/24, networkInterfaceId: eni-1}]
"""


@KNOWN
def test_routes_of_the_default_table_are_those_of_its_vpc(known: bool) -> None:
    (verdict,) = said("no-overlapping-cidrs", VPC + DEFAULT_TABLE, known=known)
    assert "(DefaultRouteTable table) takes traffic away from 10.50.0.0/16" in verdict.message


@pytest.mark.parametrize("name", ["no-overlapping-cidrs", "ha-across-azs"])
def test_a_subnet_of_an_unknown_vpc_is_not_passed(name: str) -> None:
    text = 'a: {type: aws:ec2:Subnet, properties: {vpcId: "${gone.x}", cidrBlock: 10.1.0.0/24}}'
    (verdict,) = said(name, text, known=False)
    assert verdict.message.startswith("cannot be checked: which VPC Subnet a is in cannot be known yet")


FORWARDER = "host: {type: aws:ec2:Instance, properties: {sourceDestCheck: false}}\n"
INTERFACE = """
interface: {type: aws:ec2:NetworkInterface, properties: {subnetId: subnet-1, sourceDestCheck: %s}}
host: {type: aws:ec2:Instance, properties: {%s}}
route: {type: aws:ec2:Route, properties: {routeTableId: rtb-1, networkInterfaceId: "${interface.id}"}}
"""
PRIMARY = 'primaryNetworkInterface: {networkInterfaceId: "${interface.id}"}'
LISTED = 'networkInterfaces: [{deviceIndex: 0, networkInterfaceId: "${interface.id}"}]'


@KNOWN
@pytest.mark.parametrize(
    ("text", "refused"),
    [
        (FORWARDER, "host"),
        (
            FORWARDER
            + inline('{cidrBlock: 0.0.0.0/0, networkInterfaceId: "${host.primaryNetworkInterfaceId}"}'),
            None,
        ),
        (INTERFACE % ("false", PRIMARY), None),
        (INTERFACE % ("false", LISTED), None),
        (INTERFACE % ("true", LISTED), "interface"),
    ],
    ids=["no-route", "inline-route", "primary-interface", "listed-interface", "interface-that-drops"],
)
def test_hosts_that_routes_lead_to(text: str, refused: str | None, known: bool) -> None:
    verdicts = said("source-dest-check", text, known=known)
    assert [verdict.resource for verdict in verdicts] == ([refused] if refused else [])


def test_a_route_that_cannot_be_followed_may_lead_to_the_host() -> None:
    route = 'route: {type: aws:ec2:Route, properties: {routeTableId: rtb-1, networkInterfaceId: "${gone.x}"}}'
    (verdict,) = said("source-dest-check", FORWARDER + route, known=False)
    assert verdict.message.startswith("cannot be checked: ")


TRANSIT = """
gateway: {type: aws:ec2transitgateway:TransitGateway}
connection:
  type: aws:ec2:VpnConnection
  properties: {transitGatewayId: "${gateway.id}", customerGatewayId: cgw-1, staticRoutesOnly: %s}
"""
TRANSIT_ROUTE = """
lan:
  type: aws:ec2transitgateway:Route
  properties:
    destinationCidrBlock: 10.77.1.0/24
    transitGatewayAttachmentId: "${connection.transitGatewayAttachmentId}"
    transitGatewayRouteTableId: "${gateway.associationDefaultRouteTableId}"
"""


@KNOWN
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TRANSIT % "true" + TRANSIT_ROUTE, None),
        (TRANSIT % "false" + TRANSIT_ROUTE, None),
        (TRANSIT % "true", "VpnConnection connection is static and no route of its transit gateway"),
        (
            (TRANSIT % "true").replace("${gateway.id}", "tgw-1"),
            "cannot be checked: VpnConnection connection is static and no route of its transit gateway",
        ),
    ],
    ids=["routed", "bgp", "without", "elsewhere"],
)
def test_static_connections_of_transit_gateways_are_routed_there(
    text: str, message: str | None, known: bool
) -> None:
    verdicts = said("vpn-routing", text, known=known)
    assert [verdict.message.startswith(message) for verdict in verdicts if message] == (
        [True] if message else []
    )
    assert len(verdicts) == (1 if message else 0)


@KNOWN
def test_lans_behind_a_transit_gateway_are_compared(known: bool) -> None:
    vpc = "vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.77.0.0/16}}"
    (verdict,) = said("no-overlapping-cidrs", TRANSIT % "true" + TRANSIT_ROUTE + vpc, known=known)
    assert verdict.message.startswith(
        "10.77.1.0/24 (Route lan in elsewhere/test) overlaps 10.77.0.0/16 (Vpc vpc"
    )


@KNOWN
@pytest.mark.parametrize("shared", [True, False])
def test_tunnel_insides_are_unique_per_transit_gateway(shared: bool, known: bool) -> None:
    gateways = (
        "a: {type: aws:ec2transitgateway:TransitGateway}\nb: {type: aws:ec2transitgateway:TransitGateway}\n"
    )
    text = gateways + "\n".join(
        f'c{i}: {{type: aws:ec2:VpnConnection, properties: {{transitGatewayId: "${{{gateway}.id}}", '
        "tunnel1InsideCidr: 169.254.10.0/30}}"
        for i, gateway in enumerate(("a", "a" if shared else "b"))
    )
    assert bool(said("no-overlapping-cidrs", text, known=known)) is shared


@KNOWN
def test_client_vpn_endpoints_have_a_pool(known: bool) -> None:
    text = f"{VPC}pool: {{type: aws:ec2clientvpn:Endpoint, properties: {{clientCidrBlock: 10.50.0.0/22}}}}"
    (verdict,) = said("no-overlapping-cidrs", text, known=known)
    assert "10.50.0.0/22 (Endpoint pool in elsewhere/test)" in verdict.message


RULE = """
open:
  type: aws:vpc:SecurityGroupIngressRule
  properties: {{securityGroupId: sg-1, ipProtocol: {protocol}, {source}{ports}}}
"""
SSH = ", fromPort: 22, toPort: 22"
ICMP = ", fromPort: -1, toPort: -1"


@KNOWN
@pytest.mark.parametrize(
    ("protocol", "source", "ports", "levels"),
    [
        ("tcp", "cidrIpv6: '::/0'", SSH, ["mandatory"]),
        ("'6'", "cidrIpv4: 0.0.0.0/0", SSH, ["mandatory"]),
        ("'-1'", "cidrIpv6: '2000::/3'", "", ["mandatory"]),
        ("'50'", "cidrIpv4: 0.0.0.0/0", "", []),
        ("icmp", "cidrIpv4: 0.0.0.0/0", ICMP, []),
        ("tcp", "prefixListId: pl-1", SSH, ["advisory"]),
        ("tcp", "prefixListId: pl-1", SSH.replace("22", "443"), []),
        ("tcp", "referencedSecurityGroupId: sg-2", SSH, []),
    ],
    ids=["ipv6", "by-number", "all-ipv6", "esp", "icmp", "list", "list-443", "group"],
)
def test_management_ports_by_protocol_and_source(
    protocol: str, source: str, ports: str, levels: list[str], known: bool
) -> None:
    text = RULE.format(protocol=protocol, source=source, ports=ports)
    assert [v.level for v in said("no-world-open-management", text, known=known)] == levels


def test_an_unknown_source_of_another_port_needs_no_word() -> None:
    text = RULE.format(protocol="tcp", source="cidrIpv4: '${gone.x}'", ports=SSH.replace("22", "443"))
    assert said("no-world-open-management", text, known=False) == []


INBOUND = """
inbound:
  type: aws:vpc:SecurityGroupIngressRule
  properties: {securityGroupId: "${group.id}", ipProtocol: %s, fromPort: 1194, toPort: 1194, %s}
"""
LIST = """
list: {type: aws:ec2:ManagedPrefixList, properties: {entries: [{cidr: %s}]}}
"""
LATER = """
list: {type: aws:ec2:ManagedPrefixList}
entry: {type: aws:ec2:ManagedPrefixListEntry, properties: {prefixListId: "${list.id}", cidr: 0.0.0.0/0}}
"""
BY_LIST = 'prefixListId: "${list.id}"'


@KNOWN
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GROUP + SERVER + INBOUND % ("'17'", "cidrIpv4: 0.0.0.0/0"), None),
        (GROUP + SERVER + INBOUND % ("tcp", BY_LIST) + LIST % "0.0.0.0/0", "this rule (tcp port 1194) of"),
        (GROUP + SERVER + INBOUND % ("tcp", BY_LIST) + LIST % "10.1.0.0/16", None),
        (GROUP + SERVER + INBOUND % ("tcp", BY_LIST) + LATER, "this rule (tcp port 1194) of"),
        (GROUP + SERVER + INBOUND % ("tcp", "prefixListId: pl-1"), "cannot be checked: what"),
        (WEB + SERVER, "ingress[0] (tcp port 80) of SecurityGroup group"),
        (SERVER.replace("${group.id}", "sg-1"), "cannot be checked: what a security group lets into"),
    ],
    ids=["by-number", "list", "private-list", "list-by-entry", "foreign-list", "inline", "foreign-group"],
)
def test_what_a_vpn_host_offers_the_world(text: str, message: str | None, known: bool) -> None:
    verdicts = said("only-vpn-port-open", text, known=known)
    assert [verdict.message.startswith(message) for verdict in verdicts if message] == (
        [True] if message else []
    )
    assert len(verdicts) == (1 if message else 0)


ON_INTERFACE = """
interface:
  type: aws:ec2:NetworkInterface
  properties: {sourceDestCheck: false, securityGroups: ["${group.id}"]}
"""
ATTACHED = """
server: {type: aws:ec2:Instance, properties: {sourceDestCheck: false}}
more:
  type: aws:ec2:NetworkInterfaceSecurityGroupAttachment
  properties: {securityGroupId: "${group.id}", networkInterfaceId: "${server.primaryNetworkInterfaceId}"}
"""
FROM_TEMPLATE = """
template: {type: aws:ec2:LaunchTemplate, properties: {%s}}
server: {type: aws:ec2:Instance, properties: {sourceDestCheck: false, launchTemplate: {%s}}}
"""
GROUPS_OF_TEMPLATE = 'name: vpn, vpcSecurityGroupIds: ["${group.id}"]'
INTERFACE_OF_TEMPLATE = 'networkInterfaces: [{securityGroups: ["${group.id}"]}]'


@KNOWN
@pytest.mark.parametrize(
    "host",
    [
        ON_INTERFACE,
        ATTACHED,
        FROM_TEMPLATE % (GROUPS_OF_TEMPLATE, 'id: "${template.id}"'),
        FROM_TEMPLATE % (GROUPS_OF_TEMPLATE, "name: vpn"),
        FROM_TEMPLATE % (INTERFACE_OF_TEMPLATE, 'id: "${template.id}"'),
    ],
    ids=["interface", "attachment", "template", "template-by-name", "interface-of-template"],
)
def test_groups_reach_a_vpn_host_in_many_ways(host: str, known: bool) -> None:
    (verdict,) = said("only-vpn-port-open", WEB + host, known=known)
    assert verdict.resource == "group"
    assert "opens the VPN host" in verdict.message


def test_a_rule_of_an_unknown_group_may_be_a_vpn_hosts() -> None:
    lost = INBOUND.replace("inbound", "lost").replace("${group.id}", "${gone.x}")
    (verdict,) = said(
        "only-vpn-port-open", GROUP + SERVER + lost % ("tcp", "cidrIpv4: 0.0.0.0/0"), known=False
    )
    assert verdict.message.startswith("cannot be checked: which security group SecurityGroupIngressRule lost")


IN_DEFAULT = 'vpcSecurityGroupIds: ["${vpc.defaultSecurityGroupId}"]'
OF_DEFAULT = 'securityGroupId: "${vpc.defaultSecurityGroupId}"'


@KNOWN
@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("i: {type: aws:ec2:Instance, properties: {" + IN_DEFAULT + "}}", ["i"]),
        ("r: {type: aws:vpc:SecurityGroupIngressRule, properties: {" + OF_DEFAULT + "}}", ["r"]),
        ("r: {type: aws:vpc:SecurityGroupEgressRule, properties: {" + OF_DEFAULT + "}}", ["r"]),
        ("n: {type: aws:ec2:NetworkInterface, properties: {subnetId: subnet-1}}", ["n"]),
        ("n: {type: aws:ec2:NetworkInterface, properties: {securityGroups: [sg-1]}}", []),
        (FROM_TEMPLATE % ("imageId: ami-1", 'id: "${template.id}"'), ["server"]),
        (FROM_TEMPLATE % ("vpcSecurityGroupIds: [sg-1]", 'id: "${template.id}"'), []),
        (FROM_TEMPLATE % (IN_DEFAULT, 'id: "${template.id}"'), ["template"]),
        ("i: {type: aws:ec2:Instance, properties: {launchTemplate: {id: lt-1}}}", []),
    ],
    ids=[
        "instance",
        "ingress-rule",
        "egress-rule",
        "interface",
        "interface-with-group",
        "template-without",
        "template-with",
        "template-with-default",
        "template-elsewhere",
    ],
)
def test_the_default_group_by_its_vpc(text: str, refused: list[str], known: bool) -> None:
    verdicts = said("default-group-unused", VPC + text, known=known)
    assert [verdict.resource for verdict in verdicts] == refused


@KNOWN
def test_the_default_vpc_needs_a_flow_log_too(known: bool) -> None:
    log = 'log: {type: aws:ec2:FlowLog, properties: {vpcId: "${vpc.id}"}}'
    assert len(said("vpc-flow-logs", "vpc: {type: aws:ec2:DefaultVpc}", known=known)) == 1
    assert said("vpc-flow-logs", "vpc: {type: aws:ec2:DefaultVpc}\n" + log, known=known) == []


@pytest.mark.parametrize("tags", ["'${gone.x}'", "{Environment: '${gone.x}'}"])
def test_what_may_be_production_is_not_passed_as_unprotected(tags: str) -> None:
    text = f"g: {{type: aws:ec2:VpnGateway, properties: {{tags: {tags}}}}}"
    (verdict,) = said("deletion-protection", text, known=False)
    assert verdict.message.startswith("cannot be checked: whether it is production is not known yet")
    protected = text.removesuffix("}") + ", options: {protect: true}}"
    assert said("deletion-protection", protected, known=False) == []


SITES = """
vpg: {type: aws:ec2:VpnGateway, properties: {vpcId: "${vpc.id}"}}
connection: {type: aws:ec2:VpnConnection, properties: {vpnGatewayId: "${vpg.id}"}}
a: {type: aws:ec2:Subnet, properties: {vpcId: "${vpc.id}", cidrBlock: 10.50.1.0/24, availabilityZone: a}}
b: {type: aws:ec2:Subnet, properties: {vpcId: "${vpc.id}", cidrBlock: 10.50.2.0/24, availabilityZone: b}}
"""
ADOPTED = """
table: {type: aws:ec2:DefaultRouteTable, properties: {defaultRouteTableId: "${vpc.defaultRouteTableId}"}}
"""
CHOSEN = """
table: {type: aws:ec2:RouteTable, properties: {vpcId: "${vpc.id}"}}
main: {type: aws:ec2:MainRouteTableAssociation, properties: {vpcId: "${vpc.id}", routeTableId: "${table.id}"}}
"""
ONE_ASSOCIATED = """
own: {type: aws:ec2:RouteTableAssociation, properties: {subnetId: "${a.id}", routeTableId: rtb-elsewhere}}
"""
LEARNED = """
learned:
  type: aws:ec2:VpnGatewayRoutePropagation
  properties: {vpnGatewayId: "${vpg.id}", routeTableId: "${%s}"}
"""
OUT = """
out: {type: aws:ec2:Route, properties: {routeTableId: "${%s}", gatewayId: igw-1}}
"""


@KNOWN
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "",
            "Subnet a, Subnet b of Vpc vpc have no route table of their own, and its main one does not learn",
        ),
        (ONE_ASSOCIATED, "Subnet b of Vpc vpc have no route table of their own"),
        (LEARNED % "vpc.mainRouteTableId", None),
        (LEARNED % "vpc.defaultRouteTableId", None),
        (OUT % "vpc.mainRouteTableId", None),
        (ADOPTED, "DefaultRouteTable table does not learn the routes of VpnGateway vpg"),
        (ADOPTED + LEARNED % "table.id", None),
        (ADOPTED + LEARNED % "vpc.defaultRouteTableId", None),
        (CHOSEN, "RouteTable table does not learn the routes of VpnGateway vpg"),
        (CHOSEN + LEARNED % "table.id", None),
    ],
    ids=[
        "forgotten",
        "one-associated",
        "learned",
        "learned-by-default-id",
        "public",
        "adopted",
        "adopted-learned",
        "adopted-learned-by-vpc",
        "chosen",
        "chosen-learned",
    ],
)
def test_subnets_without_a_route_table_use_the_main_one(text: str, message: str | None, known: bool) -> None:
    verdicts = said("ha-across-azs", VPC + SITES + text, known=known)
    assert [verdict.message.startswith(message) for verdict in verdicts if message] == (
        [True] if message else []
    )
    assert len(verdicts) == (1 if message else 0)


def test_an_association_that_cannot_be_followed_leaves_the_main_table_undecided() -> None:
    association = ONE_ASSOCIATED.replace("${a.id}", "${gone.x}")
    (verdict,) = said("ha-across-azs", VPC + SITES + association, known=False)
    assert verdict.message.startswith("cannot be checked: Subnet a, Subnet b of Vpc vpc have no route table")


ALARM = """
connection: {type: aws:ec2:VpnConnection}
alarm: {type: aws:cloudwatch:MetricAlarm, properties: {%s}}
"""
METRIC = "namespace: AWS/VPN, metricName: TunnelState, dimensions: {%s}"
BY_ADDRESS = METRIC % 'TunnelIpAddress: "${connection.tunnel1Address}"'
BY_ID = METRIC % 'VpnId: "${connection.id}"'


@KNOWN
@pytest.mark.parametrize(
    ("alarm", "refused"),
    [
        (BY_ID, False),
        (BY_ADDRESS, False),
        ("metricQueries: [{id: m1, metric: {" + BY_ID + "}}, {id: e1, expression: m1 < 1}]", False),
        (METRIC % "TunnelIpAddress: 198.51.100.9", True),
        (BY_ID.replace("TunnelState", "TunnelDataIn"), True),
    ],
    ids=["id", "address", "expression", "other-address", "other-metric"],
)
def test_alarms_name_a_connection_in_many_ways(alarm: str, refused: bool, known: bool) -> None:
    assert bool(said("vpn-tunnel-alarm", ALARM % alarm, known=known)) is refused


HOST = "h: {type: aws:ec2:%s, properties: {%s}}"
HARDENED = "metadataOptions: {httpTokens: required, httpPutResponseHopLimit: 1}"
BARE_TEMPLATE = "launchTemplate: {id: lt-1}"
DISKS = "blockDeviceMappings: [{deviceName: /dev/xvda, ebs: {encrypted: 'true'}}, %s]"


@KNOWN
@pytest.mark.parametrize(
    ("name", "kind", "properties", "levels"),
    [
        ("imdsv2-required", "Instance", BARE_TEMPLATE, ["advisory"]),
        ("imdsv2-required", "Instance", "", ["mandatory"]),
        ("imdsv2-required", "SpotInstanceRequest", "", ["mandatory"]),
        ("imdsv2-required", "LaunchConfiguration", "", ["mandatory"]),
        ("imdsv2-required", "LaunchConfiguration", HARDENED, []),
        ("imds-hop-limit", "Instance", BARE_TEMPLATE, ["advisory"]),
        ("encrypted-volumes", "Instance", BARE_TEMPLATE, ["advisory"]),
        ("encrypted-volumes", "LaunchConfiguration", "rootBlockDevice: {encrypted: false}", ["mandatory"]),
        ("encrypted-volumes", "LaunchTemplate", DISKS % "{virtualName: ephemeral0}", []),
        ("encrypted-volumes", "LaunchTemplate", DISKS % "{noDevice: 'true'}", []),
        ("encrypted-volumes", "LaunchTemplate", DISKS % "{ebs: {volumeSize: 8}}", ["mandatory"]),
        ("encrypted-volumes", "LaunchTemplate", "blockDeviceMappings: [{noDevice: ''}]", ["mandatory"]),
    ],
)
def test_hosts_of_other_kinds(name: str, kind: str, properties: str, levels: list[str], known: bool) -> None:
    verdicts = said(name, HOST % (kind, properties), known=known)
    assert [verdict.level for verdict in verdicts] == levels


KEY = b"#!/bin/sh\ncat > key.pem <<EOF\n-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIA\nEOF\n"
CERTIFICATE = KEY.replace(b"EC PRIVATE KEY", b"CERTIFICATE")


def cloud_config(content: bytes) -> str:
    packed = base64.b64encode(gzip.compress(content)).decode()
    return f"#cloud-config\nwrite_files:\n- {{path: /etc/key, encoding: gz+b64, content: {packed}}}\n"


@pytest.mark.parametrize(
    ("content", "refused"), [(KEY, True), (CERTIFICATE, False)], ids=["key", "certificate"]
)
@pytest.mark.parametrize(
    "packed",
    [
        lambda content: content.decode(),
        lambda content: base64.b64encode(content).decode(),
        lambda content: base64.encodebytes(content).decode(),
        lambda content: base64.b64encode(gzip.compress(content)).decode(),
        lambda content: cloud_config(base64.b64encode(content)),
        lambda content: base64.b64encode(gzip.compress(cloud_config(content).encode())).decode(),
    ],
    ids=["plain", "base64", "base64-lines", "gzip", "cloud-config", "cloud-config-gzip"],
)
def test_keys_are_found_however_user_data_is_packed(
    packed: Callable[[bytes], str], content: bytes, refused: bool
) -> None:
    host = {"type": "aws:ec2:Instance", "properties": {"userData": packed(content)}}
    verdicts = Engine(rules=rule("no-keys-in-user-data")).verdicts(Program(resources={"h": host}))
    assert bool(verdicts) is refused


@KNOWN
@pytest.mark.parametrize(
    ("resource", "refused"),
    [
        (
            "RolePolicyAttachment, properties: {policyArn: 'arn:aws:iam::aws:policy/AmazonEC2FullAccess'}",
            True,
        ),
        ("RolePolicyAttachment, properties: {policyArn: 'arn:aws-cn:iam::aws:policy/PowerUserAccess'}", True),
        ("RolePolicyAttachment, properties: {policyArn: 'arn:aws:iam::aws:policy/ReadOnlyAccess'}", False),
        ("RolePolicyAttachment, properties: {policyArn: 'arn:aws:iam::1:policy/AmazonEC2FullAccess'}", False),
        ("RolePolicyAttachment, properties: {policyArn: '${own.arn}'}", False),
        ("Role, properties: {managedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess']}", True),
    ],
)
def test_policies_of_aws_that_may_move_everything(resource: str, refused: bool, known: bool) -> None:
    assert bool(said("failover-iam-limited", f"r: {{type: aws:iam:{resource}}}", known=known)) is refused


@KNOWN
@pytest.mark.parametrize(
    ("ways", "refused"),
    [
        ("lightsail:InstancePublicPorts, properties: {portInfos: [{%s}]}", True),
        ("lightsail:InstancePublicPorts, properties: {portInfos: [{%s, cidrListAliases: [a]}]}", False),
        (
            "gamelift:Fleet, properties: {ec2InboundPermissions: [{%s, ipRange: 0.0.0.0/0}]}",
            True,
        ),
        (
            "gamelift:Fleet, properties: {ec2InboundPermissions: [{%s, ipRange: 10.0.0.0/8}]}",
            False,
        ),
    ],
)
def test_hosts_that_are_opened_without_a_security_group(ways: str, refused: bool, known: bool) -> None:
    for port, counts in ((22, refused), (443, False)):
        program = f"host: {{type: aws:{ways % f'protocol: tcp, fromPort: {port}, toPort: {port}'}}}"
        assert bool(said("no-world-open-management", program, known=known)) is counts


@KNOWN
@pytest.mark.parametrize(
    "program",
    [
        "lambda:Function, properties: {environment: {variables: {KEY: %s}}}",
        "ecs:TaskDefinition, properties: {containerDefinitions: %s}",
        "codebuild:Project, properties: {environment: {environmentVariables: [{name: KEY, value: %s}]}}",
        "ssm:Document, properties: {content: %s}",
    ],
)
def test_keys_in_environments_and_documents(program: str, known: bool) -> None:
    for text, refused in (("-----BEGIN PRIVATE KEY-----", True), ("nothing", False)):
        found = said("no-keys-in-the-open", f"one: {{type: aws:{program % text}}}", known=known)
        assert bool(found) is refused
