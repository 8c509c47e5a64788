"""How long a change keeps a connection `modifying` and its tunnel down.

Up to several minutes at AWS ("Modify Site-to-Site VPN tunnel options"): the connection is `available` again
when its new end stands, and the tunnel up when the router has negotiated with that end, which is later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass
class Delays:
    """Seconds of a change: `modifying`, until the connection is available, `returning`, to a tunnel up.

    None leaves it down, as a router does that was not given the tunnel's new key.
    """

    modifying: float = 0.5
    returning: float | None = 1.0


DELAYS = Delays()
"""Those in force, for every connection of this process."""


@dataclass
class Modification:
    """Until when a connection is `modifying`."""

    until: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def under_way(self) -> bool:
        """Whether it still is."""
        return datetime.now(UTC) < self.until

    def begin(self) -> datetime | None:
        """Begin another one, and say when its tunnels will be up again, if ever."""
        self.until = datetime.now(UTC) + timedelta(seconds=DELAYS.modifying)
        return None if DELAYS.returning is None else self.until + timedelta(seconds=DELAYS.returning)


@dataclass
class Telemetry:
    """Whether a tunnel is up, and since when; one that a change took down comes back by itself."""

    learned_routes: int = 1
    """How many routes a router with BGP announces while the tunnel is up."""
    _status: str = "DOWN"
    _since: datetime = field(default_factory=lambda: datetime.now(UTC))
    _returns: datetime | None = None

    @property
    def status(self) -> str:
        """UP or DOWN."""
        return self._now()[0]

    @property
    def since(self) -> datetime:
        """When the status last changed."""
        return self._now()[1]

    def change_to(self, status: str) -> None:
        """Go up or down, from now on."""
        self._status, self._since = self._now()
        self._returns = None
        if status != self._status:
            self._status, self._since = status, datetime.now(UTC)

    def interrupt(self, returns: datetime | None) -> None:
        """Go down for a change until `returns`; a tunnel that was down before stays down."""
        comes_back = self.status == "UP" or self._returns is not None
        self.change_to("DOWN")
        self._returns = returns if comes_back else None

    def _now(self) -> tuple[str, datetime]:
        if self._returns is not None and self._returns <= datetime.now(UTC):
            return "UP", self._returns
        return self._status, self._since


@dataclass
class Maintenance:
    """Whether AWS wants to replace a tunnel's end, when it does so by itself, and when it last did."""

    pending: bool = False
    applied_after: datetime | None = None
    last_applied: datetime | None = None
