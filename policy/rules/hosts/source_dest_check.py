"""The source/destination check is off exactly where forwarding is meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pulumi_policy import Severity
from pydantic import Field

from policy.facts import aws_types as aws
from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.interfaces import interfaces_of
from policy.facts.pairs import PAIR_TAG, forwards_in_pair
from policy.facts.references import config_rule, security_hub
from policy.facts.resource import Resource, Unresolved
from policy.facts.routes import static_routes
from policy.facts.values import UNKNOWN
from policy.rules.rule import Level, Parameters, StackRule


class ForwardingParameters(Parameters):
    """How a pair of forwarding instances is recognised."""

    pair_tag: Annotated[str, Field(description="the tag that joins two instances to a pair")] = PAIR_TAG


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


RULE = StackRule(
    name="source-dest-check",
    title="Source/destination check",
    description="The source/destination check is off exactly where forwarding is meant.",
    level=Level.MANDATORY,
    severity=Severity.MEDIUM,
    references=(config_rule("ec2-enis-source-destination-check-enabled"), security_hub("EC2.180")),
    tags=("host", "routing"),
    risk="A forwarding host drops all traffic, or a host that should not can send with foreign addresses.",
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
)
