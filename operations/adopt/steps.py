"""What the program would have otherwise, as steps after the first `up`, and what each interrupts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from operations.adopt.description import AdoptedSite
from operations.adopt.found import Found
from operations.adopt.sites import effective, same, wanted

ONE_TUNNEL = "each tunnel is down for minutes while it is changed, one at a time"
"""ModifyVpnTunnelOptions: "connectivity over the VPN connection is interrupted for up to several minutes"."""


def second_steps(found: Found, sites: Sequence[AdoptedSite], stack: str) -> Iterator[str]:
    """A line a step, with what to take out of the stack file and what it interrupts."""
    yield "tags and alarms: take `tags` and `alarms` out of hardwareVpn.adopted.keep; interrupts nothing"
    yield f"tunnel logs: take `logs` out of it, and run `aws-vpn roll tunnels --stack {stack}`; {ONE_TUNNEL}"
    for shown, names in _differing(sites).items():
        yield (
            f"{', '.join(names)}: {shown}: take them out of tunnels and tunnelDefaults; and once a site's"
            f" router has the new values, take `keep` out of it and run `aws-vpn roll tunnels --stack {stack}"
            f" --site {names[0] if len(names) == 1 else 'NAME'}`; {ONE_TUNNEL}"
        )
    yield (
        "customer gateways keep their device names, the VPG its ASN: another one is another gateway, and new"
        " tunnels with it"
    )
    if any(not table.propagates for table in found.tables):
        quiet = ", ".join(table.table_id for table in found.tables if not table.propagates)
        yield (
            f"route propagation is off in {quiet}: add what should learn the sites' routes to"
            " network.existing.routeTables; interrupts nothing, unless a route there was meant to stay wider"
        )


def owners(found: Found) -> Iterator[str]:
    """Who else says it owns what is adopted, by the tags of its tool."""
    things = [(found.vpg_id, found.vpg_tags)]
    for one in found.connections:
        things += [(one.connection_id, one.tags), (one.gateway.gateway_id, one.gateway.tags)]
    for ident, tags in dict(things).items():
        tool = owner(tags)
        if tool:
            yield f"{ident} is {tool}'s: two owners would fight over it: let that one go first, docs/adopt.md"


def owner(tags: Any) -> str | None:
    """The tool, or the stack of this program, that a resource's tags name."""
    if tags.get("Project") == "aws-vpn" and tags.get("Environment"):
        return f"the stack {tags['Environment']}"
    if "aws:cloudformation:stack-name" in tags:
        return f"CloudFormation stack {tags['aws:cloudformation:stack-name']}"
    for key, value in tags.items():
        for tool in ("terraform", "opentofu", "pulumi"):
            if tool in f"{key}={value}".lower():
                return tool.replace("terraform", "Terraform").replace("opentofu", "OpenTofu")
    return None


def _differing(sites: Sequence[AdoptedSite]) -> dict[str, list[str]]:
    """The sites by what the program would have otherwise: most who have ten made them all alike."""
    found: dict[str, list[str]] = {}
    for one in sites:
        differing = _weaker(one)
        if differing:
            shown = "; ".join(f"{name} {_short(old)} -> {_short(new)}" for name, old, new in differing)
            found.setdefault(shown, []).append(one.name)
    return found


def _weaker(one: AdoptedSite) -> list[tuple[str, Any, Any]]:
    """The options that differ from the program's own in either tunnel: their names, old and new values."""
    found: dict[str, Any] = {}
    for tunnel in one.connection.tunnels:
        for name, value in effective(tunnel).items():
            if not same(value, wanted(name)):
                found.setdefault(name, value)
    return [(name, value, wanted(name)) for name, value in found.items()]


def _short(value: Any) -> str:
    return "[" + ", ".join(map(str, value)) + "]" if isinstance(value, list) else str(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
