"""The secret in which AWS keeps a connection's pre-shared keys under `SecretsManager` storage.

Once made, it stays as long as the connection ("Pre-shared key storage modes" of the Site-to-Site VPN user
guide).
"""

from __future__ import annotations

import json

from moto.secretsmanager.models import SecretsManagerBackend, secretsmanager_backends

from sandbox.moto_server.ec2.vpn_connection import VpnConnection


def store(connection: VpnConnection) -> None:
    """Write the keys that belong there, by the tunnels' outside addresses."""
    stored = [tunnel for tunnel in connection.ends if tunnel.key_storage == "SecretsManager"]
    keys = json.dumps({tunnel.outside_address: tunnel.preshared_key for tunnel in stored})
    if connection.pre_shared_key_arn:
        _secrets(connection).put_secret_value(connection.pre_shared_key_arn, keys, "", "", ["AWSCURRENT"])
    elif stored:
        secret = _secrets(connection).create_secret(
            name=f"s2svpn!{connection.id}",
            secret_string=keys,
            secret_binary=None,
            description=f"Pre-shared keys of {connection.id}",
            tags=[{"Key": "aws:secretsmanager:owningService", "Value": "s2svpn"}],
            kms_key_id=None,
            client_request_token=None,
            replica_regions=[],
            force_overwrite=False,
        )
        connection.pre_shared_key_arn = json.loads(secret)["ARN"]


def delete(connection: VpnConnection) -> None:
    """Delete the secret, if there is one."""
    if connection.pre_shared_key_arn:
        _secrets(connection).delete_secret(
            connection.pre_shared_key_arn, None, force_delete_without_recovery=True
        )
        connection.pre_shared_key_arn = None


def _secrets(connection: VpnConnection) -> SecretsManagerBackend:
    backend = connection.ec2_backend
    return secretsmanager_backends[backend.account_id][backend.region_name]
