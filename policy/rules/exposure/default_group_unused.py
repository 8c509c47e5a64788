"""The default security group allows nothing and is on nothing."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

from policy.facts import aws_types as aws
from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.interfaces import templates_of
from policy.facts.openings import GROUPS, SEPARATE_RULES
from policy.facts.references import config_rule, security_hub
from policy.facts.resource import Resource
from policy.facts.values import UNKNOWN
from policy.rules.rule import Level, Parameters, StackRule

GROUP_KEYS = ("vpcSecurityGroupIds", "securityGroups", "securityGroupNames")
"""Where an instance, a launch template or an interface names its groups."""


def _check_default_group(graph: Graph, _parameters: Parameters) -> Iterator[Finding]:
    for group in graph.of(aws.DEFAULT_SECURITY_GROUP):
        for key in ("ingress", "egress"):
            value = group.get(key)
            if group.items(key):
                yield Finding(
                    message=f"{group} has {key} rules; leave them out, so that it allows nothing.",
                    resource=group,
                )
            elif value is UNKNOWN and not group.is_computed(key):
                message = f"the {key} rules of {group} are not known yet; leave them out."
                yield Finding(message=message, resource=group, undecided=True)
    for host in graph.of(aws.INSTANCE, aws.NETWORK_INTERFACE, aws.AUTO_SCALING_GROUP):
        yield from _default_group_in_use(graph, host)
    for rule in graph.of(*SEPARATE_RULES, aws.SECURITY_GROUP_EGRESS_RULE):
        vpc = _default_group_of(graph, rule, "securityGroupId")
        if vpc is not None:
            message = f"{rule} opens the default group of {vpc}; leave that one empty, and use another."
            yield Finding(message=message, resource=rule)


def _default_group_in_use(graph: Graph, host: Resource) -> Iterator[Finding]:
    stating = [host, *templates_of(graph, host)]
    named = [(each, key) for each in stating for key in GROUP_KEYS if _is_given(each, key)]
    if not named and not _gets_groups_elsewhere(stating):
        silent = " nor ".join(map(str, stating))
        message = f"no security group is named by {silent}, so {host} gets the VPC's default one; name one."
        yield Finding(message=message, resource=host)
    for each, key in named:
        for group in [*graph.targets(each, key, *GROUPS), _default_group_of(graph, each, key)]:
            if isinstance(group, Resource) and group.type != aws.SECURITY_GROUP:
                message = f"{each} is in the VPC's default group, {group}; give it a group of its own."
                yield Finding(message=message, resource=each)


def _gets_groups_elsewhere(stating: list[Resource]) -> bool:
    """Whether interfaces, or a template made elsewhere, give the host its security groups."""
    if any(each.get("networkInterfaces") or each.get("primaryNetworkInterface") for each in stating):
        return True
    return len(stating) == 1 and (
        stating[0].type == aws.AUTO_SCALING_GROUP or stating[0].get("launchTemplate") is not None
    )


def _is_given(host: Resource, key: str) -> bool:
    value = host.get(key)
    return bool(value) and not (value is UNKNOWN and host.is_computed(key))


def _default_group_of(graph: Graph, resource: Resource, key: str) -> Resource | None:
    """The VPC whose default group the property names: a VPC has no other group to give."""
    value = resource.get(key)
    values = resource.items(key) if isinstance(value, list) else [value]
    if UNKNOWN in values:
        return graph.made_of(resource, key, aws.VPC, aws.DEFAULT_VPC)
    vpcs = (graph.holding("defaultSecurityGroupId", item, aws.VPC, aws.DEFAULT_VPC) for item in values)
    return next(filter(None, vpcs), None)


RULE = StackRule(
    name="default-group-unused",
    title="Default security group unused",
    description="The default security group allows nothing, and no instance is in it.",
    level=Level.MANDATORY,
    severity=Severity.HIGH,
    references=(security_hub("EC2.2"), config_rule("vpc-default-security-group-closed")),
    tags=("network", "exposure"),
    risk="What was made in haste lands in one group, in which everything may talk to everything.",
    remediation="Adopt it with aws.ec2.DefaultSecurityGroup without rules; give instances groups of their "
    "own.",
    check=_check_default_group,
    bad="""
            default:
              type: aws:ec2:DefaultSecurityGroup
              properties: {vpcId: vpc-0a1b2c3d, egress: [{protocol: "-1", fromPort: 0, toPort: 0}]}
        """,
    good="""
            default: {type: aws:ec2:DefaultSecurityGroup, properties: {vpcId: vpc-0a1b2c3d}}
        """,
)
