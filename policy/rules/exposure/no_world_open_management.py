"""No management port is open to the world."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pulumi_policy import Severity
from pydantic import Field

from policy.facts.finding import Finding
from policy.facts.openings import GROUPS, HOST_FIREWALLS, SEPARATE_RULES, openings
from policy.facts.references import CIS_VERSION, config_rule, security_hub
from policy.facts.resource import Resource
from policy.facts.stack_files import listening_ports
from policy.facts.values import UNKNOWN
from policy.rules.rule import Level, ResourceParameters, ResourceRule
from stacks.sections.section import Section


class PublicPorts(Section):
    """What the whole internet may reach; whatever is not listed is somebody's way to manage something."""

    public_ports: Annotated[
        tuple[str, ...], Field(description="protocol and port that may be open to the world, such as tcp/443")
    ] = ("tcp/80", "tcp/443", "udp/443", "udp/500", "udp/1194", "udp/4500")


class ManagementParameters(PublicPorts, ResourceParameters):
    """What the whole internet may reach."""


def _check_management(group: Resource, parameters: ManagementParameters) -> Iterator[Finding]:
    public = {*parameters.public_ports, *listening_ports(frozenset({group.stack}))}
    for opening in openings(group):
        ports = opening.ports
        if not opening.has_ports or (ports is not None and are_public(opening.kind, ports, public)):
            continue
        if opening.is_world and ports is not None and opening.kind is not UNKNOWN:
            message = (
                f"{opening.shown} is open to the world, which may reach {', '.join(sorted(public))} alone; "
                "name the networks that need it, or add it to publicPorts"
            )
            yield Finding(message=message, resource=group)
        elif opening.may_be_world:
            message = f"{opening.where}: its ports or sources are not known yet"
            yield Finding(message=message, resource=group, undecided=True)
        elif opening.prefix_lists:
            message = f"{opening.shown} is open to a prefix list, which says elsewhere which networks it has"
            yield Finding(message=message, resource=group, undecided=True)


def are_public(kind: Any, ports: tuple[int, int], public: set[str]) -> bool:
    """Whether every port of the range may be open to the world."""
    if ports[1] - ports[0] >= len(public):
        return False
    return all(f"{kind}/{port}" in public for port in range(ports[0], ports[1] + 1))


_OPEN_GROUP = """
            group:
              type: aws:ec2:SecurityGroup
              properties:
                vpcId: vpc-0a1b2c3d
                ingress: [{{protocol: tcp, fromPort: {port}, toPort: {port}, cidrBlocks: ["{source}"]}}]
        """


RULE = ResourceRule(
    name="no-world-open-management",
    title="No management port open to the world",
    description="The whole internet reaches declared public ports alone: no SSH, RDP, database or other "
    "port.",
    level=Level.MANDATORY,
    severity=Severity.CRITICAL,
    references=(
        security_hub("EC2.13", CIS_VERSION),
        security_hub("EC2.14", CIS_VERSION),
        security_hub("EC2.19"),
        config_rule("vpc-sg-open-only-to-authorized-ports"),
    ),
    tags=("network", "exposure"),
    risk="Password guessing and the next hole in the service reach the host from anywhere.",
    remediation="Name the networks that need the port, or use Session Manager and open nothing.",
    types=frozenset({*GROUPS, *SEPARATE_RULES, *HOST_FIREWALLS}),
    parameters=ManagementParameters,
    check=_check_management,
    bad=_OPEN_GROUP.format(port=22, source="0.0.0.0/0"),
    good=_OPEN_GROUP.format(port=22, source="10.50.0.0/16"),
)
