"""Both tunnels of a VPN connection can start, and start again."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

from policy.facts import aws_types as aws
from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.references import security_hub
from policy.facts.resource import Resource
from policy.rules.rule import Level, Parameters, StackRule


def _check(graph: Graph, _parameters: Parameters) -> Iterator[Finding]:
    for connection in graph.of(aws.VPN_CONNECTION):
        gateway = graph.target(connection, "customerGatewayId", aws.CUSTOMER_GATEWAY)
        for tunnel in (1, 2):
            action = connection.get(f"tunnel{tunnel}DpdTimeoutAction")
            if action == "none":
                yield Finding(
                    message=f"tunnel {tunnel} of {connection} stays down once it was lost: "
                    f"tunnel{tunnel}DpdTimeoutAction should be restart or clear.",
                    resource=connection,
                )
            start = connection.get(f"tunnel{tunnel}StartupAction")
            if start == "start" and isinstance(gateway, Resource) and not gateway.get("ipAddress"):
                yield Finding(
                    message=f"tunnel {tunnel} of {connection} can never start: AWS does not know the "
                    f"address of {gateway}. Set its ipAddress, or tunnel{tunnel}StartupAction: add.",
                    resource=connection,
                )


RULE = StackRule(
    name="both-tunnels-usable",
    title="Both tunnels can be used",
    description="Both tunnels of a VPN connection can start, and start again after they were lost.",
    level=Level.MANDATORY,
    severity=Severity.HIGH,
    references=(security_hub("EC2.20"),),
    tags=("vpn", "availability"),
    risk="AWS's maintenance of one tunnel cuts the site off, as the other one never starts.",
    remediation="Set DpdTimeoutAction to restart, and StartupAction: start only where AWS knows the address "
    "of the router.",
    check=_check,
    bad="""
            connection:
              type: aws:ec2:VpnConnection
              properties:
                type: ipsec.1
                customerGatewayId: cgw-0a1b2c3d
                vpnGatewayId: vgw-0a1b2c3d
                tunnel2DpdTimeoutAction: none
        """,
    good="""
            connection:
              type: aws:ec2:VpnConnection
              properties:
                type: ipsec.1
                customerGatewayId: cgw-0a1b2c3d
                vpnGatewayId: vgw-0a1b2c3d
                tunnel2DpdTimeoutAction: restart
        """,
)
