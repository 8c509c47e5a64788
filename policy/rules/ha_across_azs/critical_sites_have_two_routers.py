"""Critical locations have two customer gateways."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Annotated

from pulumi_policy import Severity
from pydantic import Field

from policy.facts import aws_types as aws
from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.references import vpn_guide
from policy.facts.resource import Found, Resource
from policy.facts.values import UNKNOWN
from policy.rules.rule import Level, Parameters, StackRule


class CriticalParameters(Parameters):
    """Which locations are critical, and what they need."""

    critical_locations: Annotated[
        tuple[str, ...], Field(description="locations (tag Location) that need two customer gateways")
    ] = ()
    routers_per_location: Annotated[
        int, Field(ge=2, le=8, description="customer gateways of a critical location at least")
    ] = 2


def _check(graph: Graph, parameters: CriticalParameters) -> Iterator[Finding]:
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
                "location is critical. Give Location and Critical as plain text.",
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
                f"a VPN connection; it needs {parameters.routers_per_location}, each with an address of "
                "its own.",
                resource=gateway,
            )


def _router(gateway: Resource) -> str:
    address = gateway.get("ipAddress")
    return address if isinstance(address, str) and address else gateway.identity


RULE = StackRule(
    name="critical-sites-have-two-routers",
    title="Critical sites have two routers",
    description="Critical locations have two customer gateways, each with a VPN connection and an address "
    "of its own.",
    level=Level.MANDATORY,
    severity=Severity.HIGH,
    references=(vpn_guide("Redundant connections", "vpn-redundant-connection.html"),),
    tags=("vpn", "availability"),
    risk="One broken router, or its upgrade, cuts a critical site off.",
    remediation="Add a second router with its own customer gateway and VPN connection.",
    check=_check,
    parameters=CriticalParameters,
    bad="""
            first:
              type: aws:ec2:CustomerGateway
              properties: {ipAddress: 203.0.113.1, tags: {Location: mill, Critical: "true"}}
            to-first: {type: aws:ec2:VpnConnection, properties: {customerGatewayId: "${first.id}"}}
            second:
              type: aws:ec2:CustomerGateway
              properties: {ipAddress: 203.0.113.1, tags: {Location: mill}}
            to-second: {type: aws:ec2:VpnConnection, properties: {customerGatewayId: "${second.id}"}}
        """,
    good="""
            first:
              type: aws:ec2:CustomerGateway
              properties: {ipAddress: 203.0.113.1, tags: {Location: mill, Critical: "true"}}
            to-first: {type: aws:ec2:VpnConnection, properties: {customerGatewayId: "${first.id}"}}
            second:
              type: aws:ec2:CustomerGateway
              properties: {ipAddress: 203.0.113.2, tags: {Location: mill}}
            to-second: {type: aws:ec2:VpnConnection, properties: {customerGatewayId: "${second.id}"}}
        """,
)
