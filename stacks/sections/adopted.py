"""What of the `hardwareVpn` section was there before the stack, by its ids, and what of it stays as it is.

`aws-vpn adopt` writes it. The first `up` imports what is named here and changes nothing of it; each line that
is taken out of a `keep` later lets the program make that its own.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator

from model.addresses import Cidr
from model.constraints import each_once, matching
from stacks.sections.section import Section

VpgId = Annotated[str, matching(r"vgw-[0-9a-f]{8,17}", "a VPG's id, such as vgw-0a1b2c3d4e5f60718")]
ConnectionId = Annotated[
    str, matching(r"vpn-[0-9a-f]{8,17}", "a VPN connection's id, such as vpn-0a1b2c3d4e5f60718")
]
CustomerGatewayId = Annotated[
    str, matching(r"cgw-[0-9a-f]{8,17}", "a customer gateway's id, such as cgw-0a1b2c3d4e5f60718")
]


class AdoptedVpg(Section):
    """A VPG that was there before the stack."""

    vpg_id: VpgId
    """The VPG, attached to the network's existing VPC."""
    keep: Annotated[tuple[Literal["alarms", "logs", "tags"], ...], AfterValidator(each_once)] = ()
    """What of it and of the adopted sites stays as it is: their `tags`; the tunnels' `logs`, whose change
    takes a tunnel down; and whether there are `alarms`."""


class AdoptedConnection(Section):
    """A site's VPN connection and customer gateway that were there before the stack."""

    vpn_connection_id: ConnectionId
    """The connection, of the adopted VPG."""
    customer_gateway_id: CustomerGatewayId
    """The connection's customer gateway. Its device name stays, as does the ASN of a static site."""
    shared_gateway: bool = False
    """Whether other connections use the customer gateway too. The stack then refers to it, and never deletes
    it."""
    keep: Annotated[tuple[Literal["tunnel1", "tunnel2"], ...], AfterValidator(each_once)] = ()
    """The tunnels that stay as they are, whatever the site says of them: options, key, inside block and logs.
    `tunnel1` is the one with the lower outside address, as text: so the provider numbers what it imports."""
    static_routes: Annotated[tuple[Cidr, ...], AfterValidator(each_once)] = ()
    """The connection's static routes: those of `lanCidrs` are imported, and the others made."""
