"""OpenVPN tunnels and NAT: who holds the address, how both servers are, and who is connected."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast

from hosts.openvpn_server.units import FETCH_IDENTIFIER
from model.names import METRIC_NAMESPACE, EnvironmentNames
from model.openvpn_log import CONNECTED, GONE, STARTED
from operations.status.asking import Asking, Clients
from operations.status.model import PairState, ServerState

METRICS = ("MainHealthy", "StandbyHealthy", "AddressOnMain")
METRICS_QUESTION = "monitors' metrics"
METRIC_MINUTES = 5
"""The monitor sends its metrics once a minute."""

LOG_HOURS = 24
LOG_PATTERN = " ".join(
    f'?"{words}"'
    for words in (
        "Peer Connection Initiated",
        "client-instance exiting",
        "client-instance restarting",
        "Initialization Sequence Completed",
        "expires in",
        "revocation list",
    )
)

_EXPIRES = re.compile(rf"{FETCH_IDENTIFIER}: (?P<what>[\w' -]+) expires in (?P<days>-?\d+) days")
_LIST = re.compile(rf"{FETCH_IDENTIFIER}: (revocation list \d+ installed, \d+ revoked)")

Role = Literal["main", "standby"]


@dataclass
class Journal:
    """What the servers' log tells, line by line in the order of time."""

    sessions: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    last_seen: dict[str, datetime] = field(default_factory=dict[str, datetime])
    revocation_list: str | None = None
    expiring: dict[str, int] = field(default_factory=dict[str, int])

    def take(self, host: str, when: datetime, line: str) -> None:
        """Take one line in; `host` is the log stream, since each server counts its own clients."""
        if STARTED.fullmatch(line):
            self.sessions = {key: name for key, name in self.sessions.items() if key[0] != host}
        elif match := CONNECTED.fullmatch(line):
            self.sessions[host, match["peer"]] = match["name"]
            self.last_seen[match["name"]] = when
        elif match := GONE.fullmatch(line):
            self.sessions.pop((host, match["peer"]), None)
        elif match := _EXPIRES.fullmatch(line):
            self.expiring[match["what"].strip()] = int(match["days"])
        elif match := _LIST.fullmatch(line):
            self.revocation_list = match[1]


class Pairs:
    """Asks about all pairs of one environment (the outputs `openVpn` and `nat`)."""

    def __init__(self, stack: str, outputs: Mapping[str, Any], asking: Asking, clients: Clients) -> None:
        self._stack, self._names = stack, EnvironmentNames(stack)
        self._asking, self._clients = asking, clients
        self._addresses: dict[str, str] = {
            f"openvpn-{name}": tunnel["publicIp"] for name, tunnel in outputs.get("openVpn", {}).items()
        }
        if "nat" in outputs:
            self._addresses["nat"] = outputs["nat"]["publicIp"]
        if not self._addresses:
            return
        self._holders = asking.ask("addresses", self._describe_addresses)
        self._servers = asking.ask("servers", self._describe_servers)
        self._metrics = asking.ask(METRICS_QUESTION, self._read_metrics)
        self._journals = {
            name: asking.ask("servers' logs", lambda name=name: self._read_journal(name))
            for name in self._addresses
            if name.startswith("openvpn-")
        }

    def states(self) -> tuple[PairState, ...]:
        """What was answered, pair by pair."""
        return tuple(self._pair(name, address) for name, address in self._addresses.items())

    def _pair(self, name: str, address: str) -> PairState:
        instances = self._asking.wait(self._servers)
        holders = self._asking.wait(self._holders)
        metrics = (self._asking.wait(self._metrics) or {}).get(name, {})
        servers = tuple(self._server(name, role, instances, metrics) for role in ("main", "standby"))
        journal = self._asking.wait(self._journals[name]) if name in self._journals else None
        return PairState(
            name=name.removeprefix("openvpn-"),
            kind="nat" if name == "nat" else "openvpn",
            public_ip=address,
            holder=None if holders is None or instances is None else _holder(holders.get(address), servers),
            servers=servers,
            monitor_heard=metrics["AddressOnMain"][0] if "AddressOnMain" in metrics else None,
            sessions=None if journal is None else tuple(sorted(journal.sessions.values())),
            last_seen={} if journal is None else journal.last_seen,
            revocation_list=None if journal is None else journal.revocation_list,
            expiring=()
            if journal is None
            else tuple(f"{what} expires in {days} days" for what, days in journal.expiring.items()),
        )

    def _server(
        self,
        pair: str,
        role: Role,
        instances: Mapping[str, Any] | None,
        metrics: Mapping[str, tuple[datetime, float]],
    ) -> ServerState:
        instance = (instances or {}).get(self._names.of(f"{pair}-{role}"), {})
        health = metrics.get(f"{role.capitalize()}Healthy")
        missing = "unknown" if instances is None else "missing"
        return ServerState(
            role=role,
            instance_id=instance.get("InstanceId"),
            zone=instance.get("Placement", {}).get("AvailabilityZone"),
            private_address=instance.get("PrivateIpAddress"),
            running=instance.get("State", {}).get("Name", missing),
            healthy=None if health is None else health[1] >= 1,
        )

    def _own(self) -> list[dict[str, Any]]:
        return [
            {"Name": "tag:Project", "Values": ["aws-vpn"]},
            {"Name": "tag:Environment", "Values": [self._stack]},
        ]

    def _describe_addresses(self) -> dict[str, str | None]:
        found = self._clients.of("ec2").describe_addresses(Filters=self._own())["Addresses"]
        return {one["PublicIp"]: one.get("InstanceId") or one.get("NetworkInterfaceId") for one in found}

    def _describe_servers(self) -> dict[str, Any]:
        alive = {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}
        pages = (
            self._clients.of("ec2")
            .get_paginator("describe_instances")
            .paginate(Filters=[*self._own(), alive])
        )
        return {
            tag["Value"]: instance
            for page in pages
            for reservation in page["Reservations"]
            for instance in reservation["Instances"]
            for tag in instance.get("Tags", [])
            if tag["Key"] == "Name"
        }

    def _read_metrics(self) -> dict[str, dict[str, tuple[datetime, float]]]:
        """The newest value of each of the monitors' metrics, by pair."""
        now = datetime.now(UTC)
        asked = [(pair, metric) for pair in self._addresses for metric in METRICS]
        queries = [
            {
                "Id": f"m{i}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": METRIC_NAMESPACE,
                        "MetricName": metric,
                        "Dimensions": [
                            {"Name": "Environment", "Value": self._stack},
                            {"Name": "Name", "Value": pair},
                        ],
                    },
                    "Period": 60,
                    "Stat": "Minimum",
                },
            }
            for i, (pair, metric) in enumerate(asked)
        ]
        answer = self._clients.of("cloudwatch").get_metric_data(
            MetricDataQueries=queries,
            StartTime=now - timedelta(minutes=METRIC_MINUTES),
            EndTime=now + timedelta(minutes=1),
            ScanBy="TimestampDescending",
        )
        newest: dict[str, dict[str, tuple[datetime, float]]] = {}
        for result in answer["MetricDataResults"]:
            pair, metric = asked[int(result["Id"][1:])]
            points = list(zip(result["Timestamps"], result["Values"], strict=True))
            if points:
                newest.setdefault(pair, {})[metric] = max(points)
        return newest

    def _read_journal(self, pair: str) -> Journal:
        since = datetime.now(UTC) - timedelta(hours=LOG_HOURS)
        pages = (
            self._clients.of("logs")
            .get_paginator("filter_log_events")
            .paginate(
                logGroupName=self._names.path("openvpn", pair.removeprefix("openvpn-")),
                filterPattern=LOG_PATTERN,
                startTime=int(since.timestamp() * 1000),
            )
        )
        return read_journal(event for page in pages for event in page["events"])


def read_journal(events: Iterable[Mapping[str, Any]]) -> Journal:
    """What the events of the servers' log group tell, in the order of their times."""
    journal = Journal()
    for event in sorted(events, key=lambda event: event["timestamp"]):
        when = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
        journal.take(event.get("logStreamName", ""), when, event["message"])
    return journal


def _holder(
    instance: str | None, servers: tuple[ServerState, ...]
) -> Literal["main", "standby", "nobody", "another"]:
    if instance is None:
        return "nobody"
    roles = [server.role for server in servers if server.instance_id == instance]
    return cast("Role", roles[0]) if roles else "another"
