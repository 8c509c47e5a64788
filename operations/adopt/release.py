"""Letting go of what a stack adopted: its state forgets it, and nothing in AWS changes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

from model.errors import AwsVpnError

CONNECTION = "aws:ec2/vpnConnection:VpnConnection"
ADOPTED = frozenset({CONNECTION, "aws:ec2/vpnGateway:VpnGateway", "aws:ec2/customerGateway:CustomerGateway"})
DEPENDENT = frozenset(
    {
        "aws:ec2/vpnConnectionRoute:VpnConnectionRoute",
        "aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation",
    }
)
"""What was there too: routes were imported, and turning propagation on again changed nothing."""

Resource = dict[str, Any]


def released(state: str, stack: str) -> tuple[str, list[str]]:
    """The state without what was adopted, and the ids of that.

    Raises:
        AwsVpnError: nothing was adopted, or a connection that the stack made itself is on an adopted VPG.
    """
    document = json.loads(state)
    resources = cast("list[Resource]", document["deployment"].get("resources") or [])
    adopted = [one for one in resources if one["type"] in ADOPTED and (one.get("importID") or _read(one))]
    ids = {one["id"] for one in adopted}
    if not any(one.get("importID") for one in adopted):
        raise AwsVpnError(
            f"stack {stack} has nothing that it adopted; should be one that `aws-vpn adopt` made"
        )
    made = [
        one["id"]
        for one in resources
        if one["type"] == CONNECTION and one["id"] not in ids and _refers(one, ids)
    ]
    if made:
        raise AwsVpnError(
            f"{', '.join(made)} was made by the stack {stack} on a VPG that it adopted; should be taken out"
            " of its file and deployed first"
        )
    dependent = [one for one in resources if one["type"] in DEPENDENT and _refers(one, ids)]
    gone = {one["urn"] for one in (*adopted, *dependent)}
    document["deployment"]["resources"] = [_without(one, gone) for one in resources if one["urn"] not in gone]
    return json.dumps(document), [one["id"] for one in (*adopted, *dependent)]


def _read(resource: Mapping[str, Any]) -> bool:
    return bool(resource.get("external"))


def _refers(resource: Mapping[str, Any], ids: Iterable[str]) -> bool:
    inputs = cast("Mapping[str, Any]", resource.get("inputs") or {})
    return any(value in ids for value in inputs.values() if isinstance(value, str))


def _without(resource: Resource, gone: set[str]) -> Resource:
    """The resource, depending on none of those any more; else the engine takes the state for broken."""
    kept = dict(resource)
    if kept.get("dependencies"):
        kept["dependencies"] = [urn for urn in kept["dependencies"] if urn not in gone]
    if kept.get("propertyDependencies"):
        properties = cast("Mapping[str, list[str] | None]", kept["propertyDependencies"])
        kept["propertyDependencies"] = {
            name: [urn for urn in urns or [] if urn not in gone] for name, urns in properties.items()
        }
    if kept.get("deletedWith") in gone:
        del kept["deletedWith"]
    return kept
