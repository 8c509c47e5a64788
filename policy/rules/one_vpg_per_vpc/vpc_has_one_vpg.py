"""A VPC has at most one virtual private gateway."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pulumi_policy import Severity

from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.references import vpn_guide
from policy.facts.resource import Found, Target, Unresolved
from policy.facts.vpg_attachments import Attachment, attachments
from policy.rules.rule import Level, Parameters, StackRule


def _check(graph: Graph, _parameters: Parameters) -> Iterator[Finding]:
    every = list(attachments(graph))
    by_vpc: dict[str, dict[str, Attachment]] = defaultdict(dict)
    for attachment in every:
        if isinstance(attachment.gateway, Found) and isinstance(attachment.vpc, Found):
            by_vpc[attachment.vpc.identity].setdefault(attachment.gateway.identity, attachment)
    for on_vpc in by_vpc.values():
        yield from _too_many_gateways(list(on_vpc.values()))
    yield from _undecided(every)


def _too_many_gateways(on_one_vpc: list[Attachment]) -> Iterator[Finding]:
    if len(on_one_vpc) > 1:
        names = ", ".join(sorted(str(attachment.gateway) for attachment in on_one_vpc))
        yield Finding(
            message=f"{on_one_vpc[0].vpc} has {len(on_one_vpc)} VPGs: {names}. AWS attaches one VPG to a "
            "VPC; keep one, and give the sites of the others their VPN connections on it.",
            resource=on_one_vpc[-1].stated_by,
        )


def _undecided(every: list[Attachment]) -> Iterator[Finding]:
    """An attachment with an unknown end can only be a second one if there is another VPG at all."""
    gateways = {_identity(attachment.gateway) for attachment in every}
    for attachment in every:
        if attachment.is_certain or len(gateways) < 2:
            continue
        ends = (("VPC", attachment.vpc), ("VPG", attachment.gateway))
        end, why = next(
            (name, target.why if isinstance(target, Unresolved) else "none is given")
            for name, target in ends
            if not isinstance(target, Found)
        )
        yield Finding(
            message=f"which {end} {attachment.stated_by} is about cannot be known yet ({why}), so a second "
            f"VPG on one VPC cannot be ruled out. Pass the {end}'s own id instead.",
            resource=attachment.stated_by,
            undecided=True,
        )


def _identity(target: Target) -> str:
    return target.identity if isinstance(target, Found) else repr(target)


RULE = StackRule(
    name="vpc-has-one-vpg",
    title="One VPG on a VPC",
    description="A VPC has at most one virtual private gateway.",
    level=Level.MANDATORY,
    severity=Severity.CRITICAL,
    references=(vpn_guide("Site-to-Site VPN quotas", "vpn-limits.html"),),
    tags=("vpn", "availability"),
    risk="AWS refuses the second attachment in the middle of a deployment, and sites on it reach nothing.",
    remediation="Keep one aws.ec2.VpnGateway for the VPC and attach every site's VPN connection to it.",
    check=_check,
    bad="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
            first: {type: aws:ec2:VpnGateway, properties: {vpcId: "${vpc.id}"}}
            second: {type: aws:ec2:VpnGateway}
            attached:
              type: aws:ec2:VpnGatewayAttachment
              properties: {vpcId: "${vpc.id}", vpnGatewayId: "${second.id}"}
        """,
    good="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
            only: {type: aws:ec2:VpnGateway, properties: {vpcId: "${vpc.id}"}}
            attached:
              type: aws:ec2:VpnGatewayAttachment
              properties: {vpcId: "${vpc.id}", vpnGatewayId: "${only.id}"}
        """,
)
