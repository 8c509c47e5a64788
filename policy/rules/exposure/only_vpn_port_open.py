"""VPN hosts offer the world their VPN port alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pulumi_policy import Severity
from pydantic import Field

from policy.facts import aws_types as aws
from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.interfaces import forwards, groups_of
from policy.facts.openings import GROUPS, SEPARATE_RULES, Opening, openings, with_lists
from policy.facts.pairs import PAIR_TAG, forwards_in_pair
from policy.facts.references import config_rule, security_hub
from policy.facts.resource import Found, Resource, Unresolved
from policy.facts.stack_files import listening_ports
from policy.rules.rule import Level, Parameters, StackRule


class VpnPortParameters(Parameters):
    """What a VPN host may offer the world."""

    ports: Annotated[
        tuple[str, ...],
        Field(min_length=1, description="protocol and port that may be open, such as udp/1194"),
    ] = ("udp/1194", "tcp/443")
    pair_tag: Annotated[str, Field(description="the tag that joins two instances to a pair")] = PAIR_TAG


def _check_vpn_ports(graph: Graph, parameters: VpnPortParameters) -> Iterator[Finding]:
    allowed = {*parameters.ports, *listening_ports(graph.stacks)}
    on_hosts = _groups_of_forwarders(graph, parameters.pair_tag)
    yield from _unseen_groups(graph, parameters.pair_tag)
    for group in graph.of(*GROUPS):
        if group.identity in on_hosts:
            yield from _other_ports(graph, openings(group), on_hosts[group.identity], allowed)
    for rule in graph.of(*SEPARATE_RULES):
        group = graph.target(rule, "securityGroupId", *GROUPS)
        if isinstance(group, Found) and group.identity in on_hosts:
            yield from _other_ports(graph, openings(rule), on_hosts[group.identity], allowed)
        elif isinstance(group, Unresolved) and on_hosts:
            yield Finding(
                message=f"which security group {rule} is of cannot be known yet ({group.why}), so it may be "
                "that of a VPN host. Pass the group's own id instead.",
                resource=rule,
                undecided=True,
            )


def _forwarders(graph: Graph, tag: str) -> Iterator[Resource]:
    """Instances and interfaces that forward traffic."""
    paired = forwards_in_pair(graph, tag)
    for host in graph.of(aws.INSTANCE, aws.NETWORK_INTERFACE):
        if forwards(graph, host) or host.identity in paired:
            yield host


def _unseen_groups(graph: Graph, tag: str) -> Iterator[Finding]:
    """Groups of VPN hosts whose rules are not in the stack, so that nobody here can read them."""
    for host in _forwarders(graph, tag):
        for group in groups_of(graph, host):
            why = group.why if isinstance(group, Unresolved) else f"{group} is made elsewhere"
            if not isinstance(group, Resource):
                yield Finding(
                    message=f"what a security group lets into the VPN host {host} cannot be seen ({why}); "
                    "make the group in this stack, or look it up with aws.ec2.SecurityGroup.get.",
                    resource=host,
                    undecided=True,
                )


def _groups_of_forwarders(graph: Graph, tag: str) -> dict[str, Resource]:
    """Security groups of what forwards traffic, by identity, each with one such host."""
    found: dict[str, Resource] = {}
    for host in _forwarders(graph, tag):
        for group in groups_of(graph, host):
            if isinstance(group, Found):
                found.setdefault(group.identity, host)
    return found


def _other_ports(
    graph: Graph, every: Iterator[Opening], host: Resource, allowed: set[str]
) -> Iterator[Finding]:
    for opening in (with_lists(graph, opening) for opening in every):
        ports = opening.ports
        if not opening.may_be_world:
            continue
        if ports is None or not opening.is_world:
            yield Finding(
                message=f"what {opening.stated_by} lets into the VPN host {host} is not known yet; give "
                "ports and sources as plain values, and prefix lists that are in this stack.",
                resource=opening.stated_by,
                undecided=True,
            )
        elif ports[0] != ports[1] or f"{opening.kind}/{ports[0]}" not in allowed:
            yield Finding(
                message=f"{opening.shown} of {opening.stated_by} opens the VPN host {host} to the world; "
                f"only {', '.join(sorted(allowed))} may be.",
                resource=opening.stated_by,
            )


_VPN_HOST = """
            group: {{type: aws:ec2:SecurityGroup, properties: {{vpcId: vpc-0a1b2c3d}}}}
            open:
              type: aws:vpc:SecurityGroupIngressRule
              properties:
                securityGroupId: "${{group.id}}"
                ipProtocol: udp
                fromPort: {port}
                toPort: {port}
                cidrIpv4: 0.0.0.0/0
            server:
              type: aws:ec2:Instance
              properties:
                ami: ami-0a1b2c3d
                sourceDestCheck: false
                vpcSecurityGroupIds: ["${{group.id}}"]
        """


RULE = StackRule(
    name="only-vpn-port-open",
    title="Only the VPN port open on VPN hosts",
    description="Hosts that forward traffic offer the world their VPN port and nothing else.",
    level=Level.MANDATORY,
    severity=Severity.HIGH,
    references=(security_hub("EC2.18"), config_rule("vpc-sg-open-only-to-authorized-ports")),
    tags=("vpn", "exposure"),
    risk="A host that joins networks is attacked through a service that it need not have.",
    remediation="Open the tunnel's protocol and port alone; add it to the rule's ports if it is an unusual "
    "one.",
    parameters=VpnPortParameters,
    check=_check_vpn_ports,
    bad=_VPN_HOST.format(port=1195),
    good=_VPN_HOST.format(port=1194),
)
