"""An environment as it is deployed: what the stack's outputs say, where the stack file says it otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from operations.report.changes import differences
from operations.report.model import Environment, OpenVpnShape, SiteShape, Subnets

UNKNOWN = "not in the stack file"
"""Stands for what outputs do not tell, of a thing that the stack file does not have."""


def as_deployed(planned: Environment, outputs: Mapping[str, Any]) -> Environment:
    """The environment by its outputs; `pending` says what its stack file would change."""
    vpn: Mapping[str, Any] = outputs.get("hardwareVpn") or {}
    is_nat_pair = "nat" in outputs
    nat = "instances" if is_nat_pair else "none" if planned.nat == "instances" else planned.nat
    deployed = planned.model_copy(
        update={
            "cidr": outputs["network"]["cidr"],
            "zones": tuple(_zones(planned, outputs["network"])),
            "amazon_side_asn": vpn.get("amazonSideAsn"),
            "sites": tuple(_sites(planned, vpn.get("sites") or {})),
            "open_vpn": tuple(_open_vpn(planned, outputs.get("openVpn") or {})),
            "nat": nat,
            "nat_monitor_zones": planned.nat_monitor_zones if is_nat_pair else (),
        }
    )
    return deployed.model_copy(update={"pending": tuple(differences(deployed, planned))})


def _zones(planned: Environment, network: Mapping[str, Any]) -> Iterator[Subnets]:
    """Every zone that has subnets; their ranges are the stack file's, where it has the zone."""
    known = {zone.zone: zone for zone in planned.zones}
    for zone in sorted({*network["publicSubnetIds"], *network["privateSubnetIds"]}):
        yield known.get(zone) or Subnets(zone=zone, public=UNKNOWN, private=UNKNOWN)


def _sites(planned: Environment, sites: Mapping[str, Any]) -> Iterator[SiteShape]:
    known = {site.name: site for site in planned.sites}
    for name, site in sites.items():
        told: list[Any] = [tunnel.get("options") for tunnel in site.get("tunnels", ())]
        options: Mapping[str, Any] = told[0] if told and told[0] else {}
        shape = known.get(name) or SiteShape(
            name=name,
            location=UNKNOWN,
            public_ip=None,
            bgp_asn=None,
            lan_cidrs=(),
            ike_versions=(),
            startup_action="",
        )
        yield shape.model_copy(
            update={
                "lan_cidrs": tuple(site.get("lanCidrs", shape.lan_cidrs)),
                "ike_versions": tuple(options.get("ikeVersions", shape.ike_versions)),
                "startup_action": options.get("startupAction", shape.startup_action),
            }
        )


def _open_vpn(planned: Environment, tunnels: Mapping[str, Any]) -> Iterator[OpenVpnShape]:
    known = {tunnel.name: tunnel for tunnel in planned.open_vpn}
    for name in tunnels:
        yield known.get(name) or OpenVpnShape(
            name=name,
            client_pool=UNKNOWN,
            permitted=(),
            protocol="udp",
            port=0,
            offices=(),
            main_zone="?",
            standby_zone="?",
            monitor_zones=(),
        )
