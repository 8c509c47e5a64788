"""No management port is open to the world."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pulumi_policy import Severity
from pydantic import Field

from policy.facts.finding import Finding
from policy.facts.openings import GROUPS, SEPARATE_RULES, openings
from policy.facts.references import CIS_VERSION, config_rule, security_hub
from policy.facts.resource import Resource
from policy.rules.rule import Level, ResourceParameters, ResourceRule


class ManagementParameters(ResourceParameters):
    """Ports that nobody on the internet has any business with."""

    ports: Annotated[tuple[int, ...], Field(min_length=1, description="management and databases")] = (
        20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389, 4333, 5000, 5432, 5500, 5601,
        5985, 5986, 7505, 8080, 8088, 8888, 9200, 9300,
    )  # fmt: skip


def _check_management(group: Resource, parameters: ManagementParameters) -> Iterator[Finding]:
    for opening in openings(group):
        ports = opening.ports
        hit = [port for port in parameters.ports if ports is None or ports[0] <= port <= ports[1]]
        if not hit or not opening.has_ports:
            continue
        if opening.is_world and ports is not None:
            message = (
                f"{opening.shown} is open to the world, {_some(hit)} with it; name the networks that need it"
            )
            yield Finding(message=message, resource=group)
        elif opening.may_be_world:
            message = f"{opening.where}: its ports or sources are not known yet"
            yield Finding(message=message, resource=group, undecided=True)
        elif opening.prefix_lists:
            message = f"{opening.shown} is open to a prefix list, which says elsewhere which networks it has"
            yield Finding(message=message, resource=group, undecided=True)


def _some(ports: list[int]) -> str:
    return f"port {', '.join(map(str, ports[:3]))}" + (
        f" and {len(ports) - 3} more" if len(ports) > 3 else ""
    )


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
    description="SSH, RDP, databases and other management ports are not open to the whole internet.",
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
    types=frozenset({*GROUPS, *SEPARATE_RULES}),
    parameters=ManagementParameters,
    check=_check_management,
    bad=_OPEN_GROUP.format(port=22, source="0.0.0.0/0"),
    good=_OPEN_GROUP.format(port=22, source="10.50.0.0/16"),
)
