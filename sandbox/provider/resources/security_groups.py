"""Security groups, with rules of their own or as resources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from sandbox.provider.arguments import given, tag_list
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import identifier, ipv4_cidr, ipv6_cidr, matching
from sandbox.provider.errors import ProviderError
from sandbox.provider.resources.ec2 import Ec2Type, filters, first
from sandbox.provider.table import Change, Property, blocks, flag, number, strings, text
from sandbox.provider.values import Values, part

_PROTOCOL = matching(r"-1|\d{1,3}|all|tcp|udp|icmp|icmpv6", "tcp, udp, icmp, icmpv6, -1 or a protocol number")
_DESCRIPTION = matching(
    r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*']{0,255}", "at most 255 letters, digits and . _-:/()#,@[]+=&;{}!$*'"
)
_SIDES = {"ingress": "IpPermissions", "egress": "IpPermissionsEgress"}


def _rules(name: str) -> Property:
    return blocks(
        name,
        text("protocol", required=True, rule=_PROTOCOL),
        number("fromPort", required=True),
        number("toPort", required=True),
        strings("cidrBlocks", rule=ipv4_cidr()),
        strings("ipv6CidrBlocks", rule=ipv6_cidr),
        strings("prefixListIds", rule=identifier("pl")),
        strings("securityGroups"),
        flag("self", default=False),
        text("description", rule=_DESCRIPTION),
        computed=True,
    )


def _permission(rule: Values, group: str) -> Values:
    """A rule of the program as EC2 takes it."""
    note = given(Description=rule.get("description") or None)
    groups = [*(rule.get("securityGroups") or ()), *((group,) if rule.get("self") else ())]
    ports = (
        {} if rule["protocol"] in ("-1", "all") else {"FromPort": rule["fromPort"], "ToPort": rule["toPort"]}
    )
    return {
        "IpProtocol": "-1" if rule["protocol"] == "all" else rule["protocol"],
        **ports,
        "IpRanges": [{"CidrIp": cidr, **note} for cidr in rule.get("cidrBlocks") or ()],
        "Ipv6Ranges": [{"CidrIpv6": cidr, **note} for cidr in rule.get("ipv6CidrBlocks") or ()],
        "PrefixListIds": [{"PrefixListId": one, **note} for one in rule.get("prefixListIds") or ()],
        "UserIdGroupPairs": [{"GroupId": one, **note} for one in groups],
    }


_SOURCES = (
    ("IpRanges", "CidrIp", "cidrBlocks"),
    ("Ipv6Ranges", "CidrIpv6", "ipv6CidrBlocks"),
    ("PrefixListIds", "PrefixListId", "prefixListIds"),
    ("UserIdGroupPairs", "GroupId", "securityGroups"),
)


def _single_rules(permissions: list[Values], group: str) -> list[Values]:
    """EC2's permissions as rules of the program: one for each protocol, ports and description."""
    found: dict[tuple[Any, ...], Values] = {}
    for permission in permissions:
        for member, key, name in _SOURCES:
            for source in permission.get(member) or ():
                note = source.get("Description", "")
                ports = permission.get("FromPort", 0), permission.get("ToPort", 0)
                rule = found.setdefault(
                    (permission["IpProtocol"], *ports, note),
                    {
                        "protocol": permission["IpProtocol"],
                        "fromPort": ports[0],
                        "toPort": ports[1],
                        "description": note,
                    },
                )
                if source[key] == group:
                    rule["self"] = True
                else:
                    rule.setdefault(name, []).append(source[key])
    return list(found.values())


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
            **{side: _single_rules(found.get(member) or [], ident) for side, member in _SIDES.items()},
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Make the rules of the sides that differ those asked for, and no others."""
        found = self.describe(cloud, ident) or {}
        for side in change.names & _SIDES.keys():
            _set_rules(cloud, ident, side, found.get(_SIDES[side]) or [], change.new.get(side) or [])


def _set_rules(cloud: Cloud, group: str, side: str, old: list[Values], new: list[Values]) -> None:
    before = [_permission(rule, group) for rule in _single_rules(old, group)]
    after = [_permission(rule, group) for rule in new]
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
        text("description", "Description", default="Managed by Pulumi", force_new=True, rule=_DESCRIPTION),
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


class _Rule(Ec2Type):
    """One rule of a security group, for one source or destination."""

    side: ClassVar[str]
    tag_type = "security-group-rule"
    described = ("describe_security_group_rules", "SecurityGroupRuleIds")
    properties = (
        text("securityGroupId", required=True, force_new=True, rule=identifier("sg")),
        text("ipProtocol", required=True, rule=_PROTOCOL),
        number("fromPort"),
        number("toPort"),
        text("cidrIpv4", rule=ipv4_cidr()),
        text("cidrIpv6", rule=ipv6_cidr),
        text("prefixListId", rule=identifier("pl")),
        text("referencedSecurityGroupId"),
        text("description", rule=_DESCRIPTION),
    )
    outputs = ("arn", "securityGroupRuleId")

    def problems(self, inputs: Values) -> Iterator[tuple[str, str]]:
        """One source, and ports where the protocol has them."""
        names = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")
        if sum(name in inputs for name in names) != 1:
            yield "cidrIpv4", f"must be the only one of {', '.join(names)} that is set, and one must be"
        if inputs.get("ipProtocol") in ("tcp", "udp") and not {"fromPort", "toPort"} <= inputs.keys():
            yield "fromPort", "must be set, and toPort, for tcp and udp"

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Authorize the rule."""
        request: Values = {
            "GroupId": inputs["securityGroupId"],
            "IpPermissions": [_permission(_as_group_rule(inputs), inputs["securityGroupId"])],
        }
        if inputs.get("tagsAll"):
            request["TagSpecifications"] = [
                {"ResourceType": self.tag_type, "Tags": tag_list(inputs["tagsAll"])}
            ]
        made: Values = getattr(cloud.ec2, f"authorize_security_group_{self.side}")(**request)
        return made["SecurityGroupRules"][0]["SecurityGroupRuleId"]

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The rule."""
        found = first(cloud, "describe_security_group_rules", SecurityGroupRuleIds=[ident])
        if found is None:
            return None
        every = found["IpProtocol"] == "-1"
        return {
            **self.tags_of(found),
            "arn": cloud.arn("ec2", f"security-group-rule/{ident}"),
            "securityGroupRuleId": ident,
            "securityGroupId": found["GroupId"],
            "ipProtocol": found["IpProtocol"],
            "fromPort": known.get("fromPort") if every else found.get("FromPort"),
            "toPort": known.get("toPort") if every else found.get("ToPort"),
            "cidrIpv4": found.get("CidrIpv4", ""),
            "cidrIpv6": found.get("CidrIpv6", ""),
            "prefixListId": found.get("PrefixListId", ""),
            "referencedSecurityGroupId": part(found, "ReferencedGroupInfo").get("GroupId", ""),
            "description": found.get("Description", ""),
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Modify the rule."""
        new = change.new
        rule = given(
            IpProtocol=new["ipProtocol"],
            FromPort=new.get("fromPort"),
            ToPort=new.get("toPort"),
            CidrIpv4=new.get("cidrIpv4"),
            CidrIpv6=new.get("cidrIpv6"),
            PrefixListId=new.get("prefixListId"),
            ReferencedGroupId=new.get("referencedSecurityGroupId"),
            Description=new.get("description", ""),
        )
        cloud.ec2.modify_security_group_rules(
            GroupId=new["securityGroupId"],
            SecurityGroupRules=[{"SecurityGroupRuleId": ident, "SecurityGroupRule": rule}],
        )

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Revoke the rule."""
        revoke = getattr(cloud.ec2, f"revoke_security_group_{self.side}")
        revoke(GroupId=state["securityGroupId"], SecurityGroupRuleIds=[ident])


def _as_group_rule(inputs: Values) -> Values:
    return {
        "protocol": inputs["ipProtocol"],
        "fromPort": inputs.get("fromPort", -1),
        "toPort": inputs.get("toPort", -1),
        "description": inputs.get("description"),
        "cidrBlocks": [inputs["cidrIpv4"]] if inputs.get("cidrIpv4") else [],
        "ipv6CidrBlocks": [inputs["cidrIpv6"]] if inputs.get("cidrIpv6") else [],
        "prefixListIds": [inputs["prefixListId"]] if inputs.get("prefixListId") else [],
        "securityGroups": [inputs["referencedSecurityGroupId"]]
        if inputs.get("referencedSecurityGroupId")
        else [],
    }


class SecurityGroupIngressRule(_Rule):
    """A rule that lets traffic in."""

    typename = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    creator = "AuthorizeSecurityGroupIngress"
    side = "ingress"


class SecurityGroupEgressRule(_Rule):
    """A rule that lets traffic out."""

    typename = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    creator = "AuthorizeSecurityGroupEgress"
    side = "egress"
