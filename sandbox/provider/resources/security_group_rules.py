"""The rules of a security group as resources of their own, each for one source or destination."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from sandbox.provider.arguments import given, tag_list
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import identifier, ipv4_cidr, ipv6_cidr
from sandbox.provider.resources.ec2 import Ec2Type, first
from sandbox.provider.resources.security_group_permissions import DESCRIPTION, PROTOCOL, permission
from sandbox.provider.table import Change, number, text
from sandbox.provider.values import Values, part


class _Rule(Ec2Type):
    """One rule of a security group, for one source or destination."""

    side: ClassVar[str]
    tag_type = "security-group-rule"
    described = ("describe_security_group_rules", "SecurityGroupRuleIds")
    properties = (
        text("securityGroupId", required=True, force_new=True, rule=identifier("sg")),
        text("ipProtocol", required=True, rule=PROTOCOL),
        number("fromPort"),
        number("toPort"),
        text("cidrIpv4", rule=ipv4_cidr()),
        text("cidrIpv6", rule=ipv6_cidr),
        text("prefixListId", rule=identifier("pl")),
        text("referencedSecurityGroupId"),
        text("description", rule=DESCRIPTION),
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
            "IpPermissions": [permission(_as_group_rule(inputs), inputs["securityGroupId"])],
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
