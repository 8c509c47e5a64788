"""The resources that a call of EC2 is about: found by their ids, or `kind/*` for one that it makes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from moto.ec2.models import EC2Backend, ec2_backends

from sandbox.moto_server.permissions.actions import kinds
from sandbox.moto_server.permissions.calls import Call
from sandbox.moto_server.permissions.question import Question

KINDS = {
    "ami": "image",
    "cgw": "customer-gateway",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "fl": "vpc-flow-log",
    "i": "instance",
    "igw": "internet-gateway",
    "lt": "launch-template",
    "nat": "natgateway",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "subnet": "subnet",
    "tgw": "transit-gateway",
    "tgw-rtb": "transit-gateway-route-table",
    "vgw": "vpn-gateway",
    "vol": "volume",
    "vpc": "vpc",
    "vpn": "vpn-connection",
}
"""The kinds of AWS's table by the first part of their ids."""
_ID = re.compile(r"([a-z-]+)-[0-9a-f]{8,32}")
_NOT_TOUCHED = ("IpPermissions", "ReferencedGroupId", "LaunchTemplateData")
"""Where a call names security groups and other things that it does not touch."""
_ALSO_MADE = {"RunInstances": ("volume",)}
"""Kinds that the table does not call required, and which the user guide's example policies all name."""


def questions(call: Call) -> Iterator[Question]:
    """The action on each resource; then the tags that it gives to what it makes.

    Nothing is asked of an association that has ended: EC2 says so itself.
    """
    known = kinds(call.action)
    found = {ident: kind for ident, kind in _found(call) if kind in known}
    made = {kind for kind, use in known.items() if use.required and kind not in found.values()}
    made |= {kind for kind in (*call.specified_tags, *_ALSO_MADE.get(call.operation, ())) if kind in known}
    for ident, kind in found.items():
        requested = call.tags if call.operation in ("CreateTags", "DeleteTags") else {}
        place = _vpc_of(call, ident)
        yield Question(call.action, _arn(call, kind, ident), kind, requested, tags(call, ident), more=place)
    for kind in sorted(made):
        yield Question(call.action, _arn(call, kind, "*"), kind, call.specified_tags.get(kind, {}))
    if not found and not made and "AssociationId" not in call.parameters:
        yield Question(call.action, "*", "")
    for kind, given in call.specified_tags.items():
        yield Question(
            "ec2:CreateTags", _arn(call, kind, "*"), kind, given, more={"ec2:createaction": call.operation}
        )


def _found(call: Call) -> Iterator[tuple[str, str]]:
    """The ids that the parameters name, with those at the ends of an association that they name."""
    backend = ec2_backends[call.account][call.region]
    for text in _texts(call.parameters):
        for ident in (text, *_ends(backend, text)):
            form = _ID.fullmatch(ident)
            if form and form[1] in KINDS:
                yield ident, KINDS[form[1]]
        if call.operation in ("AssociateAddress", "DisassociateAddress", "ReleaseAddress"):
            yield from _address(backend, text)


def _ends(backend: EC2Backend, ident: str) -> Iterator[str]:
    """The two ends of an association, and the group of a rule."""
    for table in backend.route_tables.values():
        for one in table.associations:
            if ident == one["RouteTableAssociationId"]:
                yield from (table.id, one.get("SubnetId", table.id))
    for association in backend.iam_instance_profile_associations.values():
        if ident == association.association_id:
            yield association.instance_id
    for group in (group for groups in backend.groups.values() for group in groups.values()):
        if ident in [rule.id for rule in (*group.ingress_rules, *group.egress_rules)]:
            yield group.id


def _address(backend: EC2Backend, text: str) -> Iterator[tuple[str, str]]:
    """The address that a call names by its number or association, and the interface that it leaves."""
    for address in backend.addresses:
        if text in (address.public_ip, address.association_id):
            yield str(address.allocation_id), "elastic-ip"
            if address.association_id:
                yield address.network_interface_id, "network-interface"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in cast("Mapping[str, Any]", value).items():
            if key not in _NOT_TOUCHED:
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from _texts(inner)


def tags(call: Call, ident: str) -> dict[str, str]:
    """The tags that a resource of EC2 bears."""
    of_region: Any = ec2_backends[call.account][call.region].tags
    return dict(of_region.get(ident, {}))


def _vpc_of(call: Call, ident: str) -> dict[str, str]:
    """The condition key of the VPC that a route table or a subnet is in."""
    backend = ec2_backends[call.account][call.region]
    subnets = {key: subnet for zone in backend.subnets.values() for key, subnet in zone.items()}
    found = backend.route_tables.get(ident) or subnets.get(ident)
    return {"ec2:vpc": _arn(call, "vpc", found.vpc_id)} if found else {}


def _arn(call: Call, kind: str, ident: str) -> str:
    owner = "" if kind == "image" else call.account
    return f"arn:aws:ec2:{call.region}:{owner}:{kind}/{ident}"
