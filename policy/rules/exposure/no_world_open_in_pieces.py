"""Rules of a security group that together open a port to the world."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.openings import added_up, openings_by_group, with_lists
from policy.facts.references import security_hub
from policy.facts.stack_files import listening_ports
from policy.rules.exposure.no_world_open_management import PublicPorts, are_public
from policy.rules.rule import Level, Parameters, StackRule


class PiecesParameters(PublicPorts, Parameters):
    """What the whole internet may reach."""


def _check(graph: Graph, parameters: PiecesParameters) -> Iterator[Finding]:
    public = {*parameters.public_ports, *listening_ports(graph.stacks)}
    for every in openings_by_group(graph).values():
        for opening in added_up(with_lists(graph, each) for each in every):
            ports = opening.ports
            if ports is not None and not are_public(opening.kind, ports, public):
                yield Finding(
                    message=f"{opening.shown} of {opening.stated_by} is open to the world, together with the "
                    "group's other rules; name the networks that need it, or add it to publicPorts.",
                    resource=opening.stated_by,
                )


RULE = StackRule(
    name="no-world-open-in-pieces",
    title="No port open to the world in pieces",
    description="The rules of a security group do not add up to a port that the whole internet reaches.",
    level=Level.MANDATORY,
    severity=Severity.CRITICAL,
    references=(security_hub("EC2.19"),),
    tags=("network", "exposure"),
    risk="Each rule looks harmless, and all of them let anybody in.",
    remediation="Name the networks that need the port, or use Session Manager and open nothing.",
    parameters=PiecesParameters,
    check=_check,
    bad="""
            group:
              type: aws:ec2:SecurityGroup
              properties:
                vpcId: vpc-0a1b2c3d
                ingress:
                  - {protocol: tcp, fromPort: 22, toPort: 22, cidrBlocks: [12.0.0.0/8]}
                  - {protocol: tcp, fromPort: 0, toPort: 1024, cidrBlocks: [13.0.0.0/8]}
        """,
    good="""
            group:
              type: aws:ec2:SecurityGroup
              properties:
                vpcId: vpc-0a1b2c3d
                ingress:
                  - {protocol: tcp, fromPort: 22, toPort: 22, cidrBlocks: [12.0.0.0/8]}
                  - {protocol: tcp, fromPort: 443, toPort: 443, cidrBlocks: [13.0.0.0/8]}
        """,
)
