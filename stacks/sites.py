"""A site of the stack file: what the hardware VPN gets of it, and what the stack tells of it."""

from __future__ import annotations

from typing import Any

from components.adopted import AdoptedConnectionArgs, AdoptedVpgArgs
from components.site import ConnectedSite, SiteArgs
from components.vpn_tunnels import TunnelArgs
from stacks.sections.adopted import AdoptedConnection, AdoptedVpg
from stacks.sections.hardware_vpn import HardwareVpnSettings, Site


def site_args(vpn: HardwareVpnSettings, site: Site) -> SiteArgs:
    """What the hardware VPN makes of a site: its router, and both tunnels with all their options."""
    first, second = (
        TunnelArgs(options=options, inside_cidr=own.inside_cidr, preshared_key=own.preshared_key)
        for options, own in zip(vpn.tunnel_options(site), site.tunnels, strict=True)
    )
    return SiteArgs(
        name=site.name,
        location=site.place,
        critical=site.place in vpn.critical_locations,
        public_ip=site.public_ip,
        certificate_arn=site.certificate_arn,
        device_name=site.device_name,
        bgp_asn=site.bgp_asn,
        lan_cidrs=site.lan_cidrs,
        tunnels=(first, second),
        adopted=site.adopted and _adopted_connection(site.adopted),
    )


def adopted_vpg(adopted: AdoptedVpg) -> AdoptedVpgArgs:
    """The VPG that was there before, and what of it stays as it is."""
    return AdoptedVpgArgs(
        vpg_id=adopted.vpg_id,
        keeps_tags="tags" in adopted.keep,
        keeps_logs="logs" in adopted.keep,
        keeps_alarms="alarms" in adopted.keep,
    )


def _adopted_connection(adopted: AdoptedConnection) -> AdoptedConnectionArgs:
    return AdoptedConnectionArgs(
        vpn_connection_id=adopted.vpn_connection_id,
        customer_gateway_id=adopted.customer_gateway_id,
        shared_gateway=adopted.shared_gateway,
        kept_tunnels=tuple(int(kept.removeprefix("tunnel")) for kept in adopted.keep),
        static_routes=adopted.static_routes,
    )


def site_export(site: Site, made: ConnectedSite) -> dict[str, Any]:
    """All that a router's configuration is made of, but the keys: `onprem` never looks at the stack file."""
    return {
        "vpnConnectionId": made.vpn_connection_id,
        "customerGatewayId": made.customer_gateway_id,
        "routing": made.routing,
        "hasCertificate": site.certificate_arn is not None,
        "lanCidrs": [str(cidr) for cidr in site.lan_cidrs],
        "tunnels": [
            {"outsideAddress": address, "insideCidr": cidr, "options": options}
            for address, cidr, options in zip(
                made.outside_addresses, made.inside_cidrs, made.tunnel_options, strict=True
            )
        ],
    }
