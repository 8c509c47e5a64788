"""A VPN tunnel's options: their rules and defaults, as requests ask for them and descriptions tell them.

Properties of a tunnel carry its number: `tunnel1PresharedKey` is the first tunnel's. Ranges and values are
those of "Tunnel options for your AWS Site-to-Site VPN connection".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.provider.arguments import given
from sandbox.provider.constraints import arn, between, ipv4_cidr, matching, one_of
from sandbox.provider.table import Property, Rule, block, flag, number, numbers, strings, text
from sandbox.provider.values import Values, part

TUNNELS = ("tunnel1", "tunnel2")


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


def tunnel_properties(tunnel: str) -> Iterator[Property]:
    """A tunnel's properties."""
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


def tunnel_request(tunnel: str, inputs: Values, *, modified: bool = False) -> Values:
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


def tunnel_state(tunnel: str, description: Values) -> Values:
    """A tunnel's properties as DescribeVpnConnections tells them."""
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


def _log_request(logs: Values) -> Values:
    return given(
        LogEnabled=logs.get("logEnabled"),
        LogGroupArn=logs.get("logGroupArn"),
        LogOutputFormat=logs.get("logOutputFormat"),
        BgpLogEnabled=logs.get("bgpLogEnabled"),
        BgpLogGroupArn=logs.get("bgpLogGroupArn"),
        BgpLogOutputFormat=logs.get("bgpLogOutputFormat"),
    )
