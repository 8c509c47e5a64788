"""Rules about what goes on working when a server, a tunnel or an availability zone fails."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Annotated, Any

from pulumi_policy import Severity
from pydantic import Field

from policy.facts import aws_types as aws
from policy.facts.graph import Found, Graph, Resource, Target, Unresolved
from policy.facts.main_tables import associations_are_known, main_table, subnets_on_main_table, used_tables
from policy.facts.pairs import FLOATING_IP, PAIR_TAG, Pair, pairs, zone_of
from policy.facts.references import config_rule, security_hub, vpn_guide, well_architected
from policy.facts.routes import TABLES, MainTable, static_routes, table_named, vpc_of_table
from policy.facts.values import UNKNOWN, part
from policy.rules.gateways import attachments
from policy.rules.rule import Finding, Level, Parameters, Rule, StackRule

REDUNDANT = well_architected(
    "REL02-BP02", "reliability-pillar/rel_planning_network_topology_ha_conn_private_networks.html"
)


class AvailabilityParameters(Parameters):
    """How redundancy is recognised."""

    minimum_zones: Annotated[
        int, Field(ge=2, le=6, description="availability zones of a VPC's subnets at least")
    ] = 2
    pair_tag: Annotated[
        str,
        Field(
            description="the tag that joins two instances and their monitor's Auto Scaling group to a pair"
        ),
    ] = PAIR_TAG
    critical_locations: Annotated[
        tuple[str, ...], Field(description="locations (tag Location) that need two customer gateways")
    ] = ()
    routers_per_location: Annotated[
        int, Field(ge=2, le=8, description="customer gateways of a critical location at least")
    ] = 2


def _check_availability(graph: Graph, parameters: AvailabilityParameters) -> Iterator[Finding]:
    yield from _subnet_zones(graph, parameters.minimum_zones)
    for pair in pairs(graph, parameters.pair_tag):
        yield from _pair_zones(graph, pair)
        yield from _monitor_zones(graph, pair)
        yield from _stray_routes(graph, pair)
    yield from _propagation(graph)
    yield from _usable_tunnels(graph)
    yield from _critical_locations(graph, parameters)


def _subnet_zones(graph: Graph, minimum: int) -> Iterator[Finding]:
    by_vpc: dict[str, list[Resource]] = defaultdict(list)
    names: dict[str, Target] = {}
    for subnet in graph.of(aws.SUBNET):
        vpc = graph.target(subnet, "vpcId", aws.VPC, aws.DEFAULT_VPC)
        if isinstance(vpc, Found):
            by_vpc[vpc.identity].append(subnet)
            names[vpc.identity] = vpc
        elif isinstance(vpc, Unresolved):
            yield Finding(
                message=f"which VPC {subnet} is in cannot be known yet ({vpc.why}), so its zone cannot be "
                "counted. Pass the VPC's own id instead.",
                resource=subnet,
                undecided=True,
            )
    for identity, subnets in by_vpc.items():
        zones = [zone_of(graph, subnet) for subnet in subnets]
        known = {zone for zone in zones if zone}
        vpc = names[identity]
        if len(known) < minimum:
            yield Finding(
                message=f"the subnets of {vpc} are in {_listed(known)}; put them into {minimum} "
                "availability zones "
                "at least" + (", and set availabilityZone on each of them." if None in zones else "."),
                resource=vpc if isinstance(vpc, Resource) else subnets[0],
                undecided=len(known) + zones.count(None) >= minimum,
            )


def _pair_zones(graph: Graph, pair: Pair) -> Iterator[Finding]:
    if len(pair.servers) != 2 or None in pair.servers:
        yield Finding(
            message=f"{pair.name} has {len([s for s in pair.servers if s])} server, which nothing can "
            "stand in for; "
            "it needs a main and a standby."
            if len(pair.servers) < 2 or None in pair.servers
            else f"{pair.name} has {len(pair.servers)} servers; a pair is a main and a standby.",
            resource=pair.stated_by,
        )
        return
    zones = [zone_of(graph, server) for server in pair.servers]
    if None in zones:
        unknown = [_named(server) for server, zone in zip(pair.servers, zones, strict=True) if zone is None]
        yield Finding(
            message=f"the availability zone of {' and '.join(unknown)} of {pair.name} cannot be known yet; "
            "put each "
            "server into a subnet of this stack that sets availabilityZone.",
            resource=pair.stated_by,
            undecided=True,
        )
    elif zones[0] == zones[1]:
        yield Finding(
            message=f"both servers of {pair.name} are in {zones[0]}; put main and standby into two zones.",
            resource=pair.stated_by,
        )


def _monitor_zones(graph: Graph, pair: Pair) -> Iterator[Finding]:
    if not pair.monitor_subnets:
        yield Finding(
            message=f"nothing watches {pair.name}: give it a monitor in an Auto Scaling group.",
            resource=pair.stated_by,
        )
        return
    monitor = [zone_of(graph, subnet) for subnet in pair.monitor_subnets]
    known = {zone for zone in monitor if zone}
    servers = {zone for zone in (zone_of(graph, server) for server in pair.servers) if zone}
    if len(known) > 1 or known - servers:
        return
    if None in monitor:
        yield Finding(
            message=f"where the monitor of {pair.name} runs cannot be known yet; use subnets of this stack "
            "that set "
            "availabilityZone.",
            resource=pair.stated_by,
            undecided=True,
        )
    elif known:
        yield Finding(
            message=f"the monitor of {pair.name} runs in {_listed(known)} alone, together with one of the "
            "servers it "
            "watches; let its group use subnets of two zones, or of a third.",
            resource=pair.stated_by,
        )


def _stray_routes(graph: Graph, pair: Pair) -> Iterator[Finding]:
    """Routes to a server of a component's pair are the component's own, in tables that its monitor knows."""
    if pair.stated_by.type != FLOATING_IP:
        return
    own = {resource.urn for resource in graph.descendants(pair.stated_by.urn)}
    moved = graph.targets(pair.stated_by, "routeTableIds", *TABLES)
    for route in graph.of(aws.ROUTE):
        table = graph.target(route, "routeTableId", *TABLES)
        if _leads_to(graph, route, pair) and not (route.urn in own and _may_be_one_of(table, moved)):
            yield Finding(
                message=f"{route} leads to a server of {pair.name} and does not follow when the other one "
                "takes over; give its destination and its route table to the component.",
                resource=route,
            )


def _leads_to(graph: Graph, route: Resource, pair: Pair) -> bool:
    interface = route.get("networkInterfaceId")
    servers = [server for server in pair.servers if isinstance(server, Resource)]
    if interface is UNKNOWN:
        return graph.target(route, "networkInterfaceId", aws.INSTANCE) in servers
    return interface is not None and interface in [
        server.get("primaryNetworkInterfaceId") for server in servers
    ]


def _may_be_one_of(target: Target, others: list[Target]) -> bool:
    found = {other.identity for other in others if isinstance(other, Found)}
    return not isinstance(target, Found) or target.identity in found or len(found) < len(others)


def _propagation(graph: Graph) -> Iterator[Finding]:
    """Private route tables learn the VPG's routes. Private are those that no internet gateway is in."""
    gateways = _connected_gateways(graph)
    if not gateways:
        return
    learned, unsure = _learned(graph)
    public = _public_tables(graph)
    used = used_tables(graph)
    for table in graph.of(*TABLES):
        vpc = vpc_of_table(graph, table)
        if table.identity in public or not isinstance(vpc, Found) or table.identity not in used:
            continue
        for gateway in gateways.get(vpc.identity, []):
            if (table.identity, gateway.identity) not in learned:
                yield Finding(
                    message=f"{table} does not learn the routes of {gateway}, so its subnets cannot answer "
                    "the sites; add a VpnGatewayRoutePropagation.",
                    resource=table,
                    undecided=unsure,
                )
    yield from _main_tables(graph, gateways, learned | {(table, "") for table in public}, unsure=unsure)


def _main_tables(
    graph: Graph, gateways: dict[str, list[Found]], learned: set[tuple[str, str]], *, unsure: bool
) -> Iterator[Finding]:
    """Subnets that use a main route table for which the program has no resource."""
    for vpc, subnets in subnets_on_main_table(graph):
        table = main_table(graph, vpc)
        if isinstance(table, Resource):
            continue
        identity = table.identity if isinstance(table, Found | MainTable) else ""
        for gateway in gateways.get(vpc.identity, []):
            if not {(identity, gateway.identity), (identity, "")} & learned:
                yield Finding(
                    message=f"{_names(subnets)} of {vpc} have no route table of their own, and its main one "
                    f"does not learn the routes of {gateway}; give them one that does.",
                    resource=subnets[0],
                    undecided=unsure or not isinstance(table, MainTable) or not associations_are_known(graph),
                )


def _names(subnets: list[Resource]) -> str:
    return ", ".join(str(subnet) for subnet in subnets)


def _connected_gateways(graph: Graph) -> dict[str, list[Found]]:
    """The VPGs that have VPN connections, by the VPC they are on."""
    targets = [
        graph.target(connection, "vpnGatewayId", aws.VPG) for connection in graph.of(aws.VPN_CONNECTION)
    ]
    used = {target.identity for target in targets if isinstance(target, Found)}
    found: dict[str, dict[str, Found]] = defaultdict(dict)
    for attachment in attachments(graph):
        gateway, vpc = attachment.gateway, attachment.vpc
        if isinstance(gateway, Found) and isinstance(vpc, Found) and gateway.identity in used:
            found[vpc.identity][gateway.identity] = gateway
    return {vpc: list(gateways.values()) for vpc, gateways in found.items()}


def _learned(graph: Graph) -> tuple[set[tuple[str, str]], bool]:
    """Route tables with the VPG they learn from, and whether some propagations cannot be followed yet."""
    learned: set[tuple[str, str]] = set()
    unsure = False
    for propagation in graph.of(aws.VPG_PROPAGATION):
        table = table_named(graph, propagation, "routeTableId")
        gateway = graph.target(propagation, "vpnGatewayId", aws.VPG)
        if isinstance(table, Found | MainTable) and isinstance(gateway, Found):
            learned.add((table.identity, gateway.identity))
        unsure = unsure or isinstance(table, Unresolved) or isinstance(gateway, Unresolved)
    for table in graph.of(*TABLES):
        for gateway in graph.targets(table, "propagatingVgws", aws.VPG):
            if isinstance(gateway, Found):
                learned.add((table.identity, gateway.identity))
    return learned, unsure


def _public_tables(graph: Graph) -> set[str]:
    public: set[str] = set()
    for route in static_routes(graph):
        is_out = _is_internet(route.target(graph, "gatewayId", aws.INTERNET_GATEWAY))
        if isinstance(route.table, Found | MainTable) and is_out:
            public.add(route.table.identity)
    return public


def _is_internet(target: Target) -> bool:
    if isinstance(target, Resource):
        return target.type == aws.INTERNET_GATEWAY
    return isinstance(target, Found) and target.id.startswith("igw-")


def _usable_tunnels(graph: Graph) -> Iterator[Finding]:
    for connection in graph.of(aws.VPN_CONNECTION):
        gateway = graph.target(connection, "customerGatewayId", aws.CUSTOMER_GATEWAY)
        for tunnel in (1, 2):
            action = connection.get(f"tunnel{tunnel}DpdTimeoutAction")
            if action == "none":
                yield Finding(
                    message=f"tunnel {tunnel} of {connection} stays down once it was lost: "
                    f"tunnel{tunnel}DpdTimeoutAction should be restart or clear.",
                    resource=connection,
                )
            start = connection.get(f"tunnel{tunnel}StartupAction")
            if start == "start" and isinstance(gateway, Resource) and not gateway.get("ipAddress"):
                yield Finding(
                    message=f"tunnel {tunnel} of {connection} can never start: AWS does not know the "
                    "address of "
                    f"{gateway}. Set its ipAddress, or tunnel{tunnel}StartupAction: add.",
                    resource=connection,
                )


def _critical_locations(graph: Graph, parameters: AvailabilityParameters) -> Iterator[Finding]:
    connected = {
        target.identity
        for connection in graph.of(aws.VPN_CONNECTION)
        for target in [graph.target(connection, "customerGatewayId", aws.CUSTOMER_GATEWAY)]
        if isinstance(target, Found)
    }
    routers: dict[tuple[tuple[str, str], str], dict[str, Resource]] = defaultdict(dict)
    critical: dict[tuple[tuple[str, str], str], Resource | None] = {}
    for gateway in graph.of(aws.CUSTOMER_GATEWAY):
        tags = gateway.tags
        location = tags.get("Location") or tags.get("Site")
        if UNKNOWN in (location, tags.get("Critical")) or gateway.get("tags") is UNKNOWN:
            yield Finding(
                message=f"the tags of {gateway} are not known yet, so it cannot be told whether its "
                "location is "
                "critical. Give Location and Critical as plain text.",
                resource=gateway,
                undecided=True,
            )
        if not isinstance(location, str):
            continue
        place = (gateway.stack, location)
        if str(tags.get("Critical")).lower() == "true" or location in parameters.critical_locations:
            critical.setdefault(place, gateway)
        if gateway.identity in connected:
            routers[place].setdefault(_router(gateway), gateway)
    for place, gateway in critical.items():
        if len(routers[place]) < parameters.routers_per_location:
            yield Finding(
                message=f"the critical location {place[1]} has {len(routers[place])} customer gateway with "
                "a VPN "
                f"connection; it needs {parameters.routers_per_location}, each with an address of its own.",
                resource=gateway,
            )


def _router(gateway: Resource) -> str:
    address = gateway.get("ipAddress")
    return address if isinstance(address, str) and address else gateway.identity


def _check_telemetry(graph: Graph, _parameters: Parameters) -> Iterator[Finding]:
    for connection in graph.of(aws.VPN_CONNECTION):
        for item in connection.items("vgwTelemetries"):
            if part(item, "status") == "DOWN":
                yield Finding(
                    message=f"the tunnel of {connection} at {part(item, 'outsideIpAddress')} was down when "
                    "AWS "
                    "was last asked",
                    resource=connection,
                )


def _check_alarms(graph: Graph, _parameters: Parameters) -> Iterator[Finding]:
    watched: set[str] = set()
    unsure = False
    for alarm, key, dimensions in _tunnel_alarms(graph):
        for target in _watched(graph, alarm, key, dimensions):
            unsure = unsure or isinstance(target, Unresolved)
            if isinstance(target, Found):
                watched.add(target.identity)
    for connection in graph.of(aws.VPN_CONNECTION):
        addresses = {connection.get(f"tunnel{tunnel}Address") for tunnel in (1, 2)}
        if connection.identity not in watched and not addresses & watched:
            yield Finding(
                message=f"nobody hears when a tunnel of {connection} goes down; add an alarm on AWS/VPN "
                "TunnelState.",
                resource=connection,
                undecided=unsure,
            )


def _tunnel_alarms(graph: Graph) -> Iterator[tuple[Resource, str, Any]]:
    """Every metric on a tunnel's state in an alarm: the alarm, the property and the dimensions in it."""
    for alarm in graph.of(aws.METRIC_ALARM):
        queries = [part(query, "metric") for query in alarm.items("metricQueries")]
        for key, metric in [("dimensions", alarm.properties_plain), *(("metricQueries", q) for q in queries)]:
            if part(metric, "namespace") == "AWS/VPN" and part(metric, "metricName") == "TunnelState":
                yield alarm, key, part(metric, "dimensions")


def _watched(graph: Graph, alarm: Resource, key: str, dimensions: Any) -> list[Target]:
    """The connection, or the address of the tunnel, that dimensions name."""
    values = [part(dimensions, name) for name in ("VpnId", "TunnelIpAddress")]
    return [
        target for value in values for target in graph.candidates(alarm, key, value, (aws.VPN_CONNECTION,))
    ]


def _listed(zones: set[str]) -> str:
    return ", ".join(sorted(zones)) or "no zone that is known"


def _named(target: Target) -> str:
    return "a server" if target is None or isinstance(target, Unresolved) else str(target)


RULES: tuple[Rule, ...] = (
    StackRule(
        name="ha-across-azs",
        title="High availability across zones",
        description="Subnets, floating-IP pairs and their monitors span availability zones, routes to a pair "
        "follow its address, private route tables learn the VPG's routes, both tunnels can be used, and "
        "critical sites have two routers.",
        level=Level.MANDATORY,
        severity=Severity.CRITICAL,
        references=(
            REDUNDANT,
            security_hub("EC2.20"),
            vpn_guide("Redundant connections", "vpn-redundant-connection.html"),
        ),
        tags=("vpn", "availability"),
        remediation="Spread over two availability zones what the message names, or add what is missing.",
        parameters=AvailabilityParameters,
        check=_check_availability,
        bad="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
            first:
              type: aws:ec2:Subnet
              properties: {vpcId: "${vpc.id}", cidrBlock: 10.50.0.0/24, availabilityZone: eu-central-1a}
            second:
              type: aws:ec2:Subnet
              properties: {vpcId: "${vpc.id}", cidrBlock: 10.50.1.0/24, availabilityZone: eu-central-1a}
        """,
        good="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
            first:
              type: aws:ec2:Subnet
              properties: {vpcId: "${vpc.id}", cidrBlock: 10.50.0.0/24, availabilityZone: eu-central-1a}
            second:
              type: aws:ec2:Subnet
              properties: {vpcId: "${vpc.id}", cidrBlock: 10.50.1.0/24, availabilityZone: eu-central-1b}
        """,
    ),
    StackRule(
        name="vpn-tunnels-up",
        title="Both tunnels up",
        description="Both tunnels of a VPN connection were up when AWS was last asked (after a refresh).",
        level=Level.ADVISORY,
        severity=Severity.MEDIUM,
        references=(security_hub("EC2.20"), config_rule("vpc-vpn-2-tunnels-up")),
        tags=("vpn", "availability"),
        remediation="Configure the second tunnel on the site's router too; see the tunnel's log.",
        check=_check_telemetry,
        bad="""
            connection:
              type: aws:ec2:VpnConnection
              properties:
                type: ipsec.1
                customerGatewayId: cgw-0a1b2c3d
                vgwTelemetries:
                  - {outsideIpAddress: 198.51.100.1, status: UP}
                  - {outsideIpAddress: 198.51.100.2, status: DOWN}
        """,
        good="""
            connection:
              type: aws:ec2:VpnConnection
              properties:
                type: ipsec.1
                customerGatewayId: cgw-0a1b2c3d
                vgwTelemetries:
                  - {outsideIpAddress: 198.51.100.1, status: UP}
                  - {outsideIpAddress: 198.51.100.2, status: UP}
        """,
    ),
    StackRule(
        name="vpn-tunnel-alarm",
        title="Alarm on tunnels",
        description="Every VPN connection has an alarm on the state of its tunnels.",
        level=Level.ADVISORY,
        severity=Severity.MEDIUM,
        references=(vpn_guide("Monitor tunnels with CloudWatch", "monitoring-cloudwatch-vpn.html"),),
        tags=("vpn", "monitoring"),
        remediation="Add an aws.cloudwatch.MetricAlarm on AWS/VPN TunnelState with the connection as VpnId.",
        check=_check_alarms,
        bad="""
            connection:
              type: aws:ec2:VpnConnection
              properties: {type: ipsec.1, customerGatewayId: cgw-0a1b2c3d}
        """,
        good="""
            connection:
              type: aws:ec2:VpnConnection
              properties: {type: ipsec.1, customerGatewayId: cgw-0a1b2c3d}
            alarm:
              type: aws:cloudwatch:MetricAlarm
              properties:
                namespace: AWS/VPN
                metricName: TunnelState
                dimensions: {VpnId: "${connection.id}"}
                comparisonOperator: LessThanThreshold
                threshold: 1
                evaluationPeriods: 3
        """,
    ),
)
