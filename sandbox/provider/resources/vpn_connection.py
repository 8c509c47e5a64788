"""The VPN connection and its two tunnels.

Properties of a tunnel carry its number: `tunnel1PresharedKey` is the first tunnel's. Ranges and values are
those of "Tunnel options for your AWS Site-to-Site VPN connection". Only options of the whole
connection replace it; a tunnel's are changed by ModifyVpnTunnelOptions, tunnel 1 before tunnel 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from defusedxml import ElementTree

from sandbox.provider.arguments import given
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import arn, between, identifier, ipv4_cidr, matching, one_of
from sandbox.provider.resources.ec2 import Ec2Type
from sandbox.provider.table import Change, Property, Rule, block, flag, number, numbers, strings, text
from sandbox.provider.values import Values, part, parts

_TUNNELS = ("tunnel1", "tunnel2")
_REDACTED = "REDACTED"
"""What the configuration document has in place of a key that is in Secrets Manager."""


@dataclass(frozen=True)
class Option:
    """One option of a tunnel: its name, and what requests and descriptions call it."""

    name: str
    request: str
    description: str
    rule: Rule
    default: Any = None
    """What AWS does when nothing is asked for, as the official provider has it; of lists, every value."""


def _listed(name: str, request: str, allowed: tuple[str | int, ...], description: str = "") -> Option:
    return Option(name, request, description or request, one_of(*allowed), allowed)


_ENCRYPTION = ("AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16")
_INTEGRITY = ("SHA1", "SHA2-256", "SHA2-384", "SHA2-512")

_OPTIONS = (
    Option(
        "DpdTimeoutAction",
        "DPDTimeoutAction",
        "DpdTimeoutAction",
        one_of("clear", "none", "restart"),
        "clear",
    ),
    Option("DpdTimeoutSeconds", "DPDTimeoutSeconds", "DpdTimeoutSeconds", between(30, 2**31 - 1), 30),
    Option("StartupAction", "StartupAction", "StartupAction", one_of("add", "start"), "add"),
    Option(
        "Phase1LifetimeSeconds", "Phase1LifetimeSeconds", "Phase1LifetimeSeconds", between(900, 28800), 28800
    ),
    Option(
        "Phase2LifetimeSeconds", "Phase2LifetimeSeconds", "Phase2LifetimeSeconds", between(900, 3600), 3600
    ),
    Option(
        "RekeyMarginTimeSeconds", "RekeyMarginTimeSeconds", "RekeyMarginTimeSeconds", between(60, 1800), 540
    ),
    Option("RekeyFuzzPercentage", "RekeyFuzzPercentage", "RekeyFuzzPercentage", between(0, 100), 100),
    Option("ReplayWindowSize", "ReplayWindowSize", "ReplayWindowSize", between(64, 2048), 1024),
)

_LISTS = (
    _listed("IkeVersions", "IKEVersions", ("ikev1", "ikev2"), "IkeVersions"),
    _listed("Phase1EncryptionAlgorithms", "Phase1EncryptionAlgorithms", _ENCRYPTION),
    _listed("Phase1IntegrityAlgorithms", "Phase1IntegrityAlgorithms", _INTEGRITY),
    _listed("Phase1DhGroupNumbers", "Phase1DHGroupNumbers", (2, *range(14, 25))),
    _listed("Phase2EncryptionAlgorithms", "Phase2EncryptionAlgorithms", _ENCRYPTION),
    _listed("Phase2IntegrityAlgorithms", "Phase2IntegrityAlgorithms", _INTEGRITY),
    _listed("Phase2DhGroupNumbers", "Phase2DHGroupNumbers", (2, 5, *range(14, 25))),
)

_RESERVED_INSIDE = frozenset(f"169.254.{third}.0/30" for third in range(6)) | frozenset(
    ("169.254.169.252/30",)
)


def inside_cidr(value: Any) -> str | None:
    """A tunnel's inside CIDR: a /30 of 169.254.0.0/16 that AWS does not keep for itself."""
    inside = ipv4_cidr(30, 30)(value) is None and str(value).startswith("169.254.")
    return (
        None
        if inside and value not in _RESERVED_INSIDE
        else "a /30 block in 169.254.0.0/16 that AWS does not reserve"
    )


_key = matching(
    r"[1-9A-Za-z._][0-9A-Za-z._]{7,63}", "8 to 64 letters, digits, '.' and '_', the first of them not a zero"
)


def _tunnel_properties(tunnel: str) -> Iterator[Property]:
    yield text(f"{tunnel}InsideCidr", computed=True, rule=inside_cidr)
    yield text(f"{tunnel}PresharedKey", computed=True, secret=True, rule=_key)
    yield flag(f"{tunnel}EnableTunnelLifecycleControl")
    for option in _OPTIONS:
        kind = text if isinstance(option.default, str) else number
        yield kind(tunnel + option.name, rule=option.rule, implied=option.default)
    for option in _LISTS:
        kind = numbers if option.name.endswith("Numbers") else strings
        yield kind(tunnel + option.name, rule=option.rule, implied=list(option.default))
    logs = block(
        "cloudwatchLogOptions",
        flag("logEnabled"),
        text("logGroupArn", rule=arn("logs", "log-group:.+")),
        text("logOutputFormat", rule=one_of("json", "text")),
        flag("bgpLogEnabled"),
        text("bgpLogGroupArn", rule=arn("logs", "log-group:.+")),
        text("bgpLogOutputFormat", rule=one_of("json", "text")),
        computed=True,
    )
    yield block(f"{tunnel}LogOptions", logs, computed=True)


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
        *(one for tunnel in _TUNNELS for one in _tunnel_properties(tunnel)),
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
            for tunnel in _TUNNELS
            for name in ("Address", "BgpAsn", "BgpHoldtime", "CgwInsideAddress", "VgwInsideAddress")
        ),
    )
    secret_outputs = frozenset(
        ("customerGatewayConfiguration", *(f"{tunnel}PresharedKey" for tunnel in _TUNNELS))
    )
    renewed = ("customerGatewayConfiguration", "presharedKeyArn", "vgwTelemetries")

    def problems(self, inputs: Values) -> Iterator[tuple[str, str]]:
        """One gateway on AWS's side, and margins that fit the lifetimes."""
        if ("vpnGatewayId" in inputs) == ("transitGatewayId" in inputs):
            yield "vpnGatewayId", "must be set, or transitGatewayId, and not both"
        for tunnel in _TUNNELS:
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
        options["TunnelOptions"] = [_tunnel_request(tunnel, inputs) for tunnel in _TUNNELS]
        return cloud.ec2.create_vpn_connection(**request)["VpnConnection"]["VpnConnectionId"]

    def settle(self, cloud: Cloud, ident: str, inputs: Values) -> None:
        """Wait until the tunnels can be used: minutes on AWS."""
        cloud.ec2.get_waiter("vpn_connection_available").wait(
            VpnConnectionIds=[ident], WaiterConfig={"Delay": 2, "MaxAttempts": 600}
        )

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The connection, its tunnels, and its configuration document."""
        found = self.describe(cloud, ident)
        if found is None:
            return None
        options: Values = part(found, "Options")
        peers = _peers(found.get("CustomerGatewayConfiguration", ""))
        state: Values = {
            **self.tags_of(found),
            "arn": cloud.arn("ec2", f"vpn-connection/{ident}"),
            "type": found["Type"],
            "customerGatewayId": found["CustomerGatewayId"],
            "customerGatewayConfiguration": found.get("CustomerGatewayConfiguration", ""),
            "vpnGatewayId": found.get("VpnGatewayId", ""),
            "transitGatewayId": found.get("TransitGatewayId", ""),
            "presharedKeyArn": found.get("PreSharedKeyArn", ""),
            "presharedKeyStorage": _key_storage(peers),
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
        for tunnel, peer in zip(_TUNNELS, _in_order(peers, known), strict=False):
            state.update(_tunnel_state(tunnel, described[peer["Address"]]))
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
        for tunnel in _TUNNELS:
            names = {name for name in change.names if name.startswith(tunnel)}
            if storage:
                names.add(f"{tunnel}PresharedKey")
            if names:
                changed = {name: change.new.get(name) for name in names}
                cloud.ec2.modify_vpn_tunnel_options(
                    VpnConnectionId=ident,
                    VpnTunnelOutsideIpAddress=change.old[f"{tunnel}Address"],
                    TunnelOptions=_tunnel_request(tunnel, changed, modified=True),
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


def _tunnel_request(tunnel: str, inputs: Values, *, modified: bool = False) -> Values:
    """A tunnel's options for a request: no zeros, and when `modified` AWS's value for what is not given."""
    request: Values = {}
    for option in (*_OPTIONS, *_LISTS):
        name = tunnel + option.name
        value = inputs.get(name) or (option.default if modified and name in inputs else None)
        if value:
            request[option.request] = [{"Value": one} for one in value] if option in _LISTS else value
    lifecycle = inputs.get(f"{tunnel}EnableTunnelLifecycleControl")
    logs: Values = part(part(inputs, f"{tunnel}LogOptions"), "cloudwatchLogOptions")
    return request | given(
        PreSharedKey=inputs.get(f"{tunnel}PresharedKey"),
        TunnelInsideCidr=inputs.get(f"{tunnel}InsideCidr"),
        EnableTunnelLifecycleControl=lifecycle if lifecycle or modified else None,
        LogOptions={"CloudWatchLogOptions": _log_request(logs)} if logs else None,
    )


def _log_request(logs: Values) -> Values:
    return given(
        LogEnabled=logs.get("logEnabled"),
        LogGroupArn=logs.get("logGroupArn"),
        LogOutputFormat=logs.get("logOutputFormat"),
        BgpLogEnabled=logs.get("bgpLogEnabled"),
        BgpLogGroupArn=logs.get("bgpLogGroupArn"),
        BgpLogOutputFormat=logs.get("bgpLogOutputFormat"),
    )


def _key_storage(peers: list[Values]) -> str:
    """Where the keys are: for the official provider they are in Secrets Manager when one cannot be read."""
    return "SecretsManager" if any(peer["PresharedKey"] == _REDACTED for peer in peers) else "Standard"


def _in_order(peers: list[Values], known: Values) -> list[Values]:
    """The document's tunnels as the program numbers them: by the first one's key, else its inside CIDR.

    So does the official provider: keys that cannot be read leave the document's order as it is.
    """
    for name in ("PresharedKey", "InsideCidr"):
        if known.get(f"tunnel1{name}"):
            values = [peer[name] for peer in peers]
            return peers[::-1] if known[f"tunnel1{name}"] in values[1:] and values[0] != values[1] else peers
    return sorted(peers, key=lambda peer: peer["Address"])


def _tunnel_state(tunnel: str, description: Values) -> Values:
    logs: Values = part(description, "LogOptions").get("CloudWatchLogOptions") or {}
    state = {option.name: description.get(option.description) for option in _OPTIONS}
    state |= {
        option.name: [one["Value"] for one in description.get(option.description) or ()] for option in _LISTS
    }
    state |= {
        "EnableTunnelLifecycleControl": description.get("EnableTunnelLifecycleControl", False),
        "LogOptions": {
            "cloudwatchLogOptions": {
                "logEnabled": logs.get("LogEnabled", False),
                "logGroupArn": logs.get("LogGroupArn", ""),
                "logOutputFormat": logs.get("LogOutputFormat", ""),
                **given(
                    bgpLogEnabled=logs.get("BgpLogEnabled"),
                    bgpLogGroupArn=logs.get("BgpLogGroupArn"),
                    bgpLogOutputFormat=logs.get("BgpLogOutputFormat"),
                ),
            }
        },
    }
    return {tunnel + name: value for name, value in state.items() if value is not None}


def _peers(configuration: str) -> list[Values]:
    """What the configuration document says of each tunnel; the key, for one, is there alone."""
    if not configuration:
        return []
    return [_peer(tunnel) for tunnel in ElementTree.fromstring(configuration).iter("ipsec_tunnel")]


def _peer(tunnel: Any) -> Values:
    inside = tunnel.findtext("vpn_gateway/tunnel_inside_address/ip_address") or ""
    return {
        "Address": tunnel.findtext("vpn_gateway/tunnel_outside_address/ip_address") or "",
        "InsideCidr": str(IPv4Network(f"{inside}/30", strict=False)) if inside else "",
        "PresharedKey": tunnel.findtext("ike/pre_shared_key") or "",
        "CgwInsideAddress": tunnel.findtext("customer_gateway/tunnel_inside_address/ip_address") or "",
        "VgwInsideAddress": inside,
        "BgpAsn": tunnel.findtext("vpn_gateway/bgp/asn") or "",
        "BgpHoldtime": int(tunnel.findtext("vpn_gateway/bgp/hold_time") or 0),
    }


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
