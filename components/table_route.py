"""A route table's one route to a destination, whoever is behind it.

A table takes no second route to a destination (CreateRoute, RouteAlreadyExists), so one that gets another
owner (NAT instances instead of gateways, a tunnel that was renamed, an office that another tunnel serves now)
must be the same resource to Pulumi: it is told by what AWS tells it by, and the old one goes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from components.vpc import RouteTable

INTERNET = IPv4Network("0.0.0.0/0")
WAYS_OUT = ("aws-vpn:network:Network", "aws-vpn:nat:NatInstances$aws-vpn:failover:FloatingIp")
"""The components, by their place in a URN, whose child a default route is: of NAT gateways and instances."""


def through_gateway(
    part: str, table: RouteTable, gateway: aws.ec2.NatGateway, parent: pulumi.Resource
) -> aws.ec2.Route:
    """The default route of a private table through a NAT gateway."""
    return aws.ec2.Route(
        f"{part}-{INTERNET}",
        route_table_id=table.id,
        destination_cidr_block=str(INTERNET),
        nat_gateway_id=gateway.id,
        opts=_options(part, INTERNET, "gateways", parent, f"network-nat-{part[-1]}"),
    )


def through_servers(
    part: str,
    table: RouteTable,
    destination: IPv4Network,
    main: aws.ec2.Instance,
    owner: str,
    parent: pulumi.Resource,
) -> aws.ec2.Route:
    """A route to main when it is made; from then on it is the monitor's, and no update moves it back."""
    return aws.ec2.Route(
        f"{part}-{destination}",
        route_table_id=table.id,
        destination_cidr_block=str(destination),
        network_interface_id=main.primary_network_interface_id,
        opts=_options(
            part,
            destination,
            owner,
            parent,
            f"{owner}-{part}-{destination}",
            ignored=("networkInterfaceId", "natGatewayId"),
        ),
    )


def _options(
    part: str,
    destination: IPv4Network,
    owner: str,
    parent: pulumi.Resource,
    once: str,
    ignored: Sequence[str] = (),
) -> pulumi.ResourceOptions:
    """Targets that are ignored as long as the owner is the same; a new one's replacement heeds all inputs.

    `once` is the name that the route had when it was told by its owner.
    """
    holders = WAYS_OUT if destination == INTERNET else ()
    return pulumi.ResourceOptions(
        parent=parent,
        aliases=[
            pulumi.Alias(name=once),
            *(
                pulumi.create_urn(f"{part}-{destination}", f"{holder}$aws:ec2/route:Route")
                for holder in holders
            ),
        ],
        ignore_changes=list(ignored),
        replacement_trigger=owner,
        delete_before_replace=True,
    )
