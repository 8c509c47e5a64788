"""A VPC as other components use it, whether the program makes it or somebody else did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Protocol

import pulumi


class RouteTable(Protocol):
    """A route table: a resource of the program, or only what is known of one."""

    @property
    def id(self) -> pulumi.Output[str]:
        """Its id."""
        ...

    @property
    def arn(self) -> pulumi.Output[str]:
        """Its ARN."""
        ...


@dataclass(frozen=True, kw_only=True)
class Vpc:
    """A VPC with its blocks, the primary one first, its subnets by zone, and its route tables by part.

    `site_tables` learn the routes to sites, `client_tables` get those to clients and offices, and
    `private_tables` belong to subnets without a way to the internet of their own: their default route may be
    NAT's. A part (`private-a`, or an id) tells the table in names. Hosts wait for `internet_access`. NAT
    gateways of the program's own are by part, too (`nat-a`).
    """

    id: pulumi.Output[str]
    cidrs: tuple[IPv4Network, ...]
    public_subnet_ids: Mapping[str, pulumi.Output[str]]
    private_subnet_ids: Mapping[str, pulumi.Output[str]]
    site_tables: Mapping[str, RouteTable]
    client_tables: Mapping[str, RouteTable]
    private_tables: Mapping[str, RouteTable]
    internet_access: Sequence[pulumi.Resource] = ()
    nat_gateway_ids: Mapping[str, pulumi.Output[str]] = field(default_factory=dict[str, pulumi.Output[str]])
