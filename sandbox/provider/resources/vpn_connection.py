"""The VPN connection and its two tunnels.

Only options of the whole connection replace it; a tunnel's are changed by ModifyVpnTunnelOptions, tunnel 1
before tunnel 2, each as soon as the connection is available again, whether or not its tunnel is up by then.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.provider.arguments import given
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import identifier, ipv4_cidr, one_of
from sandbox.provider.resources.ec2 import Ec2Type
from sandbox.provider.resources.vpn_configuration import in_order, key_storage, peers
from sandbox.provider.resources.vpn_tunnel_options import (
    TUNNELS,
    tunnel_properties,
    tunnel_request,
    tunnel_state,
)
from sandbox.provider.table import Change, flag, text
from sandbox.provider.values import Values, part, parts

_AVAILABLE = {"Delay": 0.5, "MaxAttempts": 2400}
"""How a change is waited for: minutes on AWS."""


class VpnConnection(Ec2Type):
    """A VPN connection of a VPG to a customer gateway."""

    typename = "aws:ec2/vpnConnection:VpnConnection"
    creator = "CreateVpnConnection"
    tag_type = "vpn-connection"
    described = ("describe_vpn_connections", "VpnConnectionIds")
    properties = (
        text("type", "Type", required=True, force_new=True, rule=one_of("ipsec.1")),
        text("customerGatewayId", "CustomerGatewayId", required=True, rule=identifier("cgw")),
        text("vpnGatewayId", "VpnGatewayId", rule=identifier("vgw")),
        text("transitGatewayId", "TransitGatewayId", rule=identifier("tgw")),
        text(
            "presharedKeyStorage",
            "PreSharedKeyStorage",
            computed=True,
            rule=one_of("Standard", "SecretsManager"),
        ),
        flag("staticRoutesOnly", "Options.StaticRoutesOnly", computed=True, force_new=True),
        flag("enableAcceleration", "Options.EnableAcceleration", computed=True, force_new=True),
        text("tunnelInsideIpVersion", "Options.TunnelInsideIpVersion", computed=True, force_new=True),
        text(
            "outsideIpAddressType",
            "Options.OutsideIpAddressType",
            computed=True,
            rule=one_of("PublicIpv4", "PrivateIpv4"),
        ),
        text("localIpv4NetworkCidr", "Options.LocalIpv4NetworkCidr", computed=True, rule=ipv4_cidr()),
        text("remoteIpv4NetworkCidr", "Options.RemoteIpv4NetworkCidr", computed=True, rule=ipv4_cidr()),
        *(one for tunnel in TUNNELS for one in tunnel_properties(tunnel)),
    )
    outputs = (
        "arn",
        "customerGatewayConfiguration",
        "presharedKeyArn",
        "routes",
        "vgwTelemetries",
        "transitGatewayAttachmentId",
        "coreNetworkArn",
        "coreNetworkAttachmentArn",
        *(
            tunnel + name
            for tunnel in TUNNELS
            for name in ("Address", "BgpAsn", "BgpHoldtime", "CgwInsideAddress", "VgwInsideAddress")
        ),
    )
    secret_outputs = frozenset(
        ("customerGatewayConfiguration", *(f"{tunnel}PresharedKey" for tunnel in TUNNELS))
    )
    renewed = ("customerGatewayConfiguration", "presharedKeyArn", "vgwTelemetries")

    def problems(self, inputs: Values) -> Iterator[tuple[str, str]]:
        """One gateway on AWS's side, and margins that fit the lifetimes."""
        if ("vpnGatewayId" in inputs) == ("transitGatewayId" in inputs):
            yield "vpnGatewayId", "must be set, or transitGatewayId, and not both"
        for tunnel in TUNNELS:
            margin = inputs.get(f"{tunnel}RekeyMarginTimeSeconds")
            lifetime = inputs.get(f"{tunnel}Phase2LifetimeSeconds", 3600)
            if isinstance(margin, int) and isinstance(lifetime, int) and margin > lifetime // 2:
                yield (
                    f"{tunnel}RekeyMarginTimeSeconds",
                    f"must be at most half of the phase 2 lifetime: {lifetime // 2}, not {margin}",
                )

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the connection, with every option asked for."""
        request = self.request(inputs)
        options = request.setdefault("Options", {})
        options["TunnelOptions"] = [tunnel_request(tunnel, inputs) for tunnel in TUNNELS]
        return cloud.ec2.create_vpn_connection(**request)["VpnConnection"]["VpnConnectionId"]

    def settle(self, cloud: Cloud, ident: str, inputs: Values) -> None:
        """Wait until the connection is available, as the official provider does: not until a tunnel is up."""
        cloud.ec2.get_waiter("vpn_connection_available").wait(
            VpnConnectionIds=[ident], WaiterConfig=_AVAILABLE
        )

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The connection, its tunnels, and its configuration document."""
        found = self.describe(cloud, ident)
        if found is None:
            return None
        options: Values = part(found, "Options")
        ends = peers(found.get("CustomerGatewayConfiguration", ""))
        state: Values = {
            **self.tags_of(found),
            "arn": cloud.arn("ec2", f"vpn-connection/{ident}"),
            "type": found["Type"],
            "customerGatewayId": found["CustomerGatewayId"],
            "customerGatewayConfiguration": found.get("CustomerGatewayConfiguration", ""),
            "vpnGatewayId": found.get("VpnGatewayId", ""),
            "transitGatewayId": found.get("TransitGatewayId", ""),
            "presharedKeyArn": found.get("PreSharedKeyArn", ""),
            "presharedKeyStorage": key_storage(ends),
            "staticRoutesOnly": options.get("StaticRoutesOnly", False),
            "enableAcceleration": options.get("EnableAcceleration", False),
            "tunnelInsideIpVersion": options.get("TunnelInsideIpVersion", "ipv4"),
            "outsideIpAddressType": options.get("OutsideIpAddressType", "PublicIpv4"),
            "localIpv4NetworkCidr": options.get("LocalIpv4NetworkCidr", ""),
            "remoteIpv4NetworkCidr": options.get("RemoteIpv4NetworkCidr", ""),
            "transitGatewayAttachmentId": "",
            "coreNetworkArn": found.get("CoreNetworkArn", ""),
            "coreNetworkAttachmentArn": found.get("CoreNetworkAttachmentArn", ""),
            "routes": [_route(route) for route in parts(found, "Routes")],
            "vgwTelemetries": [_telemetry(one) for one in parts(found, "VgwTelemetry")],
        }
        described = {one["OutsideIpAddress"]: one for one in options.get("TunnelOptions") or ()}
        for tunnel, peer in zip(TUNNELS, in_order(ends, known), strict=False):
            state.update(tunnel_state(tunnel, described[peer["Address"]]))
            state.update({tunnel + name: value for name, value in peer.items()})
        return state

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Change the connection's ends, what it lets through, and its tunnels: each by its own operation."""
        ends = given(
            CustomerGatewayId=_changed(change, "customerGatewayId"),
            VpnGatewayId=_changed(change, "vpnGatewayId"),
            TransitGatewayId=_changed(change, "transitGatewayId"),
        )
        if ends:
            cloud.ec2.modify_vpn_connection(VpnConnectionId=ident, **ends)
            self.settle(cloud, ident, change.new)
        ranges = given(
            LocalIpv4NetworkCidr=_changed(change, "localIpv4NetworkCidr"),
            RemoteIpv4NetworkCidr=_changed(change, "remoteIpv4NetworkCidr"),
        )
        if ranges:
            cloud.ec2.modify_vpn_connection_options(VpnConnectionId=ident, **ranges)
            self.settle(cloud, ident, change.new)
        storage = given(PreSharedKeyStorage=_changed(change, "presharedKeyStorage"))
        for tunnel in TUNNELS:
            names = {name for name in change.names if name.startswith(tunnel)}
            if storage:
                names.add(f"{tunnel}PresharedKey")
            if names:
                changed = {name: change.new.get(name) for name in names}
                cloud.ec2.modify_vpn_tunnel_options(
                    VpnConnectionId=ident,
                    VpnTunnelOutsideIpAddress=change.old[f"{tunnel}Address"],
                    TunnelOptions=tunnel_request(tunnel, changed, modified=True),
                    **storage,
                )
                self.settle(cloud, ident, change.new)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the connection, and wait until its gateways are free."""
        cloud.ec2.delete_vpn_connection(VpnConnectionId=ident)
        cloud.ec2.get_waiter("vpn_connection_deleted").wait(
            VpnConnectionIds=[ident], WaiterConfig={"Delay": 2, "MaxAttempts": 600}
        )


def _changed(change: Change, name: str) -> Any:
    return change.new.get(name) if name in change.names else None


def _route(route: Values) -> Values:
    return {
        "destinationCidrBlock": route["DestinationCidrBlock"],
        "source": route.get("Source", ""),
        "state": route["State"],
    }


def _telemetry(one: Values) -> Values:
    changed = one.get("LastStatusChange")
    return {
        "acceptedRouteCount": one.get("AcceptedRouteCount", 0),
        "certificateArn": one.get("CertificateArn", ""),
        "lastStatusChange": changed.strftime("%Y-%m-%dT%H:%M:%SZ") if changed else "",
        "outsideIpAddress": one.get("OutsideIpAddress", ""),
        "status": one.get("Status", ""),
        "statusMessage": one.get("StatusMessage", ""),
    }
