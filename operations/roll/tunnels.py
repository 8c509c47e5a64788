"""`aws-vpn roll tunnels`: what the stack file changes of tunnels, deployed one tunnel at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from model.tunnel_changes import only
from operations.roll.connection import Connection, Say
from operations.roll.deployment import Deployment
from operations.roll.errors import RollError

Render = Callable[[str], None]
"""Writes the router's configuration of a site anew, from the stack's outputs."""


def roll_tunnels(connections: Sequence[Connection], deployment: Deployment, render: Render, say: Say) -> None:
    """Deploy every tunnel's changes, and go on once AWS reports the tunnel up.

    Raises:
        RollError: a tunnel may not be changed, or does not come back; what was not begun stays as it was.
    """
    say("looking at what would change")
    deployed, pending = deployment.deployed(), deployment.pending()
    rolled = 0
    for connection in connections:
        site = connection.site
        state = deployed[site.vpn_connection_id]
        if state.urn in pending.replaced:
            raise RollError(
                f"{site.name}: the stack file replaces the whole connection, which no roll can do"
            )
        tunnels = pending.tunnels(state.urn)
        for number in connection.in_order({*tunnels}):
            before = connection.require_other(number, state.modified)
            say(f"{site.name}: changing {connection.named(number)}: {', '.join(tunnels[number])}")
            deployment.deploy(state.urn, only(site.name, number))
            render(site.name)
            connection.wait_until_back(number, before)
            rolled += 1
    say(f"{rolled} tunnels changed" if rolled else "no tunnel differs from the stack file")
    if pending.others:
        say(f"{pending.others} resources of other kinds differ too; pulumi up deploys them")
