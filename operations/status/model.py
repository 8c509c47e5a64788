"""The state of environments at one moment: what `aws-vpn status --json` prints and the report embeds.

The document's form is `status.schema.json` beside this module. `version` rises when a reader of the
old form could not read the new one.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

VERSION = 1


class Level(IntEnum):
    """How bad it is, as the exit code that monitoring systems expect."""

    OK = 0
    WARNING = 1
    CRITICAL = 2


class State(BaseModel):
    """A part of the document: camelCase keys, values that never change."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        use_attribute_docstrings=True,
    )


class Cause(State):
    """Why a tunnel is down, in words, and what mends it. `evidence` is the log's own line."""

    id: str
    says: str
    mend: str
    evidence: str


class TunnelState(State):
    """One of the two tunnels of a VPN connection, as AWS's end sees it."""

    outside_address: str
    inside_cidr: str
    up: bool
    since: datetime | None
    accepted_routes: int
    message: str
    cause: Cause | None = None
    maintenance: str | None = None
    """Pending replacement of AWS's endpoint, and when it is made at the latest."""


class SiteState(State):
    """A site's VPN connection. `tunnels` is empty when AWS could not be asked."""

    name: str
    vpn_connection_id: str
    customer_gateway_id: str
    routing: Literal["static", "bgp"]
    static_routes: tuple[str, ...] = ()
    tunnels: tuple[TunnelState, ...] = ()
    certificate_expires: datetime | None = None


class ServerState(State):
    """Main or standby. `healthy` is what the monitor said last; None when it says nothing."""

    role: Literal["main", "standby"]
    instance_id: str | None
    zone: str | None
    private_address: str | None
    running: str
    healthy: bool | None


class PairState(State):
    """Two servers behind one address: an OpenVPN tunnel or NAT."""

    name: str
    kind: Literal["openvpn", "nat"]
    public_ip: str
    holder: Literal["main", "standby", "nobody", "another"] | None
    servers: tuple[ServerState, ...]
    monitor_heard: datetime | None = None
    sessions: tuple[str, ...] | None = None
    """Names of the clients that are connected, as far as the servers' log of the last day tells."""
    last_seen: dict[str, datetime] = {}
    revocation_list: str | None = None
    expiring: tuple[str, ...] = ()


class AlarmState(State):
    """A CloudWatch alarm of the environment that is not OK."""

    name: str
    state: str
    reason: str
    since: datetime | None


class Unanswered(State):
    """What could not be asked, and why."""

    what: str
    why: str


class Finding(State):
    """One thing that needs attention, in one line."""

    level: Level
    text: str


class EnvironmentState(State):
    """One stack. Without `deployed` only `unanswered` says something."""

    stack: str
    region: str | None
    deployed: bool
    sites: tuple[SiteState, ...] = ()
    pairs: tuple[PairState, ...] = ()
    alarms: tuple[AlarmState, ...] | None = None
    drift: tuple[str, ...] | None = None
    """The resources that differ from what was deployed; None when nobody asked."""
    unanswered: tuple[Unanswered, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def level(self) -> Level:
        """The worst that was found."""
        return max((finding.level for finding in self.findings), default=Level.OK)


class Status(State):
    """All environments that were asked for."""

    version: Literal[1] = VERSION
    generated_at: datetime
    environments: tuple[EnvironmentState, ...]

    @property
    def level(self) -> Level:
        """The worst of all."""
        return max((environment.level for environment in self.environments), default=Level.OK)
