"""What there is to adopt in an account's region: its VPCs, and the VPNs of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from operations.adopt.reading import ENDED, AwsAnswers, attached_vpc, tags_of
from operations.adopt.steps import owner


def listing(answers: AwsAnswers) -> Iterator[str]:
    """A line a VPC and below it its VPG's connections; then what belongs to none.

    Raises:
        AwsVpnError: AWS refuses a question.
    """
    vpcs = answers.listed("describe_vpcs", "Vpcs")
    vpgs = answers.listed("describe_vpn_gateways", "VpnGateways")
    connections = answers.listed("describe_vpn_connections", "VpnConnections")
    alive = [one for one in connections if one["State"] not in ENDED]
    for vpc in sorted(vpcs, key=lambda vpc: vpc["VpcId"]):
        here = [vpg for vpg in vpgs if attached_vpc(vpg) == vpc["VpcId"]]
        what = ", ".join(vpg["VpnGatewayId"] for vpg in here) or "no VPG"
        yield f"{vpc['VpcId']}  {vpc['CidrBlock']}  {_name(vpc)}: {what}{_owner(here)}"
        for vpg in here:
            yield from _connections(vpg["VpnGatewayId"], "VpnGatewayId", alive)
    for vpg in vpgs:
        if attached_vpc(vpg) is None and vpg.get("State") != "deleted":
            yield f"{vpg['VpnGatewayId']}  {_name(vpg)}: attached to no VPC, so that it cannot be adopted"
            yield from _connections(vpg["VpnGatewayId"], "VpnGatewayId", alive)
    for gateway in sorted({one["TransitGatewayId"] for one in alive if one.get("TransitGatewayId")}):
        yield f"{gateway}: a transit gateway, whose connections cannot be adopted"
        yield from _connections(gateway, "TransitGatewayId", alive)


def _connections(gateway: str, key: str, alive: list[dict[str, Any]]) -> Iterator[str]:
    for one in sorted(alive, key=lambda one: one["VpnConnectionId"]):
        if one.get(key) == gateway:
            options: dict[str, Any] = one.get("Options") or {}
            routing = "static" if options.get("StaticRoutesOnly") else "BGP"
            yield f"  {one['VpnConnectionId']}  {routing}, {one['State']}  {_name(one)}{_owner([one])}"


def _name(thing: Mapping[str, Any]) -> str:
    return tags_of(thing).get("Name") or "(no name)"


def _owner(things: list[dict[str, Any]]) -> str:
    owned = {tool for thing in things if (tool := owner(tags_of(thing)))}
    return f"; {', '.join(sorted(owned))}'s" if owned else ""
