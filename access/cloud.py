"""What access needs of AWS: the tunnel's secrets, its public address, and who was seen in its log.

Endpoint and credentials are boto3's own (AWS_ENDPOINT_URL, AWS_PROFILE, ...): the sandbox and AWS are alike.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from access.authority import Authority, Secrets
from access.errors import AccessError
from model.deploying import deploy_command
from model.names import EnvironmentNames
from model.openvpn_log import CONNECTED

SEEN_DAYS = 30


@dataclass(frozen=True, slots=True)
class TunnelInCloud:
    """One tunnel of one environment, as AWS knows it."""

    stack: str
    tunnel: str
    region: str

    @property
    def names(self) -> EnvironmentNames:
        """The names of the tunnel's resources."""
        return EnvironmentNames(self.stack)

    def publish(self, authority: Authority, secrets: Secrets, crl: str) -> None:
        """Hand the servers their keys and the revocation list, the monitor its key.

        Raises:
            AccessError: the secrets are not deployed, or AWS refuses.
        """
        bundle = {
            "ca": authority.certificate,
            "certificate": authority.server_certificate,
            "key": secrets.server_key,
            "tlsCryptV2Server": secrets.tls_crypt_server,
        }
        values = {"server": json.dumps(bundle), "crl": crl, "probe": secrets.probe}
        with _aws_errors():
            client = boto3.client("secretsmanager", self.region)  # pyright: ignore[reportUnknownMemberType]
            for kind, value in values.items():
                name = self.names.openvpn_secret(self.tunnel, kind)
                try:
                    client.put_secret_value(SecretId=name, SecretString=value)
                except client.exceptions.ResourceNotFoundException:
                    raise AccessError(
                        f"secret {name} is not in {self.region}; should be deployed first:"
                        f" {deploy_command(self.stack)}"
                    ) from None

    def live_crl(self) -> str:
        """The revocation list that the servers were handed last; nothing if there is none.

        Raises:
            AccessError: AWS refuses.
        """
        with _aws_errors():
            client = boto3.client("secretsmanager", self.region)  # pyright: ignore[reportUnknownMemberType]
            try:
                name = self.names.openvpn_secret(self.tunnel, "crl")
                return client.get_secret_value(SecretId=name)["SecretString"]
            except client.exceptions.ResourceNotFoundException:
                return ""

    def address(self) -> str:
        """The tunnel's Elastic IP.

        Raises:
            AccessError: there is none, or AWS refuses.
        """
        name = self.names.openvpn_address(self.tunnel)
        with _aws_errors():
            client = boto3.client("ec2", self.region)  # pyright: ignore[reportUnknownMemberType]
            found = client.describe_addresses(Filters=[{"Name": "tag:Name", "Values": [name]}])["Addresses"]
        addresses = [address["PublicIp"] for address in found if "PublicIp" in address]
        if len(addresses) != 1:
            raise AccessError(
                f"{len(addresses)} Elastic IPs named {name} in {self.region}; should be one: deploy with"
                f" {deploy_command(self.stack)}, or give --address"
            )
        return addresses[0]

    def last_seen(self, now: datetime) -> dict[str, datetime]:
        """When each name last connected, as far as the servers' log goes back (SEEN_DAYS at most).

        Raises:
            AccessError: the log is not there, or AWS refuses.
        """
        seen: dict[str, datetime] = {}
        group = self.names.path("openvpn", self.tunnel)
        with _aws_errors():
            client = boto3.client("logs", self.region)  # pyright: ignore[reportUnknownMemberType]
            pages = client.get_paginator("filter_log_events").paginate(
                logGroupName=group,
                filterPattern='"Peer Connection Initiated"',
                startTime=int((now - timedelta(days=SEEN_DAYS)).timestamp() * 1000),
            )
            for event in (event for page in pages for event in page["events"]):
                match = CONNECTED.fullmatch(event.get("message", "").strip())
                when = datetime.fromtimestamp(event.get("timestamp", 0) / 1000, UTC)
                if match and when > seen.get(match["name"], datetime.min.replace(tzinfo=UTC)):
                    seen[match["name"]] = when
        return seen


@contextmanager
def _aws_errors() -> Generator[None]:
    try:
        yield
    # boto3 has no error class of its own for an endpoint that is no URL.
    except (BotoCoreError, ClientError, ValueError) as error:
        raise AccessError(f"AWS: {' '.join(str(error).split())}") from None
