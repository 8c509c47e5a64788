"""The monitor's configuration: a JSON document in S3, checked before anything is done."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast

Item = TypeVar("Item")


class ConfigurationError(ValueError):
    """A configuration that cannot be used: key, value, and what would be right."""


@dataclass(frozen=True)
class Server:
    """Main or standby: its instance, and the interface that address and routes go to when it is active."""

    instance_id: str
    network_interface_id: str


@dataclass(frozen=True)
class Route:
    """A route that follows the address."""

    route_table_id: str
    destination: str


@dataclass(frozen=True)
class OpenVpnProbe:
    """A handshake with an OpenVPN server. `key_secret` names the secret with a tls-crypt-v2 client key."""

    protocol: Literal["udp", "tcp"]
    port: int
    key_secret: str


@dataclass(frozen=True)
class NatProbe:
    """A TCP connection that the NAT instance sends on to the internet."""

    port: int


@dataclass(frozen=True)
class Timing:
    """The hysteresis, in seconds. A probe begins every `probe_interval`, whatever became of the last."""

    probe_interval: float
    probe_timeout: float
    failures_to_move: int
    successes_to_trust: int
    failback: Literal["manual", "automatic"]
    failback_after: float


@dataclass(frozen=True)
class Configuration:
    """One floating address: who may hold it, what follows it, how its servers are probed, who is notified."""

    name: str
    environment: str
    region: str
    allocation_id: str
    main: Server
    standby: Server
    routes: tuple[Route, ...]
    probe: OpenVpnProbe | NatProbe
    timing: Timing
    topic_arn: str
    metric_namespace: str

    @property
    def fingerprint(self) -> str:
        """Tells one configuration from another."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


def parse_configuration(text: str) -> Configuration:
    """The configuration in a document.

    Raises:
        ConfigurationError: it is not JSON, a key is missing, unknown, or has a value that cannot work.
    """
    try:
        document: object = json.loads(text)
    except ValueError as error:
        raise ConfigurationError(f"not a JSON document: {error}") from None
    section = _Section("", document)
    configuration = Configuration(
        name=section.text("name", r"[A-Za-z0-9-]+", "letters, digits and '-'"),
        environment=section.text("environment", r"[A-Za-z0-9-]+", "letters, digits and '-'"),
        region=section.text("region", r"[a-z]{2}(-[a-z]+)+-\d", "an AWS region, such as eu-central-1"),
        allocation_id=section.identifier("allocationId", "eipalloc"),
        main=_server(section.section("main")),
        standby=_server(section.section("standby")),
        routes=section.each("routes", _route),
        probe=_probe(section.section("probe")),
        timing=_timing(section.section("timing")),
        topic_arn=section.text("topicArn", r"arn:[^:]+:sns:[^:]+:\d{12}:.+", "an SNS topic's ARN"),
        metric_namespace=section.text("metricNamespace", r"[^:].*", "a CloudWatch namespace"),
    )
    section.no_more()
    if configuration.main.network_interface_id == configuration.standby.network_interface_id:
        raise ConfigurationError(
            f"standby.networkInterfaceId = {configuration.standby.network_interface_id};"
            " should be another interface than main's"
        )
    return configuration


def _server(section: _Section) -> Server:
    server = Server(section.identifier("instanceId", "i"), section.identifier("networkInterfaceId", "eni"))
    section.no_more()
    return server


def _route(section: _Section) -> Route:
    route = Route(
        section.identifier("routeTableId", "rtb"),
        section.text("destination", r"(\d{1,3}\.){3}\d{1,3}/\d{1,2}", "an IPv4 block, such as 10.0.0.0/16"),
    )
    section.no_more()
    return route


def _probe(section: _Section) -> OpenVpnProbe | NatProbe:
    kind = section.text("kind", "openvpn|nat", "openvpn or nat")
    port = int(section.number("port", 1, 65535, whole=True))
    probe: OpenVpnProbe | NatProbe = NatProbe(port)
    if kind == "openvpn":
        probe = OpenVpnProbe(
            cast(Literal["udp", "tcp"], section.text("protocol", "udp|tcp", "udp or tcp")),
            port,
            section.text("keySecret", r"[A-Za-z0-9/_+=.@:-]+", "the name of a secret"),
        )
    section.no_more()
    return probe


def _timing(section: _Section) -> Timing:
    timing = Timing(
        probe_interval=section.number("probeIntervalSeconds", 0.1, 60),
        probe_timeout=section.number("probeTimeoutSeconds", 0.1, 60),
        failures_to_move=int(section.number("failuresToMove", 2, 100, whole=True)),
        successes_to_trust=int(section.number("successesToTrust", 1, 100, whole=True)),
        failback=cast(
            Literal["manual", "automatic"],
            section.text("failback", "manual|automatic", "manual or automatic"),
        ),
        failback_after=60 * section.number("failbackAfterMinutes", 0.05, 1440),
    )
    section.no_more()
    return timing


class _Section:
    """A JSON object that is read key by key; what was not read is a key that does not belong there."""

    def __init__(self, path: str, value: object) -> None:
        if not isinstance(value, dict):
            raise ConfigurationError(f"{path.rstrip('.') or 'configuration'} = {value}; should be an object")
        self._path = path
        self._values = dict(cast(dict[str, Any], value))

    def text(self, key: str, pattern: str, right: str) -> str:
        value = self._take(key, right)
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise self._wrong(key, value, right)
        return value

    def identifier(self, key: str, prefix: str) -> str:
        return self.text(key, rf"{prefix}-[0-9a-f]{{8,17}}", f"an id such as {prefix}-0123456789abcdef0")

    def number(self, key: str, least: float, most: float, *, whole: bool = False) -> float:
        right = f"a {'whole ' if whole else ''}number from {least:g} to {most:g}"
        value = self._take(key, right)
        kinds = (int,) if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
            raise self._wrong(key, value, right)
        return value

    def section(self, key: str) -> _Section:
        return _Section(f"{self._path}{key}.", self._take(key, "an object"))

    def each(self, key: str, read: Callable[[_Section], Item]) -> tuple[Item, ...]:
        values = self._take(key, "a list")
        if not isinstance(values, list):
            raise self._wrong(key, values, "a list")
        items = enumerate(cast(list[object], values))
        return tuple(read(_Section(f"{self._path}{key}[{i}].", value)) for i, value in items)

    def no_more(self) -> None:
        for key, value in self._values.items():
            raise self._wrong(key, value, "left out; there is no such key")

    def _take(self, key: str, right: str) -> Any:
        if key not in self._values:
            raise ConfigurationError(f"{self._path}{key} is missing; should be {right}")
        return self._values.pop(key)

    def _wrong(self, key: str, value: object, right: str) -> ConfigurationError:
        return ConfigurationError(f"{self._path}{key} = {value}; should be {right}")
