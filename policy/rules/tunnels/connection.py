"""What the checks of VPN connections share: the type, its tunnels, and how an example is written."""

from __future__ import annotations

from policy.facts import aws_types as aws
from policy.facts.references import vpn_guide

TUNNELS = (1, 2)


TUNNEL_OPTIONS = vpn_guide("Tunnel options", "VPNTunnels.html")


CONNECTION = frozenset({aws.VPN_CONNECTION})


def one_tunnel(option: str, value: str, *, others: str = "") -> str:
    """An example of an option of each tunnel."""
    return f"""
            connection:
              type: aws:ec2:VpnConnection
              properties:
                type: ipsec.1
                customerGatewayId: cgw-0a1b2c3d
                vpnGatewayId: vgw-0a1b2c3d
                tunnel1{option}: {value}
                tunnel2{option}: {others or value}
        """


def two_phases(option: str, value: str, weak: str = "") -> str:
    """An example of an option of each phase of each tunnel."""
    offers = {(1, 1): value, (1, 2): value, (2, 1): value, (2, 2): weak or value}
    lines = "".join(
        f"                tunnel{tunnel}Phase{phase}{option}: {offer}\n"
        for (tunnel, phase), offer in offers.items()
    )
    return f"""
            connection:
              type: aws:ec2:VpnConnection
              properties:
                type: ipsec.1
                customerGatewayId: cgw-0a1b2c3d
                vpnGatewayId: vgw-0a1b2c3d
{lines}"""
