"""What AWS says of an address: who holds it, where its routes point, and the servers' private addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .configuration import Configuration, Route
from .decision import Holder, Role

ELSEWHERE = "elsewhere"
"""The target of a route that points to something other than a network interface, or to nothing any more."""

NAT_GATEWAY = "nat-gateway"
"""The target of a route that a NAT gateway has: an update gives the way out to it, and ends the monitor."""


@dataclass(frozen=True)
class View:
    """One look. A route's target is an interface, one of the above, or None when there is no such route."""

    holder: Holder
    holder_interface: str | None
    public_address: str
    routes: Mapping[Route, str | None]
    private_addresses: Mapping[Role, str]

    def astray(self, configuration: Configuration) -> list[Route]:
        """The routes that do not point to the server that holds the address; none while neither does."""
        if self.holder_interface is None or self.holder not in ("main", "standby"):
            return []
        return self.not_at(self.holder_interface, configuration)

    def not_at(self, interface: str, configuration: Configuration) -> list[Route]:
        """The routes that do not point to an interface, except those that are a NAT gateway's now."""
        well = (interface, NAT_GATEWAY)
        return [route for route in configuration.routes if self.routes.get(route) not in well]
