"""The `failover` part of a pair of hosts: how fast main is given up, and when it gets its address back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from stacks.sections.network import AvailabilityZone
from stacks.sections.section import Problem, Section


class FailoverSettings(Section):
    """The monitor's hysteresis. Times in seconds unless the name says otherwise."""

    probe_interval_seconds: Annotated[float, Field(ge=0.1, le=60)] = 0.5
    probe_timeout_seconds: Annotated[float, Field(ge=0.1, le=60)] = 1.0
    failures_to_move: Annotated[int, Field(ge=2, le=100)] = 3
    successes_to_trust: Annotated[int, Field(ge=1, le=100)] = 3
    failback: Literal["manual", "automatic"] = "manual"
    failback_after_minutes: Annotated[int, Field(ge=1, le=1440)] = 30
    main_zone: AvailabilityZone | None = None
    standby_zone: AvailabilityZone | None = None
    monitor_zone: AvailabilityZone | None = None

    def zones(self, available: tuple[str, ...]) -> tuple[str, str, str]:
        """Where main, standby and the monitor run: as asked, else the first, second, last zone."""
        return (
            self.main_zone or available[0],
            self.standby_zone or available[1],
            self.monitor_zone or available[-1],
        )

    def zone_problems(self, available: tuple[str, ...]) -> Iterator[Problem]:
        """Zones the network has, main and standby apart."""
        for key, zone in (
            ("mainZone", self.main_zone),
            ("standbyZone", self.standby_zone),
            ("monitorZone", self.monitor_zone),
        ):
            if zone is not None and zone not in available:
                yield Problem(key, zone, f"one of network.availabilityZones: {', '.join(available)}")
        if len(set(available)) < 2:
            yield Problem(
                "", ", ".join(available), "two availability zones in network.availabilityZones at least"
            )
        elif self.zones(available)[0] == self.zones(available)[1]:
            yield Problem("standbyZone", self.zones(available)[1], "another zone than main's")
