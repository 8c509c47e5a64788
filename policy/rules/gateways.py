"""Rules about virtual private gateways (VPGs)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from pulumi_policy import Severity

from policy.facts import aws_types as aws
from policy.facts.graph import Found, Graph, Resource, Target, Unresolved
from policy.facts.references import vpn_guide
from policy.rules.rule import Finding, Level, Parameters, StackRule


@dataclass(frozen=True, slots=True)
class Attachment:
    """A VPG on a VPC, and the resource that says so: the VPG itself, or a separate attachment."""

    gateway: Target
    vpc: Target
    stated_by: Resource

    @property
    def is_certain(self) -> bool:
        """Whether both ends are known."""
        return isinstance(self.gateway, Found) and isinstance(self.vpc, Found)


def attachments(graph: Graph) -> Iterator[Attachment]:
    """Every attachment of a VPG to a VPC."""
    for gateway in graph.of(aws.VPG):
        vpc = graph.target(gateway, "vpcId", aws.VPC, aws.DEFAULT_VPC)
        if vpc is not None:
            yield Attachment(gateway, vpc, gateway)
    for attachment in graph.of(aws.VPG_ATTACHMENT):
        yield Attachment(
            graph.target(attachment, "vpnGatewayId", aws.VPG),
            graph.target(attachment, "vpcId", aws.VPC, aws.DEFAULT_VPC),
            attachment,
        )


def _check_one_vpg_per_vpc(graph: Graph, _parameters: Parameters) -> Iterator[Finding]:
    every = list(attachments(graph))
    by_vpc: dict[str, dict[str, Attachment]] = defaultdict(dict)
    by_gateway: dict[str, dict[str, Attachment]] = defaultdict(dict)
    for attachment in every:
        if isinstance(attachment.gateway, Found) and isinstance(attachment.vpc, Found):
            by_vpc[attachment.vpc.identity].setdefault(attachment.gateway.identity, attachment)
            by_gateway[attachment.gateway.identity].setdefault(attachment.vpc.identity, attachment)
    for on_vpc in by_vpc.values():
        yield from _too_many_gateways(list(on_vpc.values()))
    for of_gateway in by_gateway.values():
        yield from _too_many_vpcs(list(of_gateway.values()))
    yield from _undecided(every)


def _too_many_gateways(on_one_vpc: list[Attachment]) -> Iterator[Finding]:
    if len(on_one_vpc) > 1:
        names = ", ".join(sorted(str(attachment.gateway) for attachment in on_one_vpc))
        yield Finding(
            message=f"{on_one_vpc[0].vpc} has {len(on_one_vpc)} VPGs: {names}. AWS attaches one VPG to a "
            "VPC; "
            "keep one, and give the sites of the others their VPN connections on it.",
            resource=on_one_vpc[-1].stated_by,
        )


def _too_many_vpcs(of_one_gateway: list[Attachment]) -> Iterator[Finding]:
    if len(of_one_gateway) > 1:
        names = ", ".join(sorted(str(attachment.vpc) for attachment in of_one_gateway))
        yield Finding(
            message=f"{of_one_gateway[0].gateway} is attached to {len(of_one_gateway)} VPCs: {names}. "
            "A VPG is on one VPC at a time; make a VPG for each VPC.",
            resource=of_one_gateway[-1].stated_by,
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
            "VPG "
            f"on one VPC cannot be ruled out. Pass the {end}'s own id instead.",
            resource=attachment.stated_by,
            undecided=True,
        )


def _identity(target: Target) -> str:
    return target.identity if isinstance(target, Found) else repr(target)


RULES = (
    StackRule(
        name="one-vpg-per-vpc",
        title="One VPG per VPC",
        description="A VPC has at most one virtual private gateway, and a virtual private gateway one VPC.",
        level=Level.MANDATORY,
        severity=Severity.CRITICAL,
        references=(vpn_guide("Site-to-Site VPN quotas", "vpn-limits.html"),),
        tags=("vpn", "availability"),
        remediation="Keep one aws.ec2.VpnGateway for the VPC and attach every site's VPN connection to it.",
        check=_check_one_vpg_per_vpc,
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
    ),
)
