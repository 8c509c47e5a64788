"""The user data of every host, for Debian's cloud-init: where the host's archive is, and how it gets it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import yaml

from hosts.content import HostContent, program

FETCH_PROGRAM = "/usr/local/sbin/fetch-host"
FETCH_UNIT = "fetch-host.service"
REFUSAL_PATTERN = '[program="fetch-host:", host="host", archive="archive", refused="refused:", ...]'
"""The log line that `hosts/programs/fetch_host.py` writes about an archive with another digest, as CloudWatch
Logs finds it: by words, the program first, so that nothing a stranger says of himself matches.
"""

_PLACE = "/etc/fetch-host.json"

APT = (
    'Acquire::Retries "20";\n'
    'APT::Install-Recommends "false";\n'
    'APT::Periodic::Update-Package-Lists "1";\n'
    'APT::Periodic::Unattended-Upgrade "1";\n'
)
"""Has Debian install its own security updates, and wait for a mirror that is out of reach.

Nothing that is merely recommended: beside OpenVPN that is a kit for certificate authorities, with it a daemon
for smart cards, and with that one which grants privileges.

A host gets its packages when it first boots, or never. Twenty attempts, at most half a minute apart, are
eight minutes; apt's own three are seven seconds (measured with Debian 12's).
"""

_UNIT = f"""\
[Unit]
Description=Fetch this host's archive and start what is in it
Wants=network-online.target
After=network-online.target
ConditionPathExists=!/var/lib/fetch-host/done
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart={FETCH_PROGRAM} {_PLACE}
StateDirectory=fetch-host
TimeoutStartSec=15min
Restart=on-failure
RestartSec=5
RestartSteps=5
RestartMaxDelaySec=60

[Install]
WantedBy=multi-user.target
"""
"""Tried again after 5 s, then ever later, at most a minute apart, without end (systemd.service(5))."""


@dataclass(frozen=True)
class ArchivePlace:
    """Where a host's archive is. `account` is the bucket's owner; nobody else's bucket is asked."""

    region: str
    account: str
    bucket: str
    key: str
    log_group: str


def user_data(content: HostContent, place: ArchivePlace) -> str:
    """What an instance gets at boot: packages, and the place and SHA-256 of its archive.

    It is the same text on every machine, and carries no secret and nothing that is compressed. The unit, not
    cloud-init, goes on trying while S3 is out of reach, so that a restart in the middle does no harm.
    """
    told = {
        "region": place.region,
        "account": place.account,
        "bucket": place.bucket,
        "key": place.key,
        "sha256": content.digest,
        "logGroup": place.log_group,
    }
    document = {
        "package_update": True,
        "packages": sorted(content.packages),
        "write_files": [
            {"path": "/etc/apt/apt.conf.d/60host", "content": APT},
            {"path": _PLACE, "content": json.dumps(told, indent=1) + "\n"},
            {"path": FETCH_PROGRAM, "permissions": "0755", "content": program("fetch_host.py")},
            {"path": f"/etc/systemd/system/{FETCH_UNIT}", "content": _UNIT},
        ],
        "runcmd": ["systemctl daemon-reload", f"systemctl enable --now --no-block {FETCH_UNIT}"],
    }
    return "#cloud-config\n" + yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=1000)


class _Dumper(yaml.SafeDumper):
    """YAML with files as literal blocks, so that user data can be read."""


def _literal(dumper: yaml.SafeDumper, text: str) -> Any:
    return dumper.represent_scalar(  # pyright: ignore[reportUnknownMemberType]
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    )


_Dumper.add_representer(str, _literal)
