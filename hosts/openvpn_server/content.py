"""What an OpenVPN server is made of: packages, OpenVPN's files, the packet filter, units and programs."""

from __future__ import annotations

from hosts.content import SHARED_PACKAGES, START_PROGRAM, HostContent, program, start_script
from hosts.journal import SHIP_UNIT, journal_files
from hosts.metrics import PACKAGES as MEASURED_WITH
from hosts.metrics import OpenVpnFiles, metrics_files, metrics_units
from hosts.openvpn_server.configuration import (
    DEVICE,
    fixed_addresses,
    office_configurations,
    server_configuration,
)
from hosts.openvpn_server.firewall import ruleset
from hosts.openvpn_server.host import ServerHost
from hosts.openvpn_server.units import (
    FETCH_PROGRAM,
    FETCH_TIMER,
    KERNEL_SETTINGS,
    SERVER_DROP_IN,
    SERVER_UNIT,
    STATUS_FILE,
    TELL_PROGRAM,
    TELL_SERVICE,
    TELL_UNIT,
    fetch_service,
)
from hosts.session_manager import INSTALL_UNIT, session_manager_files

PACKAGES = ("nftables", "openvpn", "python3-cryptography")
SERVER_FOLDER = "/etc/openvpn/server"
KERNEL_FILE = "/etc/sysctl.d/60-openvpn.conf"


def content(host: ServerHost) -> HostContent:
    """Everything the server is made of. It carries no secret, only secrets' names."""
    return HostContent((*SHARED_PACKAGES, *MEASURED_WITH, *PACKAGES), files(host))


def files(host: ServerHost) -> dict[str, str]:
    """What the archive holds, by path on the instance."""
    return {
        **configuration_files(host),
        "/etc/nftables.conf": ruleset(host),
        KERNEL_FILE: KERNEL_SETTINGS,
        f"/etc/systemd/system/{SERVER_UNIT}.d/local.conf": SERVER_DROP_IN,
        "/etc/systemd/system/fetch-openvpn-secrets.service": fetch_service(host),
        "/etc/systemd/system/fetch-openvpn-secrets.timer": FETCH_TIMER,
        FETCH_PROGRAM: program("fetch_secrets.py"),
        TELL_PROGRAM: program("tell_clients.py"),
        f"/etc/systemd/system/{TELL_UNIT}": TELL_SERVICE,
        START_PROGRAM: _start(host),
        **metrics_files(host.measuring, OpenVpnFiles(DEVICE, STATUS_FILE, SERVER_FOLDER)),
        **journal_files(host.region, host.log_group),
        **session_manager_files(host.region),
    }


def configuration_files(host: ServerHost) -> dict[str, str]:
    """OpenVPN's own files, by path on the instance."""
    offices = office_configurations(host)
    return {
        f"{SERVER_FOLDER}/server.conf": server_configuration(host),
        **{f"{SERVER_FOLDER}/ccd/{name}": content for name, content in offices.items()},
        **({f"{SERVER_FOLDER}/fixed-addresses": fixed_addresses(host)} if host.fixed_addresses else {}),
    }


def _start(host: ServerHost) -> str:
    return start_script(
        f"mkdir -p {SERVER_FOLDER}/ccd",
        "systemctl daemon-reload",
        "systemctl enable nftables.service",
        "systemctl restart nftables.service",
        f"sysctl --load={KERNEL_FILE}",
        f"systemctl enable {SERVER_UNIT}",
        f"systemctl enable --now fetch-openvpn-secrets.timer {SHIP_UNIT} {metrics_units(host.measuring)}",
        f"systemctl enable --now {TELL_UNIT}",
        # the timer's own first time is a random moment
        "systemctl start --no-block fetch-openvpn-secrets.service",
        f"systemctl enable --now --no-block {INSTALL_UNIT}",
    )
