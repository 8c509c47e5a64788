"""The VPN connection and its two tunnels.

Properties of a tunnel carry its number: `tunnel1PresharedKey` is the first tunnel's. Ranges and values are
those of "Tunnel options for your AWS Site-to-Site VPN connection". Only the inside CIDRs and the options of
the whole connection replace it; everything else of a tunnel is changed by ModifyVpnTunnelOptions, as is where
the keys are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from defusedxml import ElementTree

from sandbox.provider.arguments import given
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import arn, between, identifier, ipv4_cidr, matching, one_of
from sandbox.provider.resources.ec2 import Ec2Type
from sandbox.provider.table import Change, Property, Rule, block, flag, number, numbers, strings, text
from sandbox.provider.values import Values, part, parts

_TUNNELS = ("tunnel1", "tunnel2")


@dataclass(frozen=True)
class Option:
    """One option of a tunnel: its name, and what requests and descriptions call it."""

    name: str
    request: str
    description: str
    rule: Rule
    default: Any = None
    """What AWS does when nothing is asked for; None for lists, of which AWS then allows every value."""


def _listed(name: str, request: str, rule: Rule) -> Option:
    return Option(name, request, request, rule)


_ENCRYPTION = one_of("AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16")
_INTEGRITY = one_of("SHA1", "SHA2-256", "SHA2-384", "SHA2-512")

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
        "RekeyMarginTimeSeconds", "RekeyMarginTimeSeconds", "RekeyMarginTimeSeconds", between(60, 1800), 270
    ),
    Option("RekeyFuzzPercentage", "RekeyFuzzPercentage", "RekeyFuzzPercentage", between(0, 100), 100),
    Option("ReplayWindowSize", "ReplayWindowSize", "ReplayWindowSize", between(64, 2048), 1024),
)

_LISTS = (
    Option("IkeVersions", "IKEVersions", "IkeVersions", one_of("ikev1", "ikev2")),
    _listed("Phase1EncryptionAlgorithms", "Phase1EncryptionAlgorithms", _ENCRYPTION),
    _listed("Phase1IntegrityAlgorithms", "Phase1IntegrityAlgorithms", _INTEGRITY),
    _listed("Phase1DhGroupNumbers", "Phase1DHGroupNumbers", one_of(2, *range(14, 25))),
    _listed("Phase2EncryptionAlgorithms", "Phase2EncryptionAlgorithms", _ENCRYPTION),
    _listed("Phase2IntegrityAlgorithms", "Phase2IntegrityAlgorithms", _INTEGRITY),
    _listed("Phase2DhGroupNumbers", "Phase2DHGroupNumbers", one_of(2, 5, *range(14, 25))),
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
    yield text(f"{tunnel}InsideCidr", computed=True, force_new=True, rule=inside_cidr)
    yield text(f"{tunnel}PresharedKey", computed=True, secret=True, rule=_key)
    yield flag(f"{tunnel}EnableTunnelLifecycleControl", default=False)
    for option in _OPTIONS:
        kind = text if isinstance(option.default, str) else number
        yield kind(tunnel + option.name, rule=option.rule, default=option.default)
    for option in _LISTS:
        kind = numbers if option.name.endswith("Numbers") else strings
        yield kind(tunnel + option.name, rule=option.rule, computed=True)
    logs = block(
        "cloudwatchLogOptions",
        flag("logEnabled", default=False),
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
            force_new=True,
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
        state: Values = {
            **self.tags_of(found),
            "arn": cloud.arn("ec2", f"vpn-connection/{ident}"),
            "type": found["Type"],
            "customerGatewayId": found["CustomerGatewayId"],
            "customerGatewayConfiguration": found.get("CustomerGatewayConfiguration", ""),
            "vpnGatewayId": found.get("VpnGatewayId", ""),
            "transitGatewayId": found.get("TransitGatewayId", ""),
            "presharedKeyArn": found.get("PreSharedKeyArn", ""),
            "presharedKeyStorage": _key_storage(found),
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
        peers = _peers(state["customerGatewayConfiguration"])
        for tunnel, description in zip(
            _TUNNELS, _in_order(options.get("TunnelOptions") or [], known), strict=False
        ):
            state.update(_tunnel_state(tunnel, description))
            state.update(
                {
                    tunnel + name: value
                    for name, value in peers.get(description["OutsideIpAddress"], {}).items()
                }
            )
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
                    TunnelOptions=_tunnel_request(tunnel, changed, all_of_them=True),
                    **storage,
                )
                self.settle(cloud, ident, change.new)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the connection, and wait until its gateways are free."""
        cloud.ec2.delete_vpn_connection(VpnConnectionId=ident)
        cloud.ec2.get_waiter("vpn_connection_deleted").wait(
            VpnConnectionIds=[ident], WaiterConfig={"Delay": 2, "MaxAttempts": 600}
        )


def _key_storage(found: Values) -> str:
    """Where the keys are. A secret that was once made stays, so that its ARN alone does not tell."""
    tunnels: list[Values] = part(found, "Options").get("TunnelOptions") or []
    shown = any(tunnel.get("PreSharedKey") for tunnel in tunnels)
    return "SecretsManager" if found.get("PreSharedKeyArn") and not shown else "Standard"


def _changed(change: Change, name: str) -> Any:
    return change.new.get(name) if name in change.names else None


def _tunnel_request(tunnel: str, inputs: Values, *, all_of_them: bool = False) -> Values:
    """A tunnel's options for a request. AWS's own defaults are not asked for, unless `all_of_them`."""
    request: Values = {}
    for option in _OPTIONS:
        value = inputs.get(tunnel + option.name)
        if value is not None and (all_of_them or value != option.default):
            request[option.request] = value
    for option in _LISTS:
        if inputs.get(tunnel + option.name):
            request[option.request] = [{"Value": value} for value in inputs[tunnel + option.name]]
    lifecycle = inputs.get(f"{tunnel}EnableTunnelLifecycleControl")
    logs: Values = part(part(inputs, f"{tunnel}LogOptions"), "cloudwatchLogOptions")
    return request | given(
        PreSharedKey=inputs.get(f"{tunnel}PresharedKey"),
        TunnelInsideCidr=inputs.get(f"{tunnel}InsideCidr"),
        EnableTunnelLifecycleControl=lifecycle if lifecycle or all_of_them else None,
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


def _in_order(described: list[Values], known: Values) -> list[Values]:
    """The tunnels as the program numbers them: AWS does not promise an order."""
    if len(described) != len(_TUNNELS):
        return described
    for name, member in (("tunnel1Address", "OutsideIpAddress"), ("tunnel1InsideCidr", "TunnelInsideCidr")):
        if known.get(name) and known[name] == described[1].get(member):
            return described[::-1]
    return described


def _tunnel_state(tunnel: str, description: Values) -> Values:
    logs: Values = part(description, "LogOptions").get("CloudWatchLogOptions") or {}
    state = {option.name: description.get(option.description, option.default) for option in _OPTIONS}
    state |= {
        option.name: [one["Value"] for one in description.get(option.description) or ()] for option in _LISTS
    }
    state |= {
        "Address": description["OutsideIpAddress"],
        "InsideCidr": description.get("TunnelInsideCidr", ""),
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
    if description.get("PreSharedKey"):
        state["PresharedKey"] = description["PreSharedKey"]
    return {tunnel + name: value for name, value in state.items()}


def _peers(configuration: str) -> dict[str, Values]:
    """What the configuration document alone says of each tunnel, by its outside address."""
    if not configuration:
        return {}
    found: dict[str, Values] = {}
    for tunnel in ElementTree.fromstring(configuration).iter("ipsec_tunnel"):
        outside = tunnel.findtext("vpn_gateway/tunnel_outside_address/ip_address") or ""
        found[outside] = {
            "CgwInsideAddress": tunnel.findtext("customer_gateway/tunnel_inside_address/ip_address") or "",
            "VgwInsideAddress": tunnel.findtext("vpn_gateway/tunnel_inside_address/ip_address") or "",
            "BgpAsn": tunnel.findtext("vpn_gateway/bgp/asn") or "",
            "BgpHoldtime": int(tunnel.findtext("vpn_gateway/bgp/hold_time") or 0),
        }
    return found


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
