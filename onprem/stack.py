"""Reads the connections of a deployed stack: its outputs, its settings, and keys in Secrets Manager."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, cast

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from onprem.assembly import Surroundings, TunnelFacts, assemble
from onprem.connection import Connection
from onprem.document import Document, read_document
from onprem.errors import OnpremError
from stacks.sections.hardware_vpn import HardwareVpnSettings, Site
from stacks.sections.section import Name
from stacks.settings import Settings
from stacks.stack_file import read_stack_file

PULUMI_TIMEOUT = 120
"""Seconds. Reading a stack's outputs is one request to the backend."""

Keys = dict[str, str]
"""Pre-shared keys by the outside address of AWS's end."""


@dataclass(frozen=True)
class Stack:
    """A deployed stack: its settings, and what Pulumi exported."""

    name: str
    settings: Settings
    vpn: HardwareVpnSettings
    outputs: dict[str, Any]

    def site_names(self) -> tuple[Name, ...]:
        """The sites in the order of the stack file."""
        return tuple(site.name for site in self.vpn.sites)

    def connection(self, name: str) -> Connection:
        """A site's connection.

        Raises:
            OnpremError: the site is unknown or not deployed as the stack file says, or has no keys.
        """
        site = self._site(name)
        document = self._document(site)
        keys: Keys = {}
        if any(tunnel.preshared_key is None for tunnel in document.tunnels):
            keys = _stored_keys(site.name, document.vpn_connection_id, self.settings.region)
        first, second = (
            TunnelFacts(options, keys.get(str(tunnel.amazon_outside)))
            for options, tunnel in zip(self.vpn.tunnel_options(site), document.tunnels, strict=True)
        )
        vpc = IPv4Network(self.outputs["network"]["cidr"])
        surroundings = Surroundings(site.name, site.lan_cidrs, (vpc,), f"stack {self.name}")
        return assemble(document, surroundings, (first, second))

    def _site(self, name: str) -> Site:
        for site in self.vpn.sites:
            if site.name != name:
                continue
            if site.certificate_arn:
                raise OnpremError(
                    f"{name}: certificateArn is set; should be a site with pre-shared keys: the certificate's"
                    " private key is the router's own and in no output"
                )
            return site
        raise OnpremError(
            f"no site {name!r} in stacks/Pulumi.{self.name}.yaml; should be one of"
            f" {', '.join(self.site_names())}"
        )

    def _document(self, site: Site) -> Document:
        text = self.outputs["configurations"].get(site.name)
        if not isinstance(text, str):
            raise OnpremError(f"{site.name}: not deployed yet; run make up STACK={self.name}")
        document = read_document(text, f"{self.name}'s configuration of {site.name}")
        if (document.tunnels[0].bgp is None) != site.is_static:
            deployed, wanted = ("bgp", "static") if site.is_static else ("static", "bgp")
            raise OnpremError(
                f"{site.name}: deployed with {deployed} routing, and the stack file says {wanted};"
                f" run make up STACK={self.name}"
            )
        for tunnel, setting in zip(document.tunnels, site.tunnels, strict=True):
            deployed_cidr = tunnel.customer_inside.network
            if setting.inside_cidr not in (None, deployed_cidr):
                raise OnpremError(
                    f"{site.name}: tunnel {tunnel.position} is deployed with inside addresses of"
                    f" {deployed_cidr}, and the stack file says {setting.inside_cidr};"
                    f" run make up STACK={self.name}"
                )
        return document


def read_stack(name: str, root: Path) -> Stack:
    """A stack's settings and outputs, read in the project's folder `root` with the caller's environment.

    Raises:
        OnpremError: there is no such stack, or it is not deployed.
        SettingsError: the stack file is wrong.
    """
    if not (root / "Pulumi.yaml").is_file():
        raise OnpremError(f"{root} has no Pulumi.yaml; --stack should be used in the project's folder")
    path = root / "stacks" / f"Pulumi.{name}.yaml"
    if not path.is_file():
        known = sorted(file.name.split(".")[1] for file in (root / "stacks").glob("Pulumi.*.yaml"))
        raise OnpremError(f"no stack {name!r}; should be one of {', '.join(known)}")
    settings = read_stack_file(path)
    if settings.hardware_vpn is None:
        raise OnpremError(f"stack {name} has no hardwareVpn; should be a stack with one")
    outputs = _outputs(name, root)
    if "configurations" not in outputs or "network" not in outputs:
        raise OnpremError(f"stack {name} is not deployed yet; run make up STACK={name}")
    return Stack(name, settings, settings.hardware_vpn, outputs)


def _outputs(name: str, root: Path) -> dict[str, Any]:
    command = ["pulumi", "stack", "output", "--json", "--show-secrets", "--stack", name]
    try:
        done = subprocess.run(
            command, cwd=root, capture_output=True, text=True, timeout=PULUMI_TIMEOUT, check=False
        )
    except FileNotFoundError:
        raise OnpremError(
            "pulumi is not on PATH; should be installed, or run this with bin/sandbox in front"
        ) from None
    except subprocess.TimeoutExpired:
        raise OnpremError(f"pulumi stack output took longer than {PULUMI_TIMEOUT} s") from None
    if done.returncode != 0 and "no stack named" in done.stderr:
        raise OnpremError(f"stack {name} is not deployed yet; run make up STACK={name}")
    if done.returncode != 0:
        said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise OnpremError(f"pulumi stack output of {name} failed: {said}")
    return cast("dict[str, Any]", json.loads(done.stdout))


def _stored_keys(site: str, vpn_connection_id: str, region: str) -> Keys:
    """The keys that AWS keeps in Secrets Manager (`presharedKeyStorage: SecretsManager`)."""
    ec2 = boto3.client("ec2", region_name=region)  # pyright: ignore[reportUnknownMemberType]
    secrets = boto3.client("secretsmanager", region_name=region)  # pyright: ignore[reportUnknownMemberType]
    try:
        connections = ec2.describe_vpn_connections(VpnConnectionIds=[vpn_connection_id])["VpnConnections"]
        arn = connections[0].get("PreSharedKeyArn") if connections else None
        if not arn:
            raise OnpremError(
                f"{site}: {vpn_connection_id} shows no pre-shared key and no secret that has it"
            )
        secret = secrets.get_secret_value(SecretId=arn)
    except (BotoCoreError, ClientError) as error:
        raise OnpremError(
            f"{site}: the pre-shared keys of {vpn_connection_id} are in Secrets Manager: {error}"
        ) from None
    return _keys_in(secret["SecretString"], site, arn)


def _keys_in(text: str, site: str, arn: str) -> Keys:
    try:
        keys = cast("object", json.loads(text))
    except json.JSONDecodeError:
        keys = None
    if not isinstance(keys, dict):
        raise OnpremError(
            f"{site}: the secret {arn} should be keys by the tunnels' outside addresses, in JSON"
        )
    return {str(address): str(key) for address, key in cast("dict[object, object]", keys).items()}
