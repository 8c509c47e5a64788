"""`aws-vpn roll maintenance`: AWS's pending replacements of tunnels' ends, applied one at a time."""

from __future__ import annotations

from collections.abc import Sequence

from operations.roll.connection import SHOWS, Connection, Say
from operations.roll.window import Window


def roll_maintenance(connections: Sequence[Connection], window: Window | None, say: Say) -> None:
    """Apply what is pending while the window is open; any time, if there is none.

    Raises:
        RollError: a tunnel may not be changed, or does not come back.
    """
    applied = 0
    for connection in connections:
        details = {number: connection.maintenance(number) for number in (1, 2)}
        pending = {number for number, one in details.items() if one.get("PendingMaintenance") in SHOWS}
        for number in connection.in_order(pending):
            if window is not None and not window.is_open():
                say(f"{connection.site.name}: {connection.named(number)} waits for the window, {window}")
                continue
            before = connection.require_other(number, details[3 - number].get("LastMaintenanceApplied"))
            say(f"{connection.site.name}: replacing AWS's end of {connection.named(number)}")
            connection.request("replace_vpn_tunnel", number, ApplyPendingMaintenance=True)
            connection.wait_until_back(number, before)
            applied += 1
    say(f"{applied} replacements applied")
