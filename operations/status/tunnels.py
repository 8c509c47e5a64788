"""The sites' VPN connections: both tunnels, their routes, and the cause for one that is down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from model.names import EnvironmentNames
from operations.status.asking import Asked, Asking, Clients
from operations.status.causes import NO_BGP_LINE, cause
from operations.status.model import Cause, SiteState, TunnelState

LOG_EVENTS = 200
"""Of a tunnel's log, the newest: a failed negotiation writes about ten lines."""

LOG_HOURS = 24
"""Lines that are older do not tell why the tunnel is down now."""

NO_BGP = "IPSEC IS UP"
"""VgwTelemetry's message of a tunnel whose IPsec is up, and whose status is DOWN for want of BGP."""


class Tunnels:
    """Asks about all sites of one environment (the output `hardwareVpn`)."""

    def __init__(self, stack: str, exported: Mapping[str, Any], asking: Asking, clients: Clients) -> None:
        self._exported: Mapping[str, Any] = exported.get("sites", {})
        self._asking, self._clients = asking, clients
        self._group = f"/aws/vendedlogs{EnvironmentNames(stack).path('hardware-vpn')}"
        self._connections = asking.ask("tunnels", self._describe) if self._exported else None
        self._certificates = (
            asking.ask("certificates", self._describe_certificates) if self._exported else None
        )
        self._maintenance = {
            (site["vpnConnectionId"], tunnel["outsideAddress"]): self._ask_maintenance(
                site["vpnConnectionId"], tunnel["outsideAddress"]
            )
            for site in self._exported.values()
            for tunnel in site["tunnels"]
        }

    def states(self) -> tuple[SiteState, ...]:
        """What was answered, site by site, in the order of the outputs."""
        if self._connections is None:
            return ()
        found = self._asking.wait(self._connections) or {}
        causes = {
            key: self._asking.ask("tunnel logs", lambda key=key, line=line: self._cause(*key, line))
            for key, line in _down(found)
        }
        certificates = (self._asking.wait(self._certificates) if self._certificates else None) or {}
        return tuple(
            self._site(name, site, found.get(site["vpnConnectionId"]), causes, certificates)
            for name, site in self._exported.items()
        )

    def _site(
        self,
        name: str,
        site: Mapping[str, Any],
        connection: Mapping[str, Any] | None,
        causes: Mapping[tuple[str, str], Asked[Cause]],
        certificates: Mapping[str, datetime],
    ) -> SiteState:
        identifier = site["vpnConnectionId"]
        telemetry = {end["OutsideIpAddress"]: end for end in (connection or {}).get("VgwTelemetry", [])}
        tunnels = [
            self._tunnel(identifier, tunnel, telemetry[tunnel["outsideAddress"]], causes)
            for tunnel in site["tunnels"]
            if tunnel["outsideAddress"] in telemetry
        ]
        return SiteState(
            name=name,
            vpn_connection_id=identifier,
            customer_gateway_id=site["customerGatewayId"],
            routing=site["routing"],
            static_routes=tuple(
                route["DestinationCidrBlock"]
                for route in (connection or {}).get("Routes", [])
                if route.get("State") != "deleted"
            ),
            tunnels=tuple(tunnels),
            certificate_expires=certificates.get(site["customerGatewayId"]),
        )

    def _tunnel(
        self,
        connection: str,
        tunnel: Mapping[str, Any],
        telemetry: Mapping[str, Any],
        causes: Mapping[tuple[str, str], Asked[Cause]],
    ) -> TunnelState:
        key = (connection, tunnel["outsideAddress"])
        return TunnelState(
            outside_address=tunnel["outsideAddress"],
            inside_cidr=tunnel["insideCidr"],
            up=telemetry["Status"] == "UP",
            since=telemetry.get("LastStatusChange"),
            accepted_routes=telemetry.get("AcceptedRouteCount", 0),
            message=telemetry.get("StatusMessage", ""),
            cause=self._asking.wait(causes[key]) if key in causes else None,
            maintenance=self._asking.wait(self._maintenance[key]),
        )

    def _describe(self) -> dict[str, Any]:
        identifiers = [site["vpnConnectionId"] for site in self._exported.values()]
        # Not by VpnConnectionIds: one that was deleted by hand would hide all the others.
        wanted = [{"Name": "vpn-connection-id", "Values": identifiers}]
        found = self._clients.of("ec2").describe_vpn_connections(Filters=wanted)["VpnConnections"]
        return {one["VpnConnectionId"]: one for one in found if one["State"] not in ("deleted", "deleting")}

    def _describe_certificates(self) -> dict[str, datetime]:
        """When the certificates of sites that have one expire, by customer gateway."""
        identifiers = [site["customerGatewayId"] for site in self._exported.values()]
        wanted = [{"Name": "customer-gateway-id", "Values": identifiers}]
        gateways = self._clients.of("ec2").describe_customer_gateways(Filters=wanted)["CustomerGateways"]
        arns = {one["CustomerGatewayId"]: one.get("CertificateArn") for one in gateways}
        return {
            gateway: self._clients.of("acm").describe_certificate(CertificateArn=arn)["Certificate"][
                "NotAfter"
            ]
            for gateway, arn in arns.items()
            if arn
        }

    def _ask_maintenance(self, connection: str, address: str) -> Asked[str | None]:
        def question() -> str | None:
            answer = self._clients.of("ec2").get_vpn_tunnel_replacement_status(
                VpnConnectionId=connection, VpnTunnelOutsideIpAddress=address
            )
            return pending(answer.get("MaintenanceDetails", {}))

        return self._asking.ask("pending maintenance", question)

    def _cause(self, connection: str, address: str, status_message: str) -> Cause:
        routing = {site["vpnConnectionId"]: site["routing"] for site in self._exported.values()}
        groups = (self._group, f"{self._group}-bgp") if routing[connection] == "bgp" else (self._group,)
        entries = [entry for group in groups for entry in self._log(group, connection, address)]
        lines = [line for _, line in sorted(entries, key=lambda entry: entry[0])]
        if status_message == NO_BGP:
            lines.append(NO_BGP_LINE)
        return cause(lines)

    def _log(self, group: str, connection: str, address: str) -> Iterator[tuple[int, str]]:
        """A tunnel's newest lines and their times. Its stream is named after connection and address.

        A stack that was deployed before its BGP was logged has no group for it.
        """
        logs = self._clients.of("logs")
        since = int((datetime.now(UTC) - timedelta(hours=LOG_HOURS)).timestamp() * 1000)
        try:
            found = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=connection)
        except logs.exceptions.ResourceNotFoundException:
            return
        for stream in found["logStreams"]:
            name = stream["logStreamName"]
            if address in name or address.replace(".", "-") in name:
                page = logs.get_log_events(
                    logGroupName=group,
                    logStreamName=name,
                    startTime=since,
                    limit=LOG_EVENTS,
                    startFromHead=False,
                )
                for event in page["events"]:
                    yield event["timestamp"], event["message"]


def _down(connections: Mapping[str, Any]) -> list[tuple[tuple[str, str], str]]:
    return [
        ((identifier, end["OutsideIpAddress"]), end.get("StatusMessage", ""))
        for identifier, connection in connections.items()
        for end in connection.get("VgwTelemetry", [])
        if end["Status"] != "UP"
    ]


NO_MAINTENANCE = frozenset({"", "false", "no", "none", "unavailable", "not available", "not_available"})
"""`PendingMaintenance` is a text without a list of values (MaintenanceDetails); all others are reported."""


def pending(details: Mapping[str, Any]) -> str | None:
    """What AWS's MaintenanceDetails of a tunnel say that is still to come."""
    if str(details.get("PendingMaintenance") or "").strip().lower() in NO_MAINTENANCE:
        return None
    after = details.get("MaintenanceAutoAppliedAfter")
    return f"AWS replaces its end after {after:%Y-%m-%d %H:%M} UTC" if after else "AWS replaces its end soon"
