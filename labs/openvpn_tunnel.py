"""One OpenVPN tunnel as a stack file has it: its settings, authority, secrets, and its servers' files."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from hosts.content import HostContent
from hosts.openvpn_server import ServerHost, content
from labs.moto_server import CloudServer
from stacks.hosts import openvpn_server
from stacks.stack_file import read_stack_file

ROOT = Path(__file__).parents[1]
AWS_VPN = str(Path(sys.executable).with_name("aws-vpn"))
PUBLIC = "203.0.113.5"
"""The tunnel's Elastic IP, which profiles name."""

PASSPHRASE = "a passphrase for tests only"


@dataclass
class Tunnel:
    """One tunnel's settings, authority and secrets, without a network."""

    folder: Path
    cloud: CloudServer
    changes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    stack: str = "dev"

    def __post_init__(self) -> None:
        stacks = self.folder / "stacks"
        stacks.mkdir(parents=True)
        document = yaml.safe_load((ROOT / f"stacks/Pulumi.{self.stack}.yaml").read_text(encoding="utf-8"))
        document["config"]["aws-vpn:openVpn"][0].update(self.changes)
        path = stacks / f"Pulumi.{self.stack}.yaml"
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        settings = read_stack_file(path)
        self.host = openvpn_server(self.stack, settings, settings.open_vpn[0])
        client = self.cloud.client("secretsmanager")
        for kind in ("server", "crl", "probe"):
            client.create_secret(Name=f"aws-vpn/{self.stack}/openvpn/{self.host.tunnel}/{kind}")

    def access(self, *arguments: str) -> str:
        """What `aws-vpn access` prints; it must succeed."""
        done = subprocess.run(
            [AWS_VPN, "access", "--stack", self.stack, "--home", str(self.home), *arguments],
            cwd=self.folder,
            env=self.environment(AWS_VPN_CA_PASSPHRASE=PASSPHRASE, PYTHONPATH=str(ROOT)),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def environment(self, **more: str) -> dict[str, str]:
        """This process's environment, with the cloud in it."""
        return {
            **os.environ,
            "AWS_ENDPOINT_URL": self.cloud.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            **more,
        }

    @property
    def home(self) -> Path:
        """The authority's folder."""
        return self.folder / "authority"

    def secret(self, kind: str) -> str:
        """What was published: `server`, `crl` or `probe`."""
        name = f"aws-vpn/{self.stack}/openvpn/{self.host.tunnel}/{kind}"
        return self.cloud.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]

    def profile(self, name: str) -> Path:
        """A client's profile, issued now; `site-NAME` is an office's."""
        command = ("issue-site", name.removeprefix("site-")) if name.startswith("site-") else ("issue", name)
        self.access(*command, "--address", PUBLIC)
        return self.home / "profiles" / f"aws-vpn-{self.stack}-{self.host.tunnel}-{name}.ovpn"

    def files(self, root: Path) -> Path:
        """Unpack the server's archive below `root` instead of /."""
        return self.write(self.host, root)

    @staticmethod
    def write(host: ServerHost, root: Path) -> Path:
        """Unpack any server's archive below `root` instead of /."""
        unpack(content(host), root)
        (root / "etc/openvpn/server/ccd").mkdir(exist_ok=True)
        (root / "run/openvpn-server").mkdir(parents=True, exist_ok=True)
        return root

    def fetch(self, root: Path, *, check: bool = True, unit: bool = False) -> str:
        """Run the server's fetch program, also telling systemd with `unit`; returns what it printed."""
        service = (root / "etc/systemd/system/fetch-openvpn-secrets.service").read_text(encoding="utf-8")
        command = re.search(r"^ExecStart=(.*)( --unit \S+)$", service, re.MULTILINE)
        assert command
        program, *arguments = (command[1] + (command[2] if unit else "")).split()
        done = subprocess.run(
            [
                *(str(root / program.lstrip("/")), *arguments),
                *("--folder", str(root / "etc/openvpn/server")),
                *("--management", str(root / "run/openvpn-server/server.sock")),
            ],
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout + done.stderr


def unpack(made: HostContent, root: Path) -> Path:
    """A host's archive below `root` instead of /."""
    with tarfile.open(fileobj=io.BytesIO(made.archive)) as archive:
        archive.extractall(root)  # noqa: S202
    return root
