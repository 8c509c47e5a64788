"""Pre-shared keys that AWS keeps in Secrets Manager (`presharedKeyStorage: SecretsManager`)."""

from __future__ import annotations

import json
from typing import cast

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from onprem.errors import OnpremError

Keys = dict[str, str]
"""Pre-shared keys by the outside address of AWS's end."""


def stored_keys(name: str, vpn_connection_id: str, region: str | None) -> Keys:
    """The keys of a connection; `name` is what errors call it. No region: the caller's own.

    Raises:
        OnpremError: there is no secret, it cannot be read, or it is not of the form that AWS writes.
    """
    try:
        ec2 = boto3.client("ec2", region_name=region)  # pyright: ignore[reportUnknownMemberType]
        connections = ec2.describe_vpn_connections(VpnConnectionIds=[vpn_connection_id])["VpnConnections"]
    except (BotoCoreError, ClientError, ValueError) as error:
        raise _unreadable(name, vpn_connection_id, error) from None
    arn = connections[0].get("PreSharedKeyArn") if connections else None
    if not arn:
        raise OnpremError(f"{name}: {vpn_connection_id} shows no pre-shared key and no secret that has it")
    return keys_of_secret(name, vpn_connection_id, arn)


def keys_of_secret(name: str, vpn_connection_id: str, arn: str) -> Keys:
    """The keys that are in the secret `arn`, which lies in the region that the ARN names."""
    region = arn.split(":")[3] if arn.count(":") >= 6 else None
    try:
        secrets = boto3.client("secretsmanager", region_name=region)  # pyright: ignore[reportUnknownMemberType]
        text = secrets.get_secret_value(SecretId=arn)["SecretString"]
    except (BotoCoreError, ClientError, ValueError) as error:
        raise _unreadable(name, vpn_connection_id, error) from None
    return _keys_in(text, name, arn)


def _unreadable(name: str, vpn_connection_id: str, error: Exception) -> OnpremError:
    return OnpremError(
        f"{name}: the pre-shared keys of {vpn_connection_id} should be readable in Secrets Manager: {error}"
    )


def _keys_in(text: str, name: str, arn: str) -> Keys:
    try:
        keys = cast("object", json.loads(text))
    except json.JSONDecodeError:
        keys = None
    if not isinstance(keys, dict):
        raise OnpremError(
            f"{name}: the secret {arn} should be keys by the tunnels' outside addresses, in JSON"
        )
    return {str(address): str(key) for address, key in cast("dict[object, object]", keys).items()}
