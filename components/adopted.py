"""What was there before the stack: imported as it is, changed only where the settings do not keep it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi

from components.vpn_tunnels import held_inputs

LOG_INPUTS = ("tunnel1LogOptions", "tunnel2LogOptions")
TAG_INPUTS = ("tags", "tagsAll")
"""The second is the provider's own sum of the first and its default tags."""


@dataclass(frozen=True, kw_only=True)
class AdoptedConnectionArgs:
    """A connection and its customer gateway by their ids, and the tunnels that stay as they are, by number.

    A gateway that is shared belongs to no stack: it is referred to. `static_routes` are there already.
    """

    vpn_connection_id: str
    customer_gateway_id: str
    shared_gateway: bool
    kept_tunnels: tuple[int, ...]
    static_routes: tuple[IPv4Network, ...]

    def route_options(self, cidr: IPv4Network) -> pulumi.ResourceOptions | None:
        """How a static route is taken over; None for one that is not there yet.

        The provider documents no import for routes, and has one: its reading takes all from the id.
        """
        if cidr not in self.static_routes:
            return None
        return pulumi.ResourceOptions(import_=f"{cidr}:{self.vpn_connection_id}", protect=True)


@dataclass(frozen=True, kw_only=True)
class AdoptedVpgArgs:
    """A VPG by its id, and which of tags, logs and alarms of all that was adopted stay as they are.

    What was adopted is protected: `aws-vpn release` lets go of it, and nothing deletes it by the way.
    """

    vpg_id: str
    keeps_tags: bool
    keeps_logs: bool
    keeps_alarms: bool

    def vpg_options(self) -> pulumi.ResourceOptions:
        """How the VPG is taken over."""
        return pulumi.ResourceOptions(import_=self.vpg_id, protect=True, ignore_changes=self._tags())

    def propagation_options(self) -> pulumi.ResourceOptions:
        """Propagation has no import: turned on once more, which changes nothing where it is on."""
        return pulumi.ResourceOptions(protect=True)

    def gateway_options(
        self, site: AdoptedConnectionArgs | None, *, static: bool
    ) -> pulumi.ResourceOptions | None:
        """How a customer gateway is taken over. Nothing of it can be changed without another gateway.

        A router without BGP has an ASN all the same, whichever it was made with.
        """
        if site is None:
            return None
        asn = ["bgpAsn", "bgpAsnExtended"] if static else []
        return pulumi.ResourceOptions(
            import_=site.customer_gateway_id,
            protect=True,
            ignore_changes=["deviceName", *asn, *self._tags()],
        )

    def connection_options(self, site: AdoptedConnectionArgs | None) -> pulumi.ResourceOptions | None:
        """How a connection is taken over."""
        if site is None:
            return None
        logs = LOG_INPUTS if self.keeps_logs else ()
        kept = {*held_inputs(site.kept_tunnels), *logs}
        return pulumi.ResourceOptions(
            import_=site.vpn_connection_id,
            protect=True,
            ignore_changes=[*sorted(kept), *self._tags()],
        )

    def _tags(self) -> list[str]:
        return [*TAG_INPUTS] if self.keeps_tags else []
