"""The options of one VPN tunnel, held to AWS's rules.

Options that the request leaves out are left out of the description too; what then holds is in
`Tunnel.effective`.
"""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Any

from moto.ec2.exceptions import EC2ClientError

from sandbox.moto_server.ec2.tunnel_outage import Maintenance, Telemetry
from sandbox.tunnel_limits import (
    CHOICES,
    DESCRIBED_AS,
    INSIDE_RANGE,
    KEY,
    KEY_RULE,
    LISTS,
    RANGES,
    RESERVED_INSIDE,
)

STORAGES = ("Standard", "SecretsManager")
DEFAULTS: dict[str, Any] = {
    **LISTS,
    "Phase1LifetimeSeconds": 28800,
    "Phase2LifetimeSeconds": 3600,
    "RekeyMarginTimeSeconds": 270,
    "DPDTimeoutSeconds": 30,
    "StartupAction": "add",
}
_KEY_CHARACTERS = string.ascii_letters + string.digits + "._"
_LOG_GROUP = re.compile(r"arn:aws[a-z-]*:logs:[a-z0-9-]+:\d{12}:log-group:[\w./#-]+(:\*)?")


@dataclass
class Tunnel:
    """One of a VPN connection's two tunnels. `asked` holds the options by their names in a request.

    `key_storage` says where its pre-shared key is kept: in the tunnel (`Standard`) or in `SecretsManager`.
    """

    outside_address: str
    inside_cidr: IPv4Network
    preshared_key: str | None
    asked: dict[str, Any]
    key_storage: str = "Standard"
    telemetry: Telemetry = field(default_factory=Telemetry)
    maintenance: Maintenance = field(default_factory=Maintenance)

    def effective(self, option: str) -> Any:
        """What holds of an option: as asked for, else AWS's default."""
        return self.asked.get(option, DEFAULTS[option])

    @property
    def shown_key(self) -> str | None:
        """The pre-shared key as the configuration shows it."""
        return self.preshared_key if self.key_storage == "Standard" else self.preshared_key and "REDACTED"

    def described(self) -> dict[str, Any]:
        """The tunnel as DescribeVpnConnections tells it."""
        shown: dict[str, Any] = {
            "OutsideIpAddress": self.outside_address,
            "TunnelInsideCidr": str(self.inside_cidr),
            "LogOptions": {"CloudWatchLogOptions": {"LogEnabled": False}},
            "EnableTunnelLifecycleControl": False,
        }
        if self.preshared_key and self.key_storage == "Standard":
            shown["PreSharedKey"] = self.shown_key
        for option, value in self.asked.items():
            in_list = option in LISTS
            shown[DESCRIBED_AS.get(option, option)] = (
                [{"Value": item} for item in value] if in_list else value
            )
        return shown


def read_options(specification: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a request, lists as plain values, without inside CIDR and key.

    Raises:
        EC2ClientError: InvalidParameterValue, when one is not as AWS allows.
    """
    options = {
        option: [item["Value"] for item in value] if option in LISTS else value
        for option, value in specification.items()
        if value is not None and option not in ("TunnelInsideCidr", "PreSharedKey")
    }
    for option, value in options.items():
        _check_option(option, value)
    return options


def check_together(options: Mapping[str, Any], initiates_to: str | None) -> None:
    """Hold options against each other. `initiates_to` is the customer gateway's address.

    Raises:
        EC2ClientError: InvalidParameterValue, when two contradict each other.
    """
    effective = {**DEFAULTS, **options}
    if effective["Phase2LifetimeSeconds"] >= effective["Phase1LifetimeSeconds"]:
        raise refused(
            "Phase2LifetimeSeconds",
            effective["Phase2LifetimeSeconds"],
            "must be less than Phase1LifetimeSeconds",
        )
    if effective["RekeyMarginTimeSeconds"] > effective["Phase2LifetimeSeconds"] // 2:
        raise refused(
            "RekeyMarginTimeSeconds",
            effective["RekeyMarginTimeSeconds"],
            "must be at most half of Phase2LifetimeSeconds",
        )
    if effective["StartupAction"] == "start":
        if "ikev2" not in effective["IKEVersions"]:
            raise refused("StartupAction", "start", "AWS initiates IKEv2 only")
        if not initiates_to:
            raise refused("StartupAction", "start", "the customer gateway has no IP address")


def read_inside_cidr(text: str, taken: Collection[IPv4Network]) -> IPv4Network:
    """The inside CIDR of a request.

    Raises:
        EC2ClientError: InvalidParameterValue, when it is no /30 of the range, or is reserved or taken.
    """
    try:
        cidr = IPv4Network(text)
    except ValueError:
        raise refused("TunnelInsideCidr", text, "must be a CIDR block") from None
    if cidr.prefixlen != 30 or not cidr.subnet_of(INSIDE_RANGE):
        raise refused("TunnelInsideCidr", text, "must be a /30 block from 169.254.0.0/16")
    if cidr in RESERVED_INSIDE:
        raise refused("TunnelInsideCidr", text, "is reserved")
    if cidr in taken:
        raise refused("TunnelInsideCidr", text, "is already in use on this virtual private gateway")
    return cidr


def free_inside_cidr(taken: Collection[IPv4Network]) -> IPv4Network:
    """An inside CIDR of AWS's choice."""
    while True:
        cidr = IPv4Network((int(INSIDE_RANGE.network_address) + 4 * secrets.randbelow(2**14), 30))
        if cidr not in taken and cidr not in RESERVED_INSIDE:
            return cidr


def read_key(key: str) -> str:
    """The pre-shared key of a request.

    Raises:
        EC2ClientError: InvalidParameterValue, without the key, when it is not of AWS's form.
    """
    if not KEY.fullmatch(key):
        raise EC2ClientError(
            "InvalidParameterValue",
            f"The value for parameter PreSharedKey is invalid: it must be {KEY_RULE}.",
        )
    return key


def read_key_storage(storage: str) -> str:
    """Where a request wants the pre-shared key.

    Raises:
        EC2ClientError: InvalidParameterValue, when AWS keeps none there.
    """
    if storage not in STORAGES:
        raise refused("PreSharedKeyStorage", storage, f"must be one of {', '.join(STORAGES)}")
    return storage


def generated_key() -> str:
    """A pre-shared key of AWS's making: 32 characters."""
    first = secrets.choice(string.ascii_letters)
    return first + "".join(secrets.choice(_KEY_CHARACTERS) for _ in range(31))


def refused(option: str, value: object, rule: str) -> EC2ClientError:
    """The error for a value that AWS does not take."""
    return EC2ClientError(
        "InvalidParameterValue", f"Value ({value}) for parameter {option} is invalid: {rule}."
    )


def _check_option(option: str, value: Any) -> None:
    if option in LISTS:
        _check_list(option, value)
    elif option in RANGES:
        low, high = RANGES[option]
        if not low <= value <= high:
            raise refused(option, value, f"must be from {low} to {high}")
    elif option in CHOICES:
        if value not in CHOICES[option]:
            raise refused(option, value, f"must be one of {', '.join(CHOICES[option])}")
    elif option == "LogOptions":
        _check_log_options(value.get("CloudWatchLogOptions", {}))


def _check_list(option: str, values: list[object]) -> None:
    for value in values:
        if value not in LISTS[option]:
            raise refused(option, value, f"must be of {', '.join(map(str, LISTS[option]))}")


def _check_log_options(options: Mapping[str, Any]) -> None:
    for prefix in ("", "Bgp"):
        arn = options.get(f"{prefix}LogGroupArn")
        if options.get(f"{prefix}LogEnabled") and arn is None:
            raise refused(f"{prefix}LogGroupArn", "", "must be given when logs are enabled")
        if arn is not None and not _LOG_GROUP.fullmatch(arn):
            raise refused(f"{prefix}LogGroupArn", arn, "must be the ARN of a log group")
        if options.get(f"{prefix}LogOutputFormat", "json") not in ("json", "text"):
            raise refused(
                f"{prefix}LogOutputFormat", options[f"{prefix}LogOutputFormat"], "must be json or text"
            )
