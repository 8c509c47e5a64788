"""The instance's user data: packages, files and units, for Debian's cloud-init."""

from __future__ import annotations

from pathlib import Path

from hosts.boot import USER_DATA_LIMIT, cloud_config, journal_files, session_manager_commands
from hosts.openvpn_server.configuration import fixed_addresses, office_configurations, server_configuration
from hosts.openvpn_server.firewall import ruleset
from hosts.openvpn_server.host import ServerHost
from hosts.openvpn_server.units import (
    FETCH_PROGRAM,
    FETCH_TIMER,
    KERNEL_SETTINGS,
    SERVER_DROP_IN,
    SERVER_UNIT,
    fetch_service,
)

PACKAGES = (
    "curl",
    "nftables",
    "openvpn",
    "python3-boto3",
    "python3-cryptography",
    "unattended-upgrades",
)

SERVER_FOLDER = "/etc/openvpn/server"
_PROGRAMS = Path(__file__).parents[1] / "programs"


class UserDataTooLargeError(ValueError):
    """A tunnel with more offices and fixed addresses than user data can hold."""


def user_data(host: ServerHost) -> str:
    """Everything the instance is told at boot, for cloud-init. It carries no secret.

    Raises:
        UserDataTooLargeError: it would not fit into EC2's limit.
    """
    text = cloud_config(PACKAGES, files(host), _commands(host))
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
        f"/etc/systemd/system/{SERVER_UNIT}.d/local.conf": SERVER_DROP_IN,
        "/etc/systemd/system/fetch-openvpn-secrets.service": fetch_service(host),
        "/etc/systemd/system/fetch-openvpn-secrets.timer": FETCH_TIMER,
        FETCH_PROGRAM: (_PROGRAMS / "fetch_secrets.py").read_text(encoding="utf-8"),
        **journal_files(host.region, host.log_group),
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
    return [
        f"mkdir -p {SERVER_FOLDER}/ccd",
        "systemctl daemon-reload",
        "systemctl enable nftables.service && systemctl restart nftables.service",
        "sysctl --system",
        f"systemctl enable {SERVER_UNIT}",
        "systemctl enable --now fetch-openvpn-secrets.timer ship-journal.service",
        *session_manager_commands(host.region),
    ]
