"""The instance's user data: packages, files and units, for Debian's cloud-init."""

from __future__ import annotations

import base64
import bz2
from pathlib import Path
from typing import Any

import yaml

from hosts.openvpn_server.configuration import fixed_addresses, office_configurations, server_configuration
from hosts.openvpn_server.firewall import ruleset
from hosts.openvpn_server.host import ServerHost
from hosts.openvpn_server.units import (
    FETCH_PROGRAM,
    FETCH_TIMER,
    KERNEL_SETTINGS,
    SERVER_DROP_IN,
    SERVER_UNIT,
    SHIP_PROGRAM,
    fetch_service,
    ship_service,
)

USER_DATA_LIMIT = 16384
"""EC2's limit for user data in bytes, before it is base64-encoded ("Run commands at launch")."""

PACKAGES = (
    "bzip2",
    "curl",
    "nftables",
    "openvpn",
    "python3-boto3",
    "python3-cryptography",
    "unattended-upgrades",
)

SERVER_FOLDER = "/etc/openvpn/server"
_PROGRAMS = Path(__file__).parent / "programs"
_PROGRAM_FOLDER = "/usr/local/sbin/"
_AUTOMATIC_UPGRADES = """\
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
"""


class UserDataTooLargeError(ValueError):
    """A tunnel with more offices and fixed addresses than user data can hold."""


def user_data(host: ServerHost) -> str:
    """Everything the instance is told at boot, for cloud-init. It carries no secret.

    Never compressed as a whole: two builds of zlib make different bytes of one text, which would look like a
    changed server.

    Raises:
        UserDataTooLargeError: it would not fit into EC2's limit.
    """
    document = {
        "package_update": True,
        "packages": list(PACKAGES),
        "write_files": [_entry(path, content) for path, content in files(host).items()],
        "runcmd": list(_commands(host)),
    }
    text = "#cloud-config\n" + yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=1000)
    if (size := len(text.encode())) > USER_DATA_LIMIT:
        raise UserDataTooLargeError(
            f"tunnel {host.tunnel}: {len(host.offices)} offices and {len(host.fixed_addresses)} fixed"
            f" addresses take {size} bytes of user data; should be {USER_DATA_LIMIT} at most (EC2):"
            " use several tunnels"
        )
    return text


def files(host: ServerHost) -> dict[str, str]:
    """What the user data writes, by path on the instance."""
    return {
        **configuration_files(host),
        "/etc/nftables.conf": ruleset(host),
        "/etc/sysctl.d/60-openvpn.conf": KERNEL_SETTINGS,
        "/etc/apt/apt.conf.d/60upgrades": _AUTOMATIC_UPGRADES,
        f"/etc/systemd/system/{SERVER_UNIT}.d/local.conf": SERVER_DROP_IN,
        "/etc/systemd/system/fetch-openvpn-secrets.service": fetch_service(host),
        "/etc/systemd/system/fetch-openvpn-secrets.timer": FETCH_TIMER,
        "/etc/systemd/system/ship-journal.service": ship_service(host),
        FETCH_PROGRAM: (_PROGRAMS / "fetch_secrets.py").read_text(encoding="utf-8"),
        SHIP_PROGRAM: (_PROGRAMS / "ship_journal.py").read_text(encoding="utf-8"),
    }


def configuration_files(host: ServerHost) -> dict[str, str]:
    """OpenVPN's own files, by path on the instance."""
    offices = office_configurations(host)
    return {
        f"{SERVER_FOLDER}/server.conf": server_configuration(host),
        **{f"{SERVER_FOLDER}/ccd/{name}": content for name, content in offices.items()},
        **({f"{SERVER_FOLDER}/fixed-addresses": fixed_addresses(host)} if host.fixed_addresses else {}),
    }


def _commands(host: ServerHost) -> list[str]:
    # Debian's AMI has no SSM agent. "latest" and not a pinned release: the agent updates itself anyway, and
    # the region's bucket keeps old releases only for a while.
    agent = (
        f"https://s3.{host.region}.amazonaws.com/amazon-ssm-{host.region}/latest/"
        "debian_$(dpkg --print-architecture)/amazon-ssm-agent.deb"
    )
    return [
        f"bunzip2 --force {_PROGRAM_FOLDER}*.bz2",
        f"mkdir -p {SERVER_FOLDER}/ccd",
        "systemctl daemon-reload",
        "systemctl enable nftables.service && systemctl restart nftables.service",
        "sysctl --system",
        f"systemctl enable {SERVER_UNIT}",
        "systemctl enable --now fetch-openvpn-secrets.timer ship-journal.service",
        f"curl --fail --silent --show-error --retry 10 --retry-all-errors --output /run/ssm.deb {agent}"
        " && dpkg --install /run/ssm.deb",
    ]


def _entry(path: str, content: str) -> dict[str, str]:
    if path.startswith(_PROGRAM_FOLDER):
        # bzip2 rather than cloud-init's own gzip: only one implementation writes it, always the same bytes.
        packed = base64.b64encode(bz2.compress(content.encode())).decode()
        return {"path": f"{path}.bz2", "permissions": "0755", "encoding": "b64", "content": packed}
    return {"path": path, "content": content}


class _Dumper(yaml.SafeDumper):
    """YAML with files as literal blocks, so that user data can be read."""


def _literal(dumper: yaml.SafeDumper, text: str) -> Any:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar(  # pyright: ignore[reportUnknownMemberType]
        "tag:yaml.org,2002:str", text, style=style
    )


_Dumper.add_representer(str, _literal)
