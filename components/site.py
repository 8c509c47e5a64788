"""A site: what the hardware VPN connects, and what it then is."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pulumi

from components.adopted import AdoptedConnectionArgs
from components.vpn_tunnels import TunnelArgs


@dataclass(frozen=True, kw_only=True)
class SiteArgs:
    """A site's router and its two tunnels. With a BGP ASN routes are learned; else they are `lan_cidrs`."""

    name: str
    location: str
    critical: bool
    public_ip: IPv4Address | None
    certificate_arn: str | None
    device_name: str | None
    bgp_asn: int | None
    lan_cidrs: tuple[IPv4Network, ...]
    tunnels: tuple[TunnelArgs, TunnelArgs]
    adopted: AdoptedConnectionArgs | None = None


@dataclass(frozen=True, kw_only=True)
class ConnectedSite:
    """A site's VPN connection, and what the site's router needs to know of it, as it is deployed.

    `configuration` is AWS's customer gateway configuration, XML with the pre-shared keys: a secret.
    """

    customer_gateway_id: pulumi.Output[str]
    vpn_connection_id: pulumi.Output[str]
    routing: str
    outside_addresses: tuple[pulumi.Output[str], pulumi.Output[str]]
    inside_cidrs: tuple[pulumi.Output[str], pulumi.Output[str]]
    tunnel_options: tuple[pulumi.Output[dict[str, Any]], pulumi.Output[dict[str, Any]]]
    configuration: pulumi.Output[str]
