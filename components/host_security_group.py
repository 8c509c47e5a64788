"""The security group of a host: the few ways in, and everything out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from components.labels import Labels

ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, kw_only=True)
class Ingress:
    """A way in: from `cidr`, over `protocol` (`-1` is all) to `port` (none is all)."""

    part: str
    description: str
    cidr: str
    protocol: str = "-1"
    port: int | None = None


def from_vpc(cidrs: Sequence[IPv4Network], description: str) -> tuple[Ingress, ...]:
    """Ways in from all of a VPC's blocks, the primary one first."""
    return tuple(
        Ingress(part=f"vpc-{cidr}" if i else "vpc", description=description, cidr=str(cidr))
        for i, cidr in enumerate(cidrs)
    )


@dataclass(frozen=True, kw_only=True)
class HostSecurityGroupArgs:
    """What a host lets in. A host that forwards sends anywhere; its own firewall says what may pass."""

    labels: Labels
    vpc_id: pulumi.Input[str]
    description: str
    ingress: Sequence[Ingress] = ()


class HostSecurityGroup(pulumi.ComponentResource):
    """A security group with a rule, and so a description, for each way in.

    Pulumi names it, so that one that has to be replaced stands beside the old one until no host uses that.
    """

    id: pulumi.Output[str]

    def __init__(
        self, name: str, args: HostSecurityGroupArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("aws-vpn:host:HostSecurityGroup", name, None, opts)
        own = pulumi.ResourceOptions(parent=self)
        group = aws.ec2.SecurityGroup(
            name,
            description=args.description,
            vpc_id=args.vpc_id,
            tags=args.labels.tagged(name),
            opts=own,
        )
        for way in args.ingress:
            aws.vpc.SecurityGroupIngressRule(
                f"{name}-{way.part}",
                security_group_id=group.id,
                description=way.description,
                ip_protocol=way.protocol,
                from_port=way.port,
                to_port=way.port,
                cidr_ipv4=way.cidr,
                tags=args.labels.tagged(f"{name}-{way.part}"),
                opts=own,
            )
        aws.vpc.SecurityGroupEgressRule(
            name,
            security_group_id=group.id,
            description="Anywhere",
            ip_protocol="-1",
            cidr_ipv4=ANYWHERE,
            tags=args.labels.tagged(name),
            opts=own,
        )
        self.id = group.id
        self.register_outputs({"id": self.id})
