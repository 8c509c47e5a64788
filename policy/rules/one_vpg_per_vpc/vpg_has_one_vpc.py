"""A virtual private gateway is on one VPC."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pulumi_policy import Severity

from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.references import vpn_guide
from policy.facts.resource import Found
from policy.facts.vpg_attachments import Attachment, attachments
from policy.rules.rule import Level, Parameters, StackRule


def _check(graph: Graph, _parameters: Parameters) -> Iterator[Finding]:
    by_gateway: dict[str, dict[str, Attachment]] = defaultdict(dict)
    for attachment in attachments(graph):
        if isinstance(attachment.gateway, Found) and isinstance(attachment.vpc, Found):
            by_gateway[attachment.gateway.identity].setdefault(attachment.vpc.identity, attachment)
    for of_gateway in by_gateway.values():
        yield from _too_many_vpcs(list(of_gateway.values()))


def _too_many_vpcs(of_one_gateway: list[Attachment]) -> Iterator[Finding]:
    if len(of_one_gateway) > 1:
        names = ", ".join(sorted(str(attachment.vpc) for attachment in of_one_gateway))
        yield Finding(
            message=f"{of_one_gateway[0].gateway} is attached to {len(of_one_gateway)} VPCs: {names}. A VPG "
            "is on one VPC at a time; make a VPG for each VPC.",
            resource=of_one_gateway[-1].stated_by,
        )


RULE = StackRule(
    name="vpg-has-one-vpc",
    title="One VPC for a VPG",
    description="A virtual private gateway is attached to one VPC.",
    level=Level.MANDATORY,
    severity=Severity.CRITICAL,
    references=(vpn_guide("Site-to-Site VPN quotas", "vpn-limits.html"),),
    tags=("vpn", "availability"),
    risk="AWS refuses the second attachment, or moves the gateway and cuts the first VPC off its sites.",
    remediation="Make a VPG for each VPC.",
    check=_check,
    bad="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
            other: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.51.0.0/16}}
            gateway: {type: aws:ec2:VpnGateway, properties: {vpcId: "${vpc.id}"}}
            attached:
              type: aws:ec2:VpnGatewayAttachment
              properties: {vpcId: "${other.id}", vpnGatewayId: "${gateway.id}"}
        """,
    good="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
            other: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.51.0.0/16}}
            gateway: {type: aws:ec2:VpnGateway, properties: {vpcId: "${vpc.id}"}}
            second: {type: aws:ec2:VpnGateway, properties: {vpcId: "${other.id}"}}
        """,
)
