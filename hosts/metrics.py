"""What a pair's servers measure, and how it leaves them: the programs, and the units that run them."""

from __future__ import annotations

from dataclasses import dataclass

from hosts.content import program
from hosts.hardening import WITHOUT_RIGHTS
from model.names import METRIC_NAMESPACE

METRICS_UNIT = "host-metrics.service"
SCRAPE_UNIT = "serve-metrics.service"
PACKAGES = ("ethtool",)

_METRICS_PROGRAM = "/usr/local/sbin/host-metrics"
_SCRAPE_PROGRAM = "/usr/local/sbin/serve-metrics"
_FILE = "/run/host-metrics/metrics.prom"

PAIR_METRICS = (
    "ReceivedBytes",
    "SentBytes",
    "ConntrackUse",
    "ConntrackAllowanceExceeded",
    "BandwidthAllowanceExceeded",
    "PacketRateAllowanceExceeded",
)
"""What the servers of any pair measure. Each is one metric a pair, which is what AWS charges."""

OPENVPN_METRICS = ("Sessions", "CertificateDaysLeft", "RevocationListDaysLeft")
"""What OpenVPN's servers measure beside."""


@dataclass(frozen=True, slots=True)
class Measuring:
    """Who measures: the pair's name in its environment; where scrapers may ask, a TCP port or nowhere."""

    environment: str
    region: str
    name: str
    port: int | None


@dataclass(frozen=True, slots=True)
class OpenVpnFiles:
    """What there is to measure of an OpenVPN server: its device, its status file, its keys' folder."""

    device: str
    status: str
    folder: str


def metrics_files(measuring: Measuring, openvpn: OpenVpnFiles | None = None) -> dict[str, str]:
    """The programs and units: who measures may read OpenVPN's files, who answers scrapers has no rights."""
    files = {
        _METRICS_PROGRAM: program("host_metrics.py"),
        f"/etc/systemd/system/{METRICS_UNIT}": _metrics_unit(measuring, openvpn),
    }
    if measuring.port is None:
        return files
    return {
        **files,
        _SCRAPE_PROGRAM: program("serve_metrics.py"),
        f"/etc/systemd/system/{SCRAPE_UNIT}": _scrape_unit(measuring.port),
    }


def metrics_units(measuring: Measuring) -> str:
    """The units to start, in one line."""
    return METRICS_UNIT if measuring.port is None else f"{METRICS_UNIT} {SCRAPE_UNIT}"


def _metrics_unit(measuring: Measuring, openvpn: OpenVpnFiles | None) -> str:
    """OpenVPN's files are root's; a host without them needs no such user."""
    asked = (
        f"--region {measuring.region} --namespace {METRIC_NAMESPACE} --environment {measuring.environment}"
        f" --name {measuring.name} --file {_FILE}"
    )
    if openvpn:
        asked += (
            f" --device {openvpn.device} --openvpn-status {openvpn.status} --openvpn-folder {openvpn.folder}"
        )
    user = "" if openvpn else "DynamicUser=yes\n"
    return f"""\
[Unit]
Description=Measure what this host does
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart={_METRICS_PROGRAM} {asked}
Restart=always
RestartSec=10
RuntimeDirectory=host-metrics
{user}UMask=0022
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
{WITHOUT_RIGHTS}
[Install]
WantedBy=multi-user.target
"""


def _scrape_unit(port: int) -> str:
    return f"""\
[Unit]
Description=Show what this host measured to whoever scrapes
After={METRICS_UNIT}
StartLimitIntervalSec=0

[Service]
ExecStart={_SCRAPE_PROGRAM} --port {port} --file {_FILE}
Restart=always
RestartSec=10
DynamicUser=yes
TasksMax=64
RestrictAddressFamilies=AF_INET
# The instance's credentials are for the programs beside it.
IPAddressDeny=169.254.169.254 fd00:ec2::254
{WITHOUT_RIGHTS}
[Install]
WantedBy=multi-user.target
"""
