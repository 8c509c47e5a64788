"""What a host is told at boot, for Debian's cloud-init: packages, files, commands, programs it carries."""

from __future__ import annotations

import ast
import base64
import bz2
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml

USER_DATA_LIMIT = 16384
"""EC2's limit for user data in bytes, before it is base64-encoded ("Run commands at launch")."""

SHIP_PROGRAM = "/usr/local/sbin/ship-journal"
"""Sends the journal to CloudWatch Logs; the same program as on the OpenVPN servers."""

APT = {
    "/etc/apt/apt.conf.d/60host": (
        'Acquire::Retries "20";\n'
        'APT::Periodic::Update-Package-Lists "1";\n'
        'APT::Periodic::Unattended-Upgrade "1";\n'
    )
}
"""The file that has Debian install its own security updates, and wait for a mirror that is out of reach.

A host gets its packages when it first boots, or never. Twenty attempts, at most half a minute apart, are
eight minutes; apt's own three are seven seconds (measured with Debian 12's).
"""

_PROGRAM_FOLDERS = ("/usr/local/bin/", "/usr/local/sbin/")
_UNPACK = """\
import base64,bz2,json,pathlib,sys
for path,mode,content in json.loads(bz2.decompress(base64.b64decode(sys.stdin.read()))):
 file=pathlib.Path(path);file.parent.mkdir(0o755,True,True);file.write_text(content);file.chmod(mode)
"""
_SHIP_SOURCE = Path(__file__).parent / "programs" / "ship_journal.py"


def cloud_config(packages: Iterable[str], files: Mapping[str, str], commands: Iterable[str]) -> str:
    """The user data of a host: Debian packages, files by path on the instance, commands in their order.

    Files are written before packages are installed, and among them apt's settings, which all hosts share.

    It is not compressed as a whole: two builds of zlib make different bytes of one text, which would look
    like a changed host. Programs alone are packed, with bzip2, which has one implementation.
    """
    packed_programs = [f"{path}.bz2" for path in files if _is_program(path)]
    document = {
        "package_update": True,
        "packages": sorted({*packages, *(["bzip2"] if packed_programs else [])}),
        "write_files": [_entry(path, content) for path, content in {**files, **APT}.items()],
        "runcmd": [*([f"bunzip2 --force {' '.join(packed_programs)}"] if packed_programs else []), *commands],
    }
    return "#cloud-config\n" + yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=1000)


def packed(files: Mapping[str, str]) -> tuple[str, str]:
    """Files as text that takes little room in user data, and the command that unpacks it from standard input.

    bzip2 packs source text a tenth tighter than the gzip that cloud-init itself undoes.
    """
    modes = {path: 0o755 if _is_program(path) else 0o644 for path in files}
    document = json.dumps([(path, modes[path], content) for path, content in files.items()])
    return base64.b64encode(bz2.compress(document.encode())).decode(), f'python3 -c "{_UNPACK}"'


@cache
def program(source: str) -> str:
    """A program without what only people and type checkers read: a third of the room it would take.

    Comments, docstrings, annotations but those of a class's fields, what is imported for annotations; one
    space an indentation.
    """
    tree = _WithoutAnnotations().visit(ast.parse(source))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [statement for statement in node.body if not _for_readers(statement)] or [ast.Pass()]
    shebang = source.partition("\n")[0] + "\n" if source.startswith("#!") else ""
    body = re.sub(r"(?m)^(?: {4})+", lambda indent: " " * (len(indent[0]) // 4), ast.unparse(tree))
    return f"{shebang}{body}\n"


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


class _WithoutAnnotations(ast.NodeTransformer):
    """Takes the annotations out of functions."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def _function(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        function.returns = None
        for node in ast.walk(function):
            if isinstance(node, ast.arg):
                node.annotation = None
            for name, value in ast.iter_fields(node):
                if isinstance(value, list):
                    setattr(node, name, [_plain(item) for item in cast(list[ast.AST], value)])
        return function


def _plain(node: ast.AST) -> ast.AST:
    """An assignment without its annotation, anything else as it is."""
    if not isinstance(node, ast.AnnAssign) or node.value is None:
        return node
    return ast.copy_location(ast.Assign([node.target], node.value), node)


def _for_readers(statement: ast.stmt) -> bool:
    """A statement that is only text, or imports only for annotations."""
    if isinstance(statement, ast.If):
        return isinstance(statement.test, ast.Name) and statement.test.id == "TYPE_CHECKING"
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _is_program(path: str) -> bool:
    return path.startswith(_PROGRAM_FOLDERS)


def _entry(path: str, content: str) -> dict[str, str]:
    if not _is_program(path):
        return {"path": path, "content": content}
    packed_content = base64.b64encode(bz2.compress(content.encode())).decode()
    return {"path": f"{path}.bz2", "permissions": "0755", "encoding": "b64", "content": packed_content}


class _Dumper(yaml.SafeDumper):
    """YAML with files as literal blocks, so that user data can be read."""


def _literal(dumper: yaml.SafeDumper, text: str) -> Any:
    return dumper.represent_scalar(  # pyright: ignore[reportUnknownMemberType]
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    )


_Dumper.add_representer(str, _literal)
