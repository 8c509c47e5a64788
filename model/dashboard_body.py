"""A dashboard's body, as "Dashboard Body Structure and Syntax" (CloudWatch) has it.

Widgets stand on a grid of 24 columns, row by row. Figures are what AWS itself measures (AWS/VPN,
AWS/NATGateway), what servers measure (`hosts.metrics`), and what failover monitors report; none of them is
told by an instance's id, so that a server that is replaced stays in its graph.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from model.names import METRIC_NAMESPACE

COLUMNS = 24
GRAPH_HEIGHT = 6
SITES_OF_A_GRAPH = 10
ALARMS_OF_A_WIDGET = 100
"""The most ARNs that an alarm status widget takes."""

Kind = Literal["nat", "openvpn"]
Widget = dict[str, Any]
Told = Any
"""A text, or an output that will be one."""


@dataclass(frozen=True, kw_only=True)
class ShownSite:
    """A site's connection, and the outside addresses of its two tunnels."""

    name: str
    vpn_connection_id: Told
    outside_addresses: tuple[Told, Told]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What there is to show. `pairs` are kinds by name; `nat_gateways` are ids by part (`nat-a`)."""

    environment: str
    region: str
    sites: Sequence[ShownSite] = ()
    pairs: Mapping[str, Kind] = field(default_factory=dict[str, Kind])
    nat_gateways: Mapping[str, Told] = field(default_factory=dict[str, Told])
    alarm_arns: Sequence[Told] = ()


def dashboard_body(shown: Shown) -> dict[str, Any]:
    """Alarms on top, then tunnels, pairs one by one, and NAT gateways."""
    grid = _Grid(shown.region)
    grid.text(f"# {shown.environment}\nMade by the program, which takes back what is changed by hand.")
    for part in _chunks(shown.alarm_arns, ALARMS_OF_A_WIDGET):
        grid.alarms(part)
    if shown.sites:
        grid.text("## Tunnels to sites")
    for part in _chunks(shown.sites, SITES_OF_A_GRAPH):
        _sites(grid, part)
    for name, kind in shown.pairs.items():
        grid.text(f"## {name}")
        _pair(grid, shown.environment, name, kind)
    if shown.nat_gateways:
        grid.text("## NAT gateways")
        _nat_gateways(grid, shown.nat_gateways)
    return {"widgets": grid.widgets}


def metrics_of(body: Mapping[str, Any]) -> list[list[Any]]:
    """All metrics in a body's widgets, as they stand there."""
    return [metric for widget in body["widgets"] for metric in widget["properties"].get("metrics", ())]


class _Grid:
    """Places widgets from left to right; what does not fit into a row begins the next."""

    def __init__(self, region: str) -> None:
        self.widgets: list[Widget] = []
        self._region, self._x, self._y, self._row_height = region, 0, 0, 0

    def text(self, markdown: str) -> None:
        """A heading over what follows."""
        self._place(
            "text", COLUMNS, 1 + markdown.count("\n"), {"markdown": markdown, "background": "transparent"}
        )

    def alarms(self, arns: Sequence[Told]) -> None:
        """The state of alarms, those that ring first."""
        properties = {"title": "Alarms", "alarms": list(arns), "sortBy": "stateUpdatedTimestamp"}
        self._place("alarm", COLUMNS, min(10, 2 + len(arns) // 4), properties)

    def graph(self, width: int, title: str, metrics: Sequence[list[Any]], **properties: Any) -> None:
        """Metrics over time."""
        given = {
            "title": title,
            "metrics": list(metrics),
            "region": self._region,
            "view": "timeSeries",
            "stacked": False,
            "period": 300,
            **properties,
        }
        self._place("metric", width, GRAPH_HEIGHT, given)

    def _place(self, kind: str, width: int, height: int, properties: dict[str, Any]) -> None:
        if self._x + width > COLUMNS:
            self._x, self._y, self._row_height = 0, self._y + self._row_height, 0
        place = {"x": self._x, "y": self._y, "width": width, "height": height}
        self.widgets.append({"type": kind, **place, "properties": properties})
        self._x += width
        self._row_height = max(self._row_height, height)


_FROM_NOTHING_TO_ONE = {"left": {"min": 0, "max": 1}}
_FROM_NOTHING = {"left": {"min": 0}}


def _sites(grid: _Grid, sites: Sequence[ShownSite]) -> None:
    states = [
        ["AWS/VPN", "TunnelState", "TunnelIpAddress", address, {"label": f"{site.name} tunnel {number}"}]
        for site in sites
        for number, address in enumerate(site.outside_addresses, start=1)
    ]
    grid.graph(8, "Tunnel is up", states, stat="Minimum", yAxis=_FROM_NOTHING_TO_ONE)
    for title, metric in (("Bytes from sites", "TunnelDataIn"), ("Bytes to sites", "TunnelDataOut")):
        rows = [["AWS/VPN", metric, "VpnId", site.vpn_connection_id, {"label": site.name}] for site in sites]
        grid.graph(8, title, rows, stat="Sum", yAxis=_FROM_NOTHING)


def _pair(grid: _Grid, environment: str, name: str, kind: Kind) -> None:
    def row(metric: str, label: str, stat: str) -> list[Any]:
        dimensions = ("Environment", environment, "Name", name)
        return [METRIC_NAMESPACE, metric, *dimensions, {"label": label, "stat": stat}]

    width = 8 if kind == "openvpn" else 6
    health = [
        row("MainHealthy", "main is healthy", "Minimum"),
        row("StandbyHealthy", "standby is healthy", "Minimum"),
        row("AddressOnMain", "main has the address", "Minimum"),
        row("Moves", "moves", "Sum"),
    ]
    grid.graph(width, "Failover", health, yAxis=_FROM_NOTHING)
    traffic = [row("ReceivedBytes", "received", "Sum"), row("SentBytes", "sent", "Sum")]
    grid.graph(width, "Traffic in bytes", traffic, yAxis=_FROM_NOTHING)
    if kind == "openvpn":
        grid.graph(width, "Clients", [row("Sessions", "sessions", "Maximum")], yAxis=_FROM_NOTHING)
    tracked = [row("ConntrackUse", "table of the kernel, in percent", "Maximum")]
    grid.graph(width, "Connections tracked", tracked, yAxis={"left": {"min": 0, "max": 100}})
    exceeded = [
        row("ConntrackAllowanceExceeded", "connections", "Sum"),
        row("BandwidthAllowanceExceeded", "bandwidth", "Sum"),
        row("PacketRateAllowanceExceeded", "packets a second", "Sum"),
    ]
    grid.graph(width, "Packets over AWS's allowances", exceeded, yAxis=_FROM_NOTHING)
    if kind == "openvpn":
        left = [
            row("CertificateDaysLeft", "servers' certificate", "Minimum"),
            row("RevocationListDaysLeft", "revocation list", "Minimum"),
        ]
        grid.graph(width, "Days left", left, yAxis=_FROM_NOTHING)


def _nat_gateways(grid: _Grid, gateways: Mapping[str, Told]) -> None:
    for title, *metrics in (
        ("Connections", ("ActiveConnectionCount", "Maximum")),
        ("Bytes out and back", ("BytesOutToDestination", "Sum"), ("BytesInFromDestination", "Sum")),
        ("Ports exhausted, packets dropped", ("ErrorPortAllocation", "Sum"), ("PacketsDropCount", "Sum")),
    ):
        rows = [
            ["AWS/NATGateway", metric, "NatGatewayId", ident, {"label": f"{part} {metric}", "stat": stat}]
            for part, ident in gateways.items()
            for metric, stat in metrics
        ]
        grid.graph(8, title, rows, yAxis=_FROM_NOTHING)


def _chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
