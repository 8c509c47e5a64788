"""Rules about running an environment: routing, forwarding, logs, tags, protection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pulumi_policy import Severity
from pydantic import Field

from policy.facts import aws_types as aws
from policy.facts.graph import Found, Graph, Resource, Target, Unresolved
from policy.facts.interfaces import interfaces_of
from policy.facts.pairs import PAIR_TAG, forwards_in_pair
from policy.facts.references import NIST_VERSION, config_rule, security_hub, vpn_guide, well_architected
from policy.facts.routes import static_routes
from policy.facts.transit_routes import transit_routes
from policy.facts.values import UNKNOWN
from policy.rules.rule import Finding, Level, Parameters, ResourceParameters, ResourceRule, Rule, StackRule

TAGGABLE = frozenset(
    {
        aws.VPC, aws.SUBNET, aws.INTERNET_GATEWAY, aws.ROUTE_TABLE, aws.FLOW_LOG, aws.NAT_GATEWAY,
        aws.VPG, aws.CUSTOMER_GATEWAY, aws.VPN_CONNECTION, aws.INSTANCE, aws.LAUNCH_TEMPLATE,
        aws.NETWORK_INTERFACE, aws.ELASTIC_IP, aws.SECURITY_GROUP, aws.IAM_ROLE, aws.LOG_GROUP,
        aws.METRIC_ALARM, aws.SNS_TOPIC, aws.SECRET, aws.PARAMETER,
    }
)  # fmt: skip


class ForwardingParameters(Parameters):
    """How a pair of forwarding instances is recognised."""

    pair_tag: Annotated[str, Field(description="the tag that joins two instances to a pair")] = PAIR_TAG


class TagParameters(ResourceParameters):
    """Which tags everything has."""

    required: Annotated[tuple[str, ...], Field(description="tags that every resource needs")] = (
        "Project", "Environment", "Owner", "CostCenter",
    )  # fmt: skip


class ProtectionParameters(ResourceParameters):
    """Where deletion is refused."""

    environments: Annotated[
        tuple[str, ...], Field(description="stacks, or values of the Environment tag, that are production")
    ] = ("prod", "production")


def _check_routing(graph: Graph, _parameters: Parameters) -> Iterator[Finding]:
    routed, unsure = _routed(graph)
    by_transit = {connection.identity for _, connection in transit_routes(graph)}
    for connection in graph.of(aws.VPN_CONNECTION):
        static = connection.get("staticRoutesOnly")
        has_routes = connection.identity in routed
        transit = _transit_gateway(graph, connection)
        if static is UNKNOWN and not connection.is_computed("staticRoutesOnly"):
            message = (
                f"whether {connection} is static is not known yet; give staticRoutesOnly as a plain value."
            )
            yield Finding(message=message, resource=connection, undecided=True)
        elif static is True and transit is not None:
            if connection.identity not in by_transit:
                yield _without_transit_route(connection, transit)
        elif static is True and not has_routes:
            yield Finding(
                message=f"{connection} is static and has no route, so AWS sends the site nothing; add a "
                "VpnConnectionRoute for each LAN, or use BGP.",
                resource=connection,
                undecided=unsure,
            )
        elif static is not True and has_routes:
            message = (
                f"{connection} uses BGP and has static routes too, which AWS refuses; set "
                "staticRoutesOnly: true."
            )
            yield Finding(message=message, resource=connection)


def _transit_gateway(graph: Graph, connection: Resource) -> Target:
    return graph.target(connection, "transitGatewayId", aws.TRANSIT_GATEWAY)


def _without_transit_route(connection: Resource, transit: Target) -> Finding:
    """Of a transit gateway of another program it cannot be told which routes it has."""
    return Finding(
        message=f"{connection} is static and no route of its transit gateway leads to it; add an "
        "aws.ec2transitgateway.Route to its attachment for each LAN, or use BGP.",
        resource=connection,
        undecided=not isinstance(transit, Resource),
    )


def _routed(graph: Graph) -> tuple[set[str], bool]:
    targets = [
        graph.target(route, "vpnConnectionId", aws.VPN_CONNECTION)
        for route in graph.of(aws.VPN_CONNECTION_ROUTE)
    ]
    known = {target.identity for target in targets if isinstance(target, Found)}
    return known, any(not isinstance(target, Found) for target in targets)


def _check_forwarding(graph: Graph, parameters: ForwardingParameters) -> Iterator[Finding]:
    led_to, unsure = _route_targets(graph)
    forwarding = led_to | forwards_in_pair(graph, parameters.pair_tag)
    for host in graph.of(aws.INSTANCE, aws.NETWORK_INTERFACE):
        if host.type == aws.INSTANCE and interfaces_of(graph, host):
            continue
        check = host.get("sourceDestCheck")
        meant = host.identity in forwarding
        if check is UNKNOWN and not host.is_computed("sourceDestCheck"):
            message = f"sourceDestCheck of {host} is not known yet; give it as a plain value."
            yield Finding(message=message, resource=host, undecided=True)
        elif meant and check is not False:
            message = f"routes lead to {host}, but it drops what is not its own; set sourceDestCheck: false."
            yield Finding(message=message, resource=host)
        elif not meant and check is False:
            message = f"{host} may forward, but no route leads to it; leave sourceDestCheck out."
            yield Finding(message=message, resource=host, undecided=unsure)


def _route_targets(graph: Graph) -> tuple[set[str], bool]:
    """Instances and interfaces that routes lead to, by identity, and whether some routes cannot be followed.

    Of an instance with interfaces of its own it is these that forward.
    """
    found: set[str] = set()
    unsure = False
    for route in static_routes(graph):
        for key in ("networkInterfaceId", "instanceId"):
            targets = route.targets(graph, key, aws.INSTANCE, aws.NETWORK_INTERFACE)
            unsure = unsure or any(isinstance(target, Unresolved) for target in targets)
            for target in (
                *targets,
                graph.holding("primaryNetworkInterfaceId", route.get(key), aws.INSTANCE),
            ):
                if isinstance(target, Resource):
                    found.add(target.identity)
                    found |= {interface.identity for interface in interfaces_of(graph, target)}
    return found, unsure


def _check_flow_logs(graph: Graph, _parameters: Parameters) -> Iterator[Finding]:
    targets = [graph.target(log, "vpcId", aws.VPC, aws.DEFAULT_VPC) for log in graph.of(aws.FLOW_LOG)]
    logged = {target.identity for target in targets if isinstance(target, Found)}
    for vpc in graph.of(aws.VPC, aws.DEFAULT_VPC):
        if vpc.identity not in logged:
            message = f"{vpc} has no flow log; add an aws.ec2.FlowLog with its id."
            unsure = any(target is not None and not isinstance(target, Found) for target in targets)
            yield Finding(message=message, resource=vpc, undecided=unsure)


def _check_retention(group: Resource, _parameters: Any) -> Iterator[Finding]:
    value = group.get("retentionInDays")
    if value is UNKNOWN:
        yield Finding(message="retentionInDays is not known yet", resource=group, undecided=True)
    elif not value:
        message = "retentionInDays is not set, so the log is kept, and paid for, for ever"
        yield Finding(message=message, resource=group)


def _check_tags(resource: Resource, parameters: TagParameters) -> Iterator[Finding]:
    if resource.get("tags") is UNKNOWN:
        yield Finding(message="tags are not known yet", resource=resource, undecided=True)
        return
    tags = resource.tags
    missing = [tag for tag in parameters.required if tags.get(tag) in (None, "")]
    unknown = [tag for tag in parameters.required if tags.get(tag) is UNKNOWN]
    if missing:
        yield Finding(message=f"the tag {', '.join(missing)} is missing", resource=resource)
    if unknown:
        message = f"the tag {', '.join(unknown)} is not known yet"
        yield Finding(message=message, resource=resource, undecided=True)


def _check_protection(resource: Resource, parameters: ProtectionParameters) -> Iterator[Finding]:
    environment = resource.tags.get("Environment")
    production = resource.stack[1] in parameters.environments or environment in parameters.environments
    if resource.protect:
        return
    if production:
        message = "a mistake in the program could delete it; set protect=True in its resource options"
        yield Finding(message=message, resource=resource)
    elif UNKNOWN in (environment, resource.get("tags")):
        message = "whether it is production is not known yet, as the Environment tag is not"
        yield Finding(message=message, resource=resource, undecided=True)


_TAGS = "tags: {Project: aws-vpn, Environment: dev, Owner: platform"

RULES: tuple[Rule, ...] = (
    StackRule(
        name="vpn-routing",
        title="Static routes or BGP",
        description="A VPN connection either learns its routes over BGP or has static routes; never neither.",
        level=Level.MANDATORY,
        severity=Severity.HIGH,
        references=(vpn_guide("Static and dynamic routing", "vpn-static-dynamic.html"),),
        tags=("vpn", "routing"),
        remediation="Add a VpnConnectionRoute for each LAN of a static connection, and none to a BGP "
        "connection.",
        check=_check_routing,
        bad="""
            connection:
              type: aws:ec2:VpnConnection
              properties: {type: ipsec.1, customerGatewayId: cgw-0a1b2c3d, staticRoutesOnly: true}
        """,
        good="""
            connection:
              type: aws:ec2:VpnConnection
              properties: {type: ipsec.1, customerGatewayId: cgw-0a1b2c3d, staticRoutesOnly: true}
            lan:
              type: aws:ec2:VpnConnectionRoute
              properties: {vpnConnectionId: "${connection.id}", destinationCidrBlock: 192.168.240.0/24}
        """,
    ),
    StackRule(
        name="source-dest-check",
        title="Source/destination check",
        description="The source/destination check is off exactly where forwarding is meant.",
        level=Level.MANDATORY,
        severity=Severity.MEDIUM,
        references=(config_rule("ec2-enis-source-destination-check-enabled"), security_hub("EC2.180")),
        tags=("host", "routing"),
        remediation="Set sourceDestCheck: false on instances that routes lead to, and on no other.",
        parameters=ForwardingParameters,
        check=_check_forwarding,
        bad="""
            server: {type: aws:ec2:Instance, properties: {ami: ami-0a1b2c3d, sourceDestCheck: false}}
        """,
        good="""
            server: {type: aws:ec2:Instance, properties: {ami: ami-0a1b2c3d, sourceDestCheck: false}}
            clients:
              type: aws:ec2:Route
              properties:
                routeTableId: rtb-0a1b2c3d
                destinationCidrBlock: 172.31.250.0/24
                networkInterfaceId: "${server.primaryNetworkInterfaceId}"
        """,
    ),
    StackRule(
        name="vpc-flow-logs",
        title="VPC flow logs",
        description="Every VPC has a flow log.",
        level=Level.ADVISORY,
        severity=Severity.MEDIUM,
        references=(security_hub("EC2.6"), config_rule("vpc-flow-logs-enabled")),
        tags=("network", "logging"),
        remediation="Add an aws.ec2.FlowLog with the VPC's id.",
        check=_check_flow_logs,
        bad="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
        """,
        good="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
            log:
              type: aws:ec2:FlowLog
              properties: {vpcId: "${vpc.id}", trafficType: ALL, logDestination: "arn:aws:s3:::flow-logs"}
        """,
    ),
    ResourceRule(
        name="log-retention",
        title="Log retention",
        description="Log groups say how long they keep their events.",
        level=Level.ADVISORY,
        severity=Severity.LOW,
        references=(
            security_hub("CloudWatch.16", NIST_VERSION),
            config_rule("cw-loggroup-retention-period-check"),
        ),
        tags=("logging", "cost"),
        remediation="Set retentionInDays.",
        types=frozenset({aws.LOG_GROUP}),
        check=_check_retention,
        bad="""
            logs: {type: aws:cloudwatch:LogGroup, properties: {name: /vpn/tunnels}}
        """,
        good="""
            logs: {type: aws:cloudwatch:LogGroup, properties: {name: /vpn/tunnels, retentionInDays: 30}}
        """,
    ),
    ResourceRule(
        name="required-tags",
        title="Required tags",
        description="Resources say what they belong to, who owns them and who pays.",
        level=Level.ADVISORY,
        severity=Severity.LOW,
        references=(
            config_rule("required-tags"),
            well_architected(
                "COST03-BP02", "cost-optimization-pillar/cost_monitor_usage_org_information.html"
            ),
        ),
        tags=("tags", "cost"),
        remediation="Set the tags on the resource, or as the provider's default tags.",
        types=TAGGABLE,
        parameters=TagParameters,
        check=_check_tags,
        bad=f"""
            vpg: {{type: aws:ec2:VpnGateway, properties: {{{_TAGS}}}}}}}
        """,
        good=f"""
            vpg: {{type: aws:ec2:VpnGateway, properties: {{{_TAGS}, CostCenter: "1000"}}}}}}
        """,
    ),
    ResourceRule(
        name="deletion-protection",
        title="Protected from deletion in production",
        description="In production the VPG and the VPN connections are protected: making them again means "
        "new "
        "addresses and keys at every site.",
        level=Level.MANDATORY,
        severity=Severity.HIGH,
        references=(
            well_architected(
                "OPS06-BP01",
                "operational-excellence-pillar/ops_mit_deploy_risks_plan_for_unsucessful_changes.html",
            ),
        ),
        tags=("availability", "production"),
        remediation="Set protect=True in the resource's options.",
        types=frozenset({aws.VPG, aws.VPN_CONNECTION}),
        parameters=ProtectionParameters,
        check=_check_protection,
        bad="""
            vpg: {type: aws:ec2:VpnGateway, properties: {tags: {Environment: prod}}}
        """,
        good="""
            vpg:
              type: aws:ec2:VpnGateway
              properties: {tags: {Environment: prod}}
              options: {protect: true}
        """,
    ),
)
