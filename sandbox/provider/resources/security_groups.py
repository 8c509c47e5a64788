"""Security groups, with rules of their own or as resources."""

from __future__ import annotations

from sandbox.provider.arguments import tag_list
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import identifier, ipv4_cidr, ipv6_cidr, matching
from sandbox.provider.errors import ProviderError
from sandbox.provider.resources.ec2 import Ec2Type, filters, first
from sandbox.provider.resources.security_group_permissions import (
    DESCRIPTION,
    PROTOCOL,
    in_the_order_of,
    single_rules,
    single_sources,
)
from sandbox.provider.table import Change, Property, blocks, flag, listed, number, strings, text
from sandbox.provider.values import Values

_SIDES = {"ingress": "IpPermissions", "egress": "IpPermissionsEgress"}


def _rules(name: str) -> Property:
    return blocks(
        name,
        text("protocol", required=True, rule=PROTOCOL),
        number("fromPort", required=True),
        number("toPort", required=True),
        listed("cidrBlocks", rule=ipv4_cidr()),
        listed("ipv6CidrBlocks", rule=ipv6_cidr),
        listed("prefixListIds", rule=identifier("pl")),
        strings("securityGroups"),
        flag("self", default=False),
        text("description", rule=DESCRIPTION),
        computed=True,
    )


class _Group(Ec2Type):
    """What a security group and a VPC's default one share."""

    creator = "CreateSecurityGroup"
    tag_type = "security-group"
    described = ("describe_security_groups", "GroupIds")

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The group and its rules."""
        found = self.describe(cloud, ident)
        if found is None:
            return None
        return {
            **self.tags_of(found),
            "arn": cloud.arn("ec2", f"security-group/{ident}", owner=found["OwnerId"]),
            "ownerId": found["OwnerId"],
            "name": found["GroupName"],
            "description": found["Description"],
            "vpcId": found.get("VpcId", ""),
            **{
                side: in_the_order_of(known.get(side) or [], single_rules(found.get(member) or [], ident))
                for side, member in _SIDES.items()
            },
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Make the rules of the sides that differ those asked for, and no others."""
        found = self.describe(cloud, ident) or {}
        for side in change.names & _SIDES.keys():
            _set_rules(cloud, ident, side, found.get(_SIDES[side]) or [], change.new.get(side) or [])


def _set_rules(cloud: Cloud, group: str, side: str, old: list[Values], new: list[Values]) -> None:
    before = [one for rule in single_rules(old, group) for one in single_sources(rule, group)]
    after = [one for rule in new for one in single_sources(rule, group)]
    surplus = [one for one in before if one not in after]
    lacking = [one for one in after if one not in before]
    if surplus:
        getattr(cloud.ec2, f"revoke_security_group_{side}")(GroupId=group, IpPermissions=surplus)
    if lacking:
        getattr(cloud.ec2, f"authorize_security_group_{side}")(GroupId=group, IpPermissions=lacking)


class SecurityGroup(_Group):
    """A security group. A new one lets nothing in or out, until rules say so."""

    typename = "aws:ec2/securityGroup:SecurityGroup"
    auto_named = "name"
    properties = (
        text(
            "name",
            "GroupName",
            computed=True,
            force_new=True,
            rule=matching(r"(?!sg-).{1,255}", "1 to 255 characters that do not start with sg-"),
        ),
        text("description", "Description", default="Managed by Pulumi", force_new=True, rule=DESCRIPTION),
        text("vpcId", "VpcId", computed=True, force_new=True, rule=identifier("vpc")),
        _rules("ingress"),
        _rules("egress"),
        flag("revokeRulesOnDelete", default=False),
    )
    outputs = ("arn", "ownerId")

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the group."""
        return cloud.ec2.create_security_group(**self.request(inputs))["GroupId"]

    def settle(self, cloud: Cloud, ident: str, inputs: Values) -> None:
        """Take EC2's own rule for egress away, and make those asked for."""
        self.update(cloud, ident, Change({}, inputs, frozenset(_SIDES)))

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the group; its rules first where groups refer to each other."""
        if state.get("revokeRulesOnDelete"):
            self.update(cloud, ident, Change({}, {}, frozenset(_SIDES)))
        cloud.ec2.delete_security_group(GroupId=ident)


class DefaultSecurityGroup(_Group):
    """A VPC's default security group, taken over: it gets the rules asked for. It cannot be deleted."""

    typename = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
    properties = (
        text("vpcId", "VpcId", computed=True, force_new=True, rule=identifier("vpc")),
        _rules("ingress"),
        _rules("egress"),
        flag("revokeRulesOnDelete", default=False),
    )
    outputs = ("arn", "ownerId", "name", "description")

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Find the group."""
        named: Values = {"Name": "group-name", "Values": ["default"]}
        of_vpc = filters(vpc_id=inputs["vpcId"]) if inputs.get("vpcId") else []
        found = first(cloud, "describe_security_groups", Filters=[named, *of_vpc])
        if found is None:
            raise ProviderError(f"{inputs.get('vpcId')} has no default security group")
        return found["GroupId"]

    def settle(self, cloud: Cloud, ident: str, inputs: Values) -> None:
        """Give it the rules and tags asked for."""
        self.update(cloud, ident, Change({}, inputs, frozenset(_SIDES)))
        if inputs.get("tagsAll"):
            cloud.ec2.create_tags(Resources=[ident], Tags=tag_list(inputs["tagsAll"]))

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Leave it to its VPC, as the official provider does."""
