"""A VPN tunnel's options: their rules and defaults, as requests ask for them and descriptions tell them.

Properties of a tunnel carry its number: `tunnel1PresharedKey` is the first tunnel's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from sandbox.provider.arguments import given
from sandbox.provider.constraints import arn, between, ipv4_cidr, matching, one_of
from sandbox.provider.table import Property, Rule, block, flag, number, numbers, strings, text
from sandbox.provider.values import Values, part
from sandbox.tunnel_limits import (
    CHOICES,
    DESCRIBED_AS,
    INSIDE_RANGE,
    KEY,
    KEY_RULE,
    LISTS,
    RANGES,
    RESERVED_INSIDE,
)

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


def _option(request: str, rule: Rule, default: Any) -> Option:
    described = DESCRIBED_AS.get(request, request)
    return Option(described.replace("DHGroup", "DhGroup"), request, described, rule, default)


_DEFAULTS = {
    "DPDTimeoutAction": "clear",
    "DPDTimeoutSeconds": 30,
    "Phase1LifetimeSeconds": 28800,
    "Phase2LifetimeSeconds": 3600,
    "RekeyFuzzPercentage": 100,
    "RekeyMarginTimeSeconds": 540,
    "ReplayWindowSize": 1024,
    "StartupAction": "add",
}
_OPTIONS = (
    *(_option(name, between(*ends), _DEFAULTS[name]) for name, ends in RANGES.items()),
    *(_option(name, one_of(*allowed), _DEFAULTS[name]) for name, allowed in CHOICES.items()),
)
_LISTS = tuple(_option(name, one_of(*allowed), allowed) for name, allowed in LISTS.items())


def inside_cidr(value: Any) -> str | None:
    """A tunnel's inside CIDR: a /30 of 169.254.0.0/16 that AWS does not keep for itself."""
    if ipv4_cidr(30, 30)(value) is None:
        cidr = IPv4Network(value)
        if cidr.subnet_of(INSIDE_RANGE) and cidr not in RESERVED_INSIDE:
            return None
    return f"a /30 block in {INSIDE_RANGE} that AWS does not reserve"


def tunnel_properties(tunnel: str) -> Iterator[Property]:
    """A tunnel's properties."""
    yield text(f"{tunnel}InsideCidr", computed=True, rule=inside_cidr)
    yield text(f"{tunnel}PresharedKey", computed=True, secret=True, rule=matching(KEY.pattern, KEY_RULE))
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
