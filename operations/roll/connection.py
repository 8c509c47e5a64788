"""A VPN connection as AWS reports it: whether a tunnel may be changed now, and when it is back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from model.tunnel_changes import VARIABLE
from operations.roll.errors import RollError

LOOK_SECONDS = 2.0
"""Between two looks at a connection that is waited for; AWS takes minutes."""

REPORTED_AFTER = timedelta(minutes=5)
"""By then AWS reports a tunnel that a change took down: what it reported before may be of before the change.

AWS documents no figure; it renews VgwTelemetry about every minute.
"""

CHANGED_WITHIN = timedelta(minutes=1)
"""A change of the status so soon before a deployment ended is of that deployment."""

SHOWS = {"True", "true", "AVAILABLE", "available"}
"""GetVpnTunnelReplacementStatus's words for a maintenance that is pending."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class TunnelStatus:
    """A tunnel in VgwTelemetry."""

    is_up: bool
    since: datetime
    routes: int
    message: str


@dataclass(frozen=True)
class Site:
    """A site as the stack's outputs have it; tunnels are told by number, 1 and 2."""

    name: str
    vpn_connection_id: str
    routing: str
    has_certificate: bool
    outside_addresses: tuple[str, str]


class Connection:
    """One site's VPN connection. Waits for it until `patience` is over, and says what it waits for."""

    def __init__(self, site: Site, ec2: Any, say: Say, patience: timedelta) -> None:
        self.site, self._ec2, self._patience = site, ec2, patience
        self._say_anything = say
        self._back: set[int] = set()

    def named(self, number: int) -> str:
        """A tunnel for people."""
        return f"tunnel {number} ({self.site.outside_addresses[number - 1]})"

    def status(self, number: int) -> TunnelStatus:
        """What AWS reports of a tunnel."""
        return self._status(self._describe(), number)

    def request(self, operation: str, number: int, **parameters: Any) -> None:
        """Ask AWS to change a tunnel.

        Raises:
            RollError: AWS refuses.
        """
        self._ask(
            operation,
            VpnConnectionId=self.site.vpn_connection_id,
            VpnTunnelOutsideIpAddress=self.site.outside_addresses[number - 1],
            **parameters,
        )

    def maintenance(self, number: int) -> dict[str, Any]:
        """MaintenanceDetails of a tunnel.

        Raises:
            RollError: AWS refuses.
        """
        answer = self._ask(
            "get_vpn_tunnel_replacement_status",
            VpnConnectionId=self.site.vpn_connection_id,
            VpnTunnelOutsideIpAddress=self.site.outside_addresses[number - 1],
        )
        return answer.get("MaintenanceDetails", {})

    def in_order(self, numbers: set[int]) -> list[int]:
        """Tunnels in the order in which they may be changed: one that is down first, else the first one."""
        connection = self._describe()
        return sorted(numbers, key=lambda number: (self._status(connection, number).is_up, number))

    def wait_until_available(self) -> None:
        """Wait until no change is under way.

        Raises:
            RollError: there is one for too long.
        """
        end = time.monotonic() + self._patience.total_seconds()
        while (state := self._describe()["State"]) != "available":
            if time.monotonic() > end:
                raise RollError(f"{self.site.name}: the connection is still {state}; try again later")
            time.sleep(LOOK_SECONDS)

    def require_other(self, number: int, changed: datetime | None) -> TunnelStatus:
        """Make sure that a tunnel may go down: the other one carries. The tunnel's status before its change.

        `changed` is when the connection was last changed; the other tunnel's status must be of after that.

        Raises:
            RollError: the other one is down, or does not come up again after its own change.
        """
        self.wait_until_available()
        other = 3 - number
        end = time.monotonic() + self._patience.total_seconds()
        waited = False
        while why := self._why_not_usable(other, changed):
            long_ago = datetime.now(UTC) - (changed or datetime.min.replace(tzinfo=UTC)) > self._patience
            if long_ago or time.monotonic() > end:
                raise RollError(
                    f"{self.site.name}: {self.named(other)} {why}, so {self.named(number)} stays as it"
                    f" is; mend the other one first, aws-vpn status tells the cause. Where nothing is up yet"
                    f" that could be lost, {VARIABLE}=both pulumi up changes both"
                )
            if not waited:
                self._say(f"waiting for {self.named(other)}, which {why}")
                waited = True
            time.sleep(LOOK_SECONDS)
        return self.status(number)

    def wait_until_back(self, number: int, before: TunnelStatus) -> None:
        """Wait until a tunnel that was changed is up again.

        Raises:
            RollError: it is not, after `patience`.
        """
        self.wait_until_available()
        self._say(f"waiting until AWS reports {self.named(number)} up again")
        end = time.monotonic() + self._patience.total_seconds()
        was_down = False
        while True:
            now = self.status(number)
            was_down = was_down or not now.is_up
            if now.is_up and (was_down or now.since > before.since) and self._has_routes(now):
                break
            if time.monotonic() > end:
                raise RollError(self._not_back(number, now))
            time.sleep(LOOK_SECONDS)
        self._back.add(number)
        routes = f", {now.routes} routes accepted" if self.site.routing == "bgp" else ""
        self._say(f"{self.named(number)} is up since {now.since:%H:%M:%S} UTC{routes}")

    def _say(self, line: str) -> None:
        self._say_anything(f"{self.site.name}: {line}")

    def _not_back(self, number: int, now: TunnelStatus) -> str:
        minutes = f"{self._patience.total_seconds() / 60:g} min"
        state = "is up, but there is no sign that it was changed"
        if not now.is_up:
            state = f"did not come up ({now.message or 'no reason given'})"
        elif not self._has_routes(now):
            state = "is up, but no route was accepted over BGP"
        return (
            f"{self.site.name}: {self.named(number)} {state} within {minutes}; stopped here:"
            f" {self.named(3 - number)} was left as it is and carries the site. Has the router got the"
            f" tunnel's new configuration? Once the tunnel is up, run this again; to go back, undo the change"
            f" in the stack file and run this again"
        )

    def _why_not_usable(self, number: int, changed: datetime | None) -> str | None:
        now = self.status(number)
        if not now.is_up:
            return f"is down since {now.since:%Y-%m-%d %H:%M:%S} UTC"
        if not self._has_routes(now):
            return "is up, but has no route over BGP"
        if changed is None or number in self._back or now.since >= changed - CHANGED_WITHIN:
            return None
        if datetime.now(UTC) - changed > REPORTED_AFTER:
            return None
        return f"may have been changed at {changed:%H:%M:%S} UTC: AWS has not reported it since"

    def _has_routes(self, status: TunnelStatus) -> bool:
        return self.site.routing != "bgp" or status.routes > 0

    def _describe(self) -> dict[str, Any]:
        answer = self._ask("describe_vpn_connections", VpnConnectionIds=[self.site.vpn_connection_id])
        return answer["VpnConnections"][0]

    def _status(self, connection: dict[str, Any], number: int) -> TunnelStatus:
        address = self.site.outside_addresses[number - 1]
        for end in connection.get("VgwTelemetry", ()):
            if end["OutsideIpAddress"] == address:
                return TunnelStatus(
                    end["Status"] == "UP",
                    end["LastStatusChange"],
                    end.get("AcceptedRouteCount", 0),
                    end.get("StatusMessage", ""),
                )
        raise RollError(f"{self.site.name}: AWS reports nothing of {self.named(number)}")

    def _ask(self, operation: str, **parameters: Any) -> dict[str, Any]:
        try:
            return getattr(self._ec2, operation)(**parameters)
        except (BotoCoreError, ClientError) as error:
            raise RollError(f"{self.site.name}: {error}") from None
