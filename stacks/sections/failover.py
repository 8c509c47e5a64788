"""The `failover` part of a pair of hosts: how fast main is given up, and when it gets its address back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from stacks.sections.network import AvailabilityZone
from stacks.sections.section import Problem, Section


class FailoverSettings(Section):
    """The monitor's hysteresis. Times in seconds unless the name says otherwise."""

    probe_interval_seconds: Annotated[float, Field(ge=0.1, le=60)] = 0.3
    """Seconds between two probes of a server."""
    probe_timeout_seconds: Annotated[float, Field(ge=0.1, le=60)] = 0.7
    """Seconds that a server has for its answer."""
    failures_to_move: Annotated[int, Field(ge=2, le=100)] = 3
    """Probes in a row that main must fail before the address moves."""
    successes_to_trust: Annotated[int, Field(ge=1, le=100)] = 3
    """Probes in a row that the standby must answer before it may get the address."""
    failback: Literal["manual", "automatic"] = "manual"
    """Whether main gets its address back by itself."""
    failback_after_minutes: Annotated[int, Field(ge=1, le=1440)] = 30
    """Minutes that main must be healthy before an automatic failback."""
    main_zone: AvailabilityZone | None = None
    """Main's zone; left out, the first."""
    standby_zone: AvailabilityZone | None = None
    """The standby's zone, another than main's; left out, the next."""
    monitor_zone: AvailabilityZone | None = None
    """The monitor's zone; left out, one of neither server, or with two zones either."""

    def server_zones(self, available: tuple[str, ...]) -> tuple[str, str]:
        """Where main and standby run: as asked, else in the first two zones that are left."""
        main = self.main_zone or next(zone for zone in available if zone != self.standby_zone)
        return main, self.standby_zone or next(zone for zone in available if zone != main)

    def monitor_zones(self, available: tuple[str, ...]) -> tuple[str, ...]:
        """Where the monitor may run: as asked, else in a zone of neither server.

        With two zones only it may run in both, so that it comes back in the one that is left.
        """
        if self.monitor_zone:
            return (self.monitor_zone,)
        third = tuple(zone for zone in available if zone not in self.server_zones(available))
        return third or available

    def timing(self) -> dict[str, float | int | str]:
        """The part of these settings that the monitor's own configuration repeats, by its keys there."""
        zones = {"main_zone", "standby_zone", "monitor_zone"}
        return self.model_dump(by_alias=True, exclude=zones)

    def zone_problems(self, available: tuple[str, ...]) -> Iterator[Problem]:
        """Zones with a public subnet, main and standby apart."""
        for key, zone in (
            ("mainZone", self.main_zone),
            ("standbyZone", self.standby_zone),
            ("monitorZone", self.monitor_zone),
        ):
            if zone is not None and zone not in available:
                yield Problem(
                    key,
                    zone,
                    f"one of network.availabilityZones that has a public subnet: {', '.join(available)}",
                )
        if len(set(available)) < 2:
            yield Problem(
                "",
                ", ".join(available) or "no zone",
                "two zones of network.availabilityZones at least that have a public subnet",
            )
        elif self.main_zone is not None and self.main_zone == self.standby_zone:
            yield Problem("standbyZone", self.standby_zone, "another zone than main's")
