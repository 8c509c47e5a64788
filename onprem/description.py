"""Reads the JSON of DescribeVpnConnections: AWS's document of a connection, and the options beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any, cast

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import TypeAdapter, ValidationError

from model.addresses import Cidr
from model.tunnel_options import TunnelOptions
from onprem.assembly import TunnelFacts
from onprem.document import Document, read_document
from onprem.errors import OnpremError
from onprem.stored_keys import keys_of_secret

LARGEST_DESCRIPTION = 1024 * 1024
"""Bytes. AWS's answer of one connection has about 10 KiB."""

_LISTS = (
    "IkeVersions",
    "Phase1EncryptionAlgorithms",
    "Phase1IntegrityAlgorithms",
    "Phase1DHGroupNumbers",
    "Phase2EncryptionAlgorithms",
    "Phase2IntegrityAlgorithms",
    "Phase2DHGroupNumbers",
)
_NUMBERS = (
    "Phase1LifetimeSeconds",
    "Phase2LifetimeSeconds",
    "RekeyMarginTimeSeconds",
    "ReplayWindowSize",
)
"""What a router needs of TunnelOption (EC2 API reference). DPD is the document's own."""

_NETWORK = TypeAdapter[IPv4Network](Cidr)

_ALL = TunnelOptions.model_validate(
    {
        "ike_versions": ("ikev1", "ikev2"),
        **{
            f"phase{n}_{kind}": values
            for n in (1, 2)
            for kind, values in (
                ("encryption_algorithms", ("AES256", "AES256-GCM-16")),
                ("integrity_algorithms", ("SHA2-256", "SHA2-384", "SHA2-512")),
                ("dh_group_numbers", (19, 20, 21)),
            )
        },
    }
)
"""What a router proposes where AWS names nothing: then AWS allows all, and these are the strongest."""


@dataclass(frozen=True)
class Description:
    """A connection as AWS describes it: its document, what each of its tunnels may negotiate, and its routes.

    `static_routes` are the networks behind the router that AWS has routes to; none with BGP.
    """

    document: Document
    facts: tuple[TunnelFacts, TunnelFacts]
    static_routes: tuple[IPv4Network, ...]


def described_by_aws(vpn_connection_id: str) -> Description:
    """The description of a connection that AWS has, asked with the caller's credentials and region.

    Raises:
        OnpremError: AWS has none of that id, does not answer, or describes something odd.
    """
    try:
        ec2 = boto3.client("ec2")  # pyright: ignore[reportUnknownMemberType]
        answer = ec2.describe_vpn_connections(VpnConnectionIds=[vpn_connection_id])
    except (BotoCoreError, ClientError, ValueError) as error:
        raise OnpremError(
            f"{vpn_connection_id} should be a VPN connection that AWS describes: {error}"
        ) from None
    return _described(cast("dict[str, Any]", answer), vpn_connection_id)


def read_description(text: bytes, source: str) -> Description:
    """The connection in a file with the answer of `aws ec2 describe-vpn-connections`.

    Raises:
        OnpremError: it is no such answer, or of more connections than one.
    """
    if len(text) > LARGEST_DESCRIPTION:
        raise OnpremError(f"{source}: {len(text)} bytes; should be at most {LARGEST_DESCRIPTION}")
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise OnpremError(f"{source}: should be the JSON of describe-vpn-connections")
    return _described(cast("dict[str, Any]", answer), source)


def _described(answer: Mapping[str, Any], source: str) -> Description:
    connections = answer.get("VpnConnections")
    if not isinstance(connections, list):
        raise OnpremError(
            f"{source}: VpnConnections is missing; should be the JSON of describe-vpn-connections"
        )
    found = [_mapping(each, source) for each in cast("list[object]", connections)]
    if len(found) != 1:
        raise OnpremError(f"{source}: {len(found)} connections; should be one (--vpn-connection-ids vpn-...)")
    text = found[0].get("CustomerGatewayConfiguration")
    if not isinstance(text, str):
        raise OnpremError(f"{source}: CustomerGatewayConfiguration is missing; deleted connections have none")
    document = read_document(text, source)
    options = _tunnel_options(found[0], source)
    keys = _keys(found[0], document, source)
    first, second = (
        _facts(options.get(str(tunnel.amazon_outside)), keys.get(str(tunnel.amazon_outside)), source)
        for tunnel in document.tunnels
    )
    return Description(document, (first, second), _static_routes(found[0], source))


def _static_routes(connection: Mapping[str, Any], source: str) -> tuple[IPv4Network, ...]:
    routes = [_mapping(each, source) for each in _list(connection.get("Routes", []), "Routes", source)]
    given = [each.get("DestinationCidrBlock") for each in routes if "delet" not in str(each.get("State"))]
    try:
        return tuple(_NETWORK.validate_python(each) for each in given)
    except ValidationError as error:
        raise OnpremError(f"{source}: Routes: {given}: should be {error.errors()[0]['msg']}") from None


def _keys(connection: Mapping[str, Any], document: Document, source: str) -> dict[str, str]:
    arn = connection.get("PreSharedKeyArn")
    if isinstance(arn, str) and any(tunnel.preshared_key is None for tunnel in document.tunnels):
        return keys_of_secret(source, document.vpn_connection_id, arn)
    return {}


def _tunnel_options(connection: Mapping[str, Any], source: str) -> dict[str, Mapping[str, Any]]:
    """The options of both tunnels by the outside address of AWS's end: their order is not the document's."""
    options = _mapping(connection.get("Options"), source).get("TunnelOptions", [])
    found = [_mapping(each, source) for each in _list(options, "Options.TunnelOptions", source)]
    return {str(each.get("OutsideIpAddress")): each for each in found}


def _facts(option: Mapping[str, Any] | None, key: str | None, source: str) -> TunnelFacts:
    if option is None:
        raise OnpremError(f"{source}: Options.TunnelOptions should have both tunnels of the document")
    given: dict[str, Any] = {
        _field(name): tuple(
            _mapping(value, source).get("Value") for value in _list(option[name], name, source)
        )
        for name in _LISTS
        if option.get(name)
    }
    given |= {_field(name): option[name] for name in _NUMBERS if name in option}
    try:
        own = TunnelOptions.model_validate(given)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise OnpremError(f"{source}: Options.TunnelOptions: {where} should be {problem['msg']}") from None
    stored = option.get("PreSharedKey")
    return TunnelFacts(_ALL.overridden_by(own), key or (stored if isinstance(stored, str) else None))


def _field(name: str) -> str:
    """The option's name here: `phase1DhGroupNumbers` of `Phase1DHGroupNumbers`."""
    return f"{name[0].lower()}{name[1:]}".replace("DH", "Dh")


def _list(value: object, name: str, source: str) -> list[object]:
    if not isinstance(value, list):
        raise OnpremError(f"{source}: {name} should be a list, as describe-vpn-connections gives it")
    return cast("list[object]", value)


def _mapping(value: object, source: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise OnpremError(f"{source}: should be the JSON of describe-vpn-connections")
    return cast("Mapping[str, Any]", value)
