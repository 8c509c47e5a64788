#!/usr/bin/python3
"""Measure once a minute what this host does: for CloudWatch, and in a file for whoever scrapes.

Both servers of a pair measure under the pair's own name, so that metrics stay the same whichever of them is
active and whenever one is replaced. What cannot be measured is left out, and never guessed: no sessions where
OpenVPN does not run, no allowances where the network driver counts none.
"""

from __future__ import annotations

import argparse
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.literals import StandardUnitType
    from mypy_boto3_cloudwatch.type_defs import MetricDatumTypeDef

EVERY_SECONDS = 60
PATIENCE = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2, "mode": "standard"})

DAY_SECONDS = 86_400
STALE_SECONDS = 180
"""OpenVPN writes its status once a minute; an older one is of a server that hangs."""

ALLOWANCES = (
    ("ConntrackAllowanceExceeded", "conntrack_allowance_exceeded_packets", ("conntrack",)),
    ("BandwidthAllowanceExceeded", "bandwidth_allowance_exceeded_packets", ("bw_in", "bw_out")),
    ("PacketRateAllowanceExceeded", "packet_rate_allowance_exceeded_packets", ("pps",)),
)
"""Packets that AWS queued or dropped since the instance was over its allowance, as the network driver counts
them ("Monitor network performance for ENA settings on your EC2 instance")."""

EXPIRIES = (
    ("CertificateDaysLeft", "certificate_days_left", "server.crt", ("x509", "-enddate")),
    ("RevocationListDaysLeft", "revocation_list_days_left", "crl.pem", ("crl", "-nextupdate")),
)


@dataclass(frozen=True)
class Reading:
    """What was measured: its names in CloudWatch and for scrapers. A counter only grows until a restart."""

    metric: str
    scraped: str
    value: float
    unit: StandardUnitType = "Count"
    counter: bool = False


def main() -> None:
    """Measure until stopped."""
    options = arguments()
    cloudwatch = boto3.client(  # pyright: ignore[reportUnknownMemberType]
        "cloudwatch",
        region_name=options.region,
        endpoint_url=os.environ.get("AWS_ENDPOINT_URL"),
        config=PATIENCE,
    )
    before: dict[str, float] = {}
    while True:
        began = time.monotonic()
        readings = [*measured(options)]
        write(options.file, exposition(readings, options.environment, options.name))
        try:
            send(cloudwatch, readings, before, options)
        except NoCredentialsError as error:
            # A client that was made without credentials never gets any: the service manager starts another.
            sys.exit(f"host-metrics: {error}")
        except (BotoCoreError, ClientError) as error:
            print(f"host-metrics: {error}", file=sys.stderr)
        else:
            before = {one.metric: one.value for one in readings if one.counter}
        if options.once:
            return
        time.sleep(max(0.0, began + EVERY_SECONDS - time.monotonic()))


def arguments() -> argparse.Namespace:
    """What the systemd unit says."""
    parser = argparse.ArgumentParser(description="Measure what this host does.")
    parser.add_argument("--region", required=True)
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--environment", required=True)
    parser.add_argument("--name", required=True, help="what the pair of servers is called")
    parser.add_argument("--file", type=Path, required=True, help="what scrapers get")
    parser.add_argument("--device", help="whose traffic counts; left out, the way to the internet")
    parser.add_argument("--openvpn-status", type=Path, help="the file that OpenVPN writes its status to")
    parser.add_argument("--openvpn-folder", type=Path, help="where certificate and revocation list are")
    parser.add_argument("--once", action="store_true", help="measure now, then stop")
    return parser.parse_args()


def measured(options: argparse.Namespace) -> Iterator[Reading]:
    """All that this host can measure now."""
    outside = default_device(Path("/proc/net/route"))
    yield from traffic(Path("/sys/class/net"), options.device or outside)
    yield from tracked_connections(Path("/proc/sys/net/netfilter"))
    if outside:
        yield from allowances(driver_statistics(outside))
    if options.openvpn_status:
        yield from sessions(options.openvpn_status)
    if options.openvpn_folder:
        yield from expiries(options.openvpn_folder)


def default_device(routes: Path) -> str | None:
    """The device of the default route (proc_net(5): destination and mask in hexadecimal)."""
    for line in routes.read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1] == "00000000" and fields[7] == "00000000":
            return fields[0]
    return None


def traffic(devices: Path, device: str | None) -> Iterator[Reading]:
    """What the device received and sent."""
    for metric, scraped, file in (
        ("ReceivedBytes", "received_bytes", "rx_bytes"),
        ("SentBytes", "sent_bytes", "tx_bytes"),
    ):
        value = device and number(devices / device / "statistics" / file)
        if isinstance(value, float):
            yield Reading(metric, scraped, value, "Bytes", counter=True)


def tracked_connections(folder: Path) -> Iterator[Reading]:
    """How full the kernel's table of connections is; new ones are dropped when it is full."""
    count, most = number(folder / "nf_conntrack_count"), number(folder / "nf_conntrack_max")
    if count is not None and most:
        yield Reading("ConntrackUse", "conntrack_use_percent", round(100 * count / most, 2), "Percent")


def driver_statistics(device: str) -> dict[str, int]:
    """The network driver's own counters, nothing where it has none (`ethtool -S`)."""
    pairs = (line.strip().rpartition(": ") for line in answer_of("ethtool", "-S", device).splitlines())
    return {name: int(value) for name, _, value in pairs if name and value.isdigit()}


def allowances(statistics: dict[str, int]) -> Iterator[Reading]:
    """How often the instance was over an allowance of its type."""
    for metric, scraped, kinds in ALLOWANCES:
        names = [f"{kind}_allowance_exceeded" for kind in kinds]
        if all(name in statistics for name in names):
            yield Reading(metric, scraped, float(sum(statistics[name] for name in names)), counter=True)


def sessions(status: Path) -> Iterator[Reading]:
    """Clients that are in; one that has shown no certificate is UNDEF (openvpn(8), --status-version 2).

    A file that does not end with END is being written, and is left for the next time.
    """
    with suppress(OSError):
        lines = status.read_text(errors="replace").splitlines()
        if time.time() - status.stat().st_mtime < STALE_SECONDS and lines[-1:] == ["END"]:
            clients = [
                line for line in lines if line.startswith("CLIENT_LIST,") and line.split(",")[1] != "UNDEF"
            ]
            yield Reading("Sessions", "sessions", float(len(clients)))


def expiries(folder: Path) -> Iterator[Reading]:
    """Days until clients refuse the certificate, and until the server lets nobody in without a new list."""
    for metric, scraped, file, (kind, date) in EXPIRIES:
        answer = answer_of("openssl", kind, "-in", str(folder / file), "-noout", date)
        until = answer.strip().partition("=")[2]
        with suppress(ValueError):
            left = ssl.cert_time_to_seconds(until) - time.time()
            yield Reading(metric, scraped, round(left / DAY_SECONDS, 2))


def answer_of(*command: str) -> str:
    """What a command prints, nothing where it fails or is not there."""
    with suppress(OSError):
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return ""


def number(file: Path) -> float | None:
    """The number in a file, None if there is none."""
    with suppress(OSError, ValueError):
        return float(file.read_text())
    return None


def send(
    cloudwatch: CloudWatchClient,
    readings: list[Reading],
    before: dict[str, float],
    options: argparse.Namespace,
) -> None:
    """Put the readings, counters as what they gained; the first time nobody knows of what they gained."""
    data: list[MetricDatumTypeDef] = [
        {
            "MetricName": one.metric,
            "Dimensions": [
                {"Name": "Environment", "Value": options.environment},
                {"Name": "Name", "Value": options.name},
            ],
            "Value": gained(one.value, before[one.metric]) if one.counter else one.value,
            "Unit": one.unit,
        }
        for one in readings
        if not one.counter or one.metric in before
    ]
    if data:
        cloudwatch.put_metric_data(Namespace=options.namespace, MetricData=data)


def gained(value: float, before: float) -> float:
    """What a counter gained; one that is less than it was began anew."""
    return value - before if value >= before else value


def exposition(readings: list[Reading], environment: str, name: str) -> str:
    """The readings in Prometheus's text format, version 0.0.4."""
    labels = f'{{environment="{environment}",name="{name}"}}'
    lines: list[str] = []
    for one in readings:
        full = f"aws_vpn_{one.scraped}" + ("_total" if one.counter else "")
        lines += [
            f"# TYPE {full} {'counter' if one.counter else 'gauge'}",
            f"{full}{labels} {one.value:.15g}",
        ]
    return "".join(f"{line}\n" for line in lines)


def write(file: Path, text: str) -> None:
    """Replace the file as a whole."""
    temporary = file.with_suffix(".new")
    temporary.write_text(text)
    temporary.replace(file)


if __name__ == "__main__":
    main()
