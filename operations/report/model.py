"""What the report says, as the JSON file beside its page (`report.schema.json` is its form).

`version` rises when a reader of the old form could not read the new one.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from operations.cost.model import Cost
from operations.status.model import EnvironmentState, State

VERSION = 1


class Subnets(State):
    """The two subnets of a zone."""

    zone: str
    public: str
    private: str


class SiteShape(State):
    """A site as the stack file has it."""

    name: str
    location: str
    public_ip: str | None
    bgp_asn: int | None
    lan_cidrs: tuple[str, ...]
    ike_versions: tuple[str, ...]
    startup_action: str


class OfficeShape(State):
    """An office that connects over OpenVPN."""

    name: str
    lan_cidrs: tuple[str, ...]


class OpenVpnShape(State):
    """An OpenVPN tunnel as the stack file has it."""

    name: str
    client_pool: str
    permitted: tuple[str, ...]
    protocol: str
    port: int
    offices: tuple[OfficeShape, ...]
    main_zone: str
    standby_zone: str
    monitor_zones: tuple[str, ...]


class Range(State):
    """A range of addresses in use."""

    cidr: str
    owner: str
    key: str
    stack: str


class Environment(State):
    """One stack: its shape from the stack file, its state from AWS where it was asked for."""

    stack: str
    region: str
    cidr: str
    zones: tuple[Subnets, ...]
    amazon_side_asn: int | None
    sites: tuple[SiteShape, ...]
    open_vpn: tuple[OpenVpnShape, ...]
    nat: str
    state: EnvironmentState | None
    nat_monitor_zones: tuple[str, ...] = ()
    pending: tuple[str, ...] | None = None
    """What the stack file says otherwise than what is deployed; None when it was not compared."""
    cost: Cost | None = None
    """A month by the stack file; None when there are no prices of its region."""


class PolicyFinding(State):
    """What a policy said of a resource in the preview whose events were given."""

    policy: str
    level: str
    resource: str
    text: str
    waived_until: date | None = None
    """The last day of the waiver that makes it advice."""


class Issued(State):
    """A certificate that an authority issued. `state` is `valid`, `expiring`, `expired` or `revoked`."""

    stack: str
    tunnel: str
    name: str
    kind: str
    valid_until: datetime
    state: Literal["valid", "expiring", "expired", "revoked"]
    revoked: datetime | None = None


class Report(State):
    """Everything on the page."""

    version: Literal[1] = VERSION
    generated_at: datetime
    environments: tuple[Environment, ...]
    ranges: tuple[Range, ...]
    free: tuple[str, ...]
    """The largest blocks of RFC 1918 that nothing uses."""
    policies: tuple[PolicyFinding, ...] | None = None
    """None when no preview's events were given."""
    changes: tuple[str, ...] | None = None
    """Against the last report; None when there is none."""
    clients: tuple[Issued, ...] | None = None
    """What authorities issued; None when none was given."""
