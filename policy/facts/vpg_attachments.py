"""Which VPG is attached to which VPC, and the resource that says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policy.facts import aws_types as aws
from policy.facts.graph import Graph
from policy.facts.resource import Found, Resource, Target


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
