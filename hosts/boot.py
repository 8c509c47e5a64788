"""What a host is told at boot, for Debian's cloud-init: packages, files, commands, programs it carries."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

USER_DATA_LIMIT = 16384
"""EC2's limit for user data in bytes, before it is base64-encoded ("Run commands at launch")."""

SHIP_PROGRAM = "/usr/local/sbin/ship-journal"
"""Sends the journal to CloudWatch Logs; the same program as on the OpenVPN servers."""

_PROGRAM_FOLDERS = ("/usr/local/bin/", "/usr/local/sbin/")
_SHIP_SOURCE = Path(__file__).parent / "openvpn_server" / "programs" / "ship_journal.py"


def cloud_config(packages: Iterable[str], files: Mapping[str, str], commands: Iterable[str]) -> str:
    """The user data of a host: Debian packages, files by path on the instance, commands in their order."""
    document = {
        "package_update": True,
        "packages": sorted(packages),
        "write_files": [_entry(path, content) for path, content in files.items()],
        "runcmd": list(commands),
    }
    return "#cloud-config\n" + yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=1000)


def program(source: str) -> str:
    """A program without docstrings, comments and blank lines, which would take a third of the user data."""
    tree = ast.parse(source)
    dropped = {
        number
        for node in ast.walk(tree)
        for statement in _texts(node)
        for number in range(statement.lineno, (statement.end_lineno or 0) + 1)
    }
    return "".join(
        f"{line}\n"
        for number, line in enumerate(source.splitlines(), start=1)
        if line.startswith("#!")
        or (number not in dropped and line.strip() and not line.lstrip().startswith("#"))
    )


def session_manager_commands(region: str) -> list[str]:
    """Install the SSM agent, which Debian's image lacks, from AWS's own bucket in the region.

    "latest" and not a pinned release: the agent updates itself anyway, and old releases go from the bucket.
    """
    package = (
        f"https://s3.{region}.amazonaws.com/amazon-ssm-{region}/latest/"
        "debian_$(dpkg --print-architecture)/amazon-ssm-agent.deb"
    )
    return [
        f"curl --fail --silent --show-error --retry 10 --retry-all-errors --output /run/ssm.deb {package}"
        " && dpkg --install /run/ssm.deb"
    ]


def journal_files(region: str, log_group: str) -> dict[str, str]:
    """The program that sends the journal to the host's log group, and its unit; a stream a host (%H)."""
    unit = f"""\
[Unit]
Description=Send the journal to CloudWatch Logs
Wants=network-online.target
After=network-online.target

[Service]
ExecStart={SHIP_PROGRAM} --region {region} --log-group {log_group} --stream %H \
--cursor /var/lib/ship-journal/cursor
Restart=always
RestartSec=10
DynamicUser=yes
StateDirectory=ship-journal
SupplementaryGroups=systemd-journal
NoNewPrivileges=yes
PrivateDevices=yes
PrivateTmp=yes
ProtectSystem=strict
ProtectHome=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictNamespaces=yes

[Install]
WantedBy=multi-user.target
"""
    return {
        SHIP_PROGRAM: program(_SHIP_SOURCE.read_text(encoding="utf-8")),
        "/etc/systemd/system/ship-journal.service": unit,
    }


def _texts(node: ast.AST) -> Iterable[ast.Expr]:
    """The statements of a block that are only text; not where the block has nothing else."""
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return []
    if len(node.body) < 2:
        return []
    return [
        statement
        for statement in node.body
        if isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    ]


def _entry(path: str, content: str) -> dict[str, str]:
    entry = {"path": path, "content": content}
    return {**entry, "permissions": "0755"} if path.startswith(_PROGRAM_FOLDERS) else entry


class _Dumper(yaml.SafeDumper):
    """YAML with files as literal blocks, so that user data can be read."""


def _literal(dumper: yaml.SafeDumper, text: str) -> Any:
    return dumper.represent_scalar(  # pyright: ignore[reportUnknownMemberType]
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    )


_Dumper.add_representer(str, _literal)
