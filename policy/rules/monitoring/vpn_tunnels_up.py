"""Both tunnels were up when AWS was last asked."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

from policy.facts import aws_types as aws
from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.references import config_rule, security_hub
from policy.facts.values import part
from policy.rules.rule import Level, Parameters, StackRule


def _check_telemetry(graph: Graph, _parameters: Parameters) -> Iterator[Finding]:
    for connection in graph.of(aws.VPN_CONNECTION):
        telemetries = connection.items("vgwTelemetries")
        down = [part(one, "outsideIpAddress") for one in telemetries if part(one, "status") == "DOWN"]
        if down:
            tunnels = "the tunnel" if len(down) == 1 else "both tunnels"
            was = "was" if len(down) == 1 else "were"
            yield Finding(
                message=f"{tunnels} of {connection} at {' and '.join(map(str, down))} {was} down when AWS "
                "was last asked",
                resource=connection,
            )


RULE = StackRule(
    name="vpn-tunnels-up",
    title="Both tunnels up",
    description="Both tunnels of a VPN connection were up when AWS was last asked (after a refresh).",
    level=Level.ADVISORY,
    severity=Severity.MEDIUM,
    references=(security_hub("EC2.20"), config_rule("vpc-vpn-2-tunnels-up")),
    tags=("vpn", "availability"),
    risk="The site runs on one tunnel, and the next maintenance by AWS cuts it off.",
    remediation="Configure the second tunnel on the site's router too; see the tunnel's log.",
    check=_check_telemetry,
    bad="""
            connection:
              type: aws:ec2:VpnConnection
              properties:
                type: ipsec.1
                customerGatewayId: cgw-0a1b2c3d
                vgwTelemetries:
                  - {outsideIpAddress: 198.51.100.1, status: UP}
                  - {outsideIpAddress: 198.51.100.2, status: DOWN}
        """,
    good="""
            connection:
              type: aws:ec2:VpnConnection
              properties:
                type: ipsec.1
                customerGatewayId: cgw-0a1b2c3d
                vgwTelemetries:
                  - {outsideIpAddress: 198.51.100.1, status: UP}
                  - {outsideIpAddress: 198.51.100.2, status: UP}
        """,
)
