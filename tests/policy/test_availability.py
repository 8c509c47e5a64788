"""ha-across-azs: what survives the loss of a zone, a server, a tunnel or a router."""

from __future__ import annotations

import pytest

from labs.policy_programs import Engine, Program, Verdict, rule

KNOWN = pytest.mark.parametrize("known", [False, True], ids=["preview", "deployed"])


def verdicts(text: str, *, known: bool, config: object = None) -> list[Verdict]:
    options = {} if config is None else {"ha-across-azs": config}
    found = [
        Engine(known=known, seed=seed, rules=rule("ha-across-azs"), config=options).verdicts(Program.of(text))  # pyright: ignore[reportArgumentType]
        for seed in range(3)
    ]
    assert all(others == found[0] for others in found), "the order of resources decides"
    return found[0]


PAIR = """
a: {{type: aws:ec2:Subnet, properties: {{vpcId: vpc-1, availabilityZone: eu-central-1a}}}}
b: {{type: aws:ec2:Subnet, properties: {{vpcId: vpc-1, availabilityZone: eu-central-1b}}}}
c: {{type: aws:ec2:Subnet, properties: {{vpcId: vpc-1, availabilityZone: eu-central-1c}}}}
main: {{type: aws:ec2:Instance, properties: {{subnetId: "${{{main}.id}}"}}}}
standby: {{type: aws:ec2:Instance, properties: {{subnetId: "${{{standby}.id}}"}}}}
floating:
  type: aws-vpn:failover:FloatingIp
  properties: {{mainInstanceId: "${{main.id}}", standbyInstanceId: "${{standby.id}}"}}
inner: {{type: "aws-vpn:failover:FailoverMonitor", options: {{parent: floating}}}}
group:
  type: aws:autoscaling:Group
  properties: {{vpcZoneIdentifiers: {monitor}}}
  options: {{parent: inner}}
"""


@KNOWN
@pytest.mark.parametrize(
    ("main", "standby", "monitor", "message"),
    [
        ("a", "b", ["a", "b"], None),
        ("a", "b", ["c"], None),
        ("a", "b", ["b", "c"], None),
        ("a", "a", ["b"], "both servers of FloatingIp floating are in eu-central-1a"),
        ("a", "b", ["a"], "the monitor of FloatingIp floating runs in eu-central-1a alone"),
        ("a", "b", ["b"], "the monitor of FloatingIp floating runs in eu-central-1b alone"),
        ("a", "b", [], "nothing watches FloatingIp floating"),
        ("gone", "b", ["a", "b"], "cannot be checked: the availability zone of Instance main"),
        ("a", "b", ["gone"], "cannot be checked: where the monitor of FloatingIp floating runs"),
    ],
)
def test_pairs_of_the_component(
    main: str, standby: str, monitor: list[str], message: str | None, known: bool
) -> None:
    subnets = "[" + ", ".join(f'"${{{name}.id}}"' for name in monitor) + "]"
    found = verdicts(PAIR.format(main=main, standby=standby, monitor=subnets), known=known)
    assert [verdict.message.startswith(message) for verdict in found if message] == (
        [True] if message else []
    )
    assert len(found) == (1 if message else 0)
    assert all(verdict.level == "mandatory" for verdict in found)


FOLLOWED = (
    PAIR.format(main="a", standby="b", monitor='["${c.id}"]').replace(
        'standbyInstanceId: "${standby.id}"',
        'standbyInstanceId: "${standby.id}", routeTableIds: ["${moved.id}"]',
    )
    + """
moved: {type: aws:ec2:RouteTable, properties: {vpcId: vpc-1}}
other: {type: aws:ec2:RouteTable, properties: {vpcId: vpc-1}}
clients:
  type: aws:ec2:Route
  properties:
    routeTableId: "${%s.id}"
    destinationCidrBlock: 172.31.250.0/24
    networkInterfaceId: "${%s.primaryNetworkInterfaceId}"
  options: {%s}
"""
)


@KNOWN
@pytest.mark.parametrize(
    ("table", "server", "options", "refused"),
    [
        ("moved", "main", "parent: floating", False),
        ("moved", "main", "", True),
        ("moved", "standby", "", True),
        ("other", "main", "parent: floating", True),
        ("other", "elsewhere", "", False),
    ],
)
def test_routes_to_a_pair_follow_its_address(
    table: str, server: str, options: str, refused: bool, known: bool
) -> None:
    elsewhere = "elsewhere: {type: aws:ec2:Instance, properties: {subnetId: subnet-1}}\n"
    found = verdicts(FOLLOWED % (table, server, options) + elsewhere, known=known)
    assert [verdict.message.partition(" and ")[0] for verdict in found] == (
        ["Route clients leads to a server of FloatingIp floating"] if refused else []
    )


TAGGED = """
a: {type: aws:ec2:Instance, properties: {availabilityZone: eu-central-1a, tags: {FailoverPair: nat}}}
b: {type: aws:ec2:Instance, properties: {availabilityZone: %s, tags: {FailoverPair: nat}}}
s: {type: aws:ec2:Subnet, properties: {vpcId: vpc-1, availabilityZone: eu-central-1a}}
t: {type: aws:ec2:Subnet, properties: {vpcId: vpc-1, availabilityZone: eu-central-1b}}
group:
  type: aws:autoscaling:Group
  properties: {vpcZoneIdentifiers: ["${s.id}", "${t.id}"], tags: [{key: FailoverPair, value: nat}]}
"""


@KNOWN
def test_pairs_of_any_other_program_are_told_by_a_tag(known: bool) -> None:
    assert verdicts(TAGGED % "eu-central-1b", known=known) == []
    (verdict,) = verdicts(TAGGED % "eu-central-1a", known=known)
    assert verdict.message.startswith("both servers of FailoverPair nat are in eu-central-1a")


ON_INTERFACES = """
s: {type: aws:ec2:Subnet, properties: {vpcId: vpc-1, availabilityZone: eu-central-1a}}
t: {type: aws:ec2:Subnet, properties: {vpcId: vpc-1, availabilityZone: eu-central-1b}}
n: {type: aws:ec2:NetworkInterface, properties: {subnetId: "${s.id}"}}
m: {type: aws:ec2:NetworkInterface, properties: {subnetId: "${%s.id}"}}
a:
  type: aws:ec2:Instance
  properties: {primaryNetworkInterface: {networkInterfaceId: "${n.id}"}, tags: &pair {FailoverPair: nat}}
b:
  type: aws:ec2:Instance
  properties: {networkInterfaces: [{networkInterfaceId: "${m.id}"}], tags: *pair}
group:
  type: aws:autoscaling:Group
  properties: {vpcZoneIdentifiers: ["${s.id}", "${t.id}"], tags: [{key: FailoverPair, value: nat}]}
"""


@KNOWN
def test_pairs_are_where_their_interfaces_are(known: bool) -> None:
    assert verdicts(ON_INTERFACES % "t", known=known) == []
    (verdict,) = verdicts(ON_INTERFACES % "s", known=known)
    assert verdict.message.startswith("both servers of FailoverPair nat are in eu-central-1a")


@KNOWN
@pytest.mark.parametrize(
    ("zones", "refused"),
    [
        (["eu-central-1a"], True),
        (["eu-central-1a", "eu-central-1a"], True),
        (["eu-central-1a", "eu-central-1b"], False),
        (["eu-central-1a", "eu-central-1b", "eu-central-1b"], False),
    ],
)
def test_subnets_span_zones(zones: list[str], refused: bool, known: bool) -> None:
    text = "\n".join(
        f"s{i}: {{type: aws:ec2:Subnet, properties: {{vpcId: vpc-1, availabilityZone: {zone}}}}}"
        for i, zone in enumerate(zones)
    )
    assert bool(verdicts(text, known=known)) is refused


def test_subnets_whose_zone_aws_chooses_are_not_counted() -> None:
    text = """
a: {type: aws:ec2:Subnet, properties: {vpcId: vpc-1, availabilityZone: eu-central-1a}}
b: {type: aws:ec2:Subnet, properties: {vpcId: vpc-1, cidrBlock: 10.50.1.0/24}}
"""
    (verdict,) = verdicts(text, known=False)
    assert verdict.level == "mandatory"
    assert "set availabilityZone on each of them" in verdict.message


ROUTED = """
vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
vpg: {type: aws:ec2:VpnGateway, properties: {vpcId: "${vpc.id}"}}
connection: {type: aws:ec2:VpnConnection, properties: {vpnGatewayId: "${vpg.id}"}}
table: {type: aws:ec2:RouteTable, properties: {vpcId: "${vpc.id}"%s}}
used: {type: aws:ec2:RouteTableAssociation, properties: {routeTableId: "${table.id}", subnetId: subnet-1}}
"""
LEARNED = """
learned:
  type: aws:ec2:VpnGatewayRoutePropagation
  properties: {vpnGatewayId: "${vpg.id}", routeTableId: "${table.id}"}
"""
INTERNET = """
gateway: {type: aws:ec2:InternetGateway, properties: {vpcId: "${vpc.id}"}}
out: {type: aws:ec2:Route, properties: {routeTableId: "${table.id}", gatewayId: "${gateway.id}"}}
"""
INLINE = ", routes: [{cidrBlock: 0.0.0.0/0, gatewayId: igw-1}]"
PROPAGATING = ', propagatingVgws: ["${vpg.id}"]'


@KNOWN
@pytest.mark.parametrize(
    ("text", "refused"),
    [
        (ROUTED % "", True),
        (ROUTED % "" + LEARNED, False),
        (ROUTED % PROPAGATING, False),
        (ROUTED % "" + INTERNET, False),
        (ROUTED % INLINE, False),
        ((ROUTED % "").replace("subnetId: subnet-1", "subnetId: subnet-1").split("used:")[0], False),
        (
            (ROUTED % "").replace("connection:", "other:").replace('${vpg.id}"}}\ntable', 'vgw-2"}}\ntable'),
            False,
        ),
    ],
    ids=[
        "forgotten",
        "propagation",
        "inline",
        "public",
        "public-inline",
        "without-subnet",
        "without-connection",
    ],
)
def test_private_route_tables_learn_the_sites(text: str, refused: bool, known: bool) -> None:
    assert bool(verdicts(text, known=known)) is refused


SITE = """
{name}:
  type: aws:ec2:CustomerGateway
  properties: {{ipAddress: {address}, tags: {{Location: berlin{critical}}}}}
{name}-vpn: {{type: aws:ec2:VpnConnection, properties: {{customerGatewayId: "${{{name}.id}}"}}}}
"""
CRITICAL = ', Critical: "true"'


@KNOWN
@pytest.mark.parametrize(
    ("addresses", "critical", "config", "refused"),
    [
        (["203.0.113.1"], "", None, False),
        (["203.0.113.1"], CRITICAL, None, True),
        (["203.0.113.1"], "", {"criticalLocations": ["berlin"]}, True),
        (["203.0.113.1", "203.0.113.2"], CRITICAL, None, False),
        (["203.0.113.1", "203.0.113.1"], CRITICAL, None, True),
        (["203.0.113.1", "203.0.113.2"], CRITICAL, {"routersPerLocation": 3}, True),
    ],
)
def test_critical_sites_have_two_routers(
    addresses: list[str], critical: str, config: object, refused: bool, known: bool
) -> None:
    text = "".join(
        SITE.format(name=f"r{i}", address=address, critical=critical) for i, address in enumerate(addresses)
    )
    assert bool(verdicts(text, known=known, config=config)) is refused
