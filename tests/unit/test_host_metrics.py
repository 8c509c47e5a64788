"""What a server measures: from real files and answers to CloudWatch's request and Prometheus's text."""

from __future__ import annotations

import argparse
import os
import re
import threading
import time
from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hosts import nat, openvpn_server
from hosts.metrics import METRICS_UNIT, OPENVPN_METRICS, PAIR_METRICS, SCRAPE_UNIT
from hosts.openvpn_server import ServerHost
from hosts.programs import host_metrics, serve_metrics
from hosts.programs.host_metrics import Reading

ENA = """\
NIC statistics:
     tx_timeout: 0
     bw_in_allowance_exceeded: 3
     bw_out_allowance_exceeded: 4
     pps_allowance_exceeded: 5
     conntrack_allowance_exceeded: 6
     linklocal_allowance_exceeded: 0
     conntrack_allowance_available: 136812
"""
"""As "Monitor network performance for ENA settings on your EC2 instance" shows it."""

STATUS = """\
TITLE,OpenVPN 2.6.14 x86_64-pc-linux-gnu
TIME,2026-11-25 10:00:00,1795600800
HEADER,CLIENT_LIST,Common Name,Real Address,Virtual Address,Virtual IPv6 Address,Bytes Received
CLIENT_LIST,anna,198.51.100.2:5000,172.27.0.2,,3000
CLIENT_LIST,UNDEF,198.51.100.9:5009,,,0
CLIENT_LIST,site-potsdam,198.51.100.3:5001,172.27.0.3,,4000
HEADER,ROUTING_TABLE,Virtual Address,Common Name,Real Address,Last Ref
ROUTING_TABLE,172.27.0.2,anna,198.51.100.2:5000,2026-11-25 10:00:00
END
"""

ROUTES = """\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
tun0\t00001BAC\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
ens5\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0
"""

NAT = nat.NatHost("dev", "eu-central-1", (IPv4Network("10.0.0.0/16"),), "/aws-vpn/dev/nat")
SERVER = ServerHost(
    environment="dev",
    tunnel="staff",
    region="eu-central-1",
    vpc_cidrs=(IPv4Network("10.0.0.0/16"), IPv4Network("10.9.0.0/16")),
    client_pool=IPv4Network("172.27.0.0/24"),
    permitted=(IPv4Network("10.0.0.0/16"),),
    server_secret="server",
    crl_secret="crl",
    probe_secret="probe",
    log_group="/aws-vpn/dev/openvpn/staff",
)


class CloudWatch:
    """Keeps what was sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def put_metric_data(self, **request: Any) -> None:
        self.sent.append(request)


def certificate(days: float) -> tuple[bytes, bytes]:
    """A certificate and a revocation list that end in so many days."""
    key = ec.generate_private_key(ec.SECP384R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "server")])
    now = datetime.now(UTC)
    until = now + timedelta(days=days)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(until)
        .sign(key, hashes.SHA384())
    )
    listed = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(name)
        .last_update(now - timedelta(days=400))
        .next_update(until)
        .sign(key, hashes.SHA384())
    )
    pem = serialization.Encoding.PEM
    return made.public_bytes(pem), listed.public_bytes(pem)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A host's files: a device's counters, the table of connections, OpenVPN's status, keys."""
    statistics = tmp_path / "net" / "tun0" / "statistics"
    statistics.mkdir(parents=True)
    (statistics / "rx_bytes").write_text("7000\n")
    (statistics / "tx_bytes").write_text("9000\n")
    (tmp_path / "nf_conntrack_count").write_text("32768\n")
    (tmp_path / "nf_conntrack_max").write_text("131072\n")
    (tmp_path / "status").write_text(STATUS)
    (tmp_path / "route").write_text(ROUTES)
    made, listed = certificate(12.25)
    (tmp_path / "server.crt").write_bytes(made)
    (tmp_path / "crl.pem").write_bytes(listed)
    return tmp_path


def of_driver(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """What the program reads from an `ethtool` that answers with a text."""
    (tmp_path / "answer").write_text(text)
    tool = tmp_path / "ethtool"
    tool.write_text(f'#!/bin/sh\n[ "$1 $2" = "-S ens5" ] && cat {tmp_path}/answer\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return host_metrics.driver_statistics("ens5")


def all_of(place: Path, monkeypatch: pytest.MonkeyPatch) -> list[Reading]:
    return [
        *host_metrics.traffic(place / "net", "tun0"),
        *host_metrics.tracked_connections(place),
        *host_metrics.allowances(of_driver(ENA, place, monkeypatch)),
        *host_metrics.sessions(place / "status"),
        *host_metrics.expiries(place),
    ]


def test_a_server_measures_all_that_it_says(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {one.metric: one.value for one in all_of(place, monkeypatch)}
    assert tuple(found) == (*PAIR_METRICS, *OPENVPN_METRICS)
    days = [found.pop("CertificateDaysLeft"), found.pop("RevocationListDaysLeft")]
    assert [day == pytest.approx(12.25, abs=0.02) for day in days] == [True, True]
    assert found == {
        "ReceivedBytes": 7000,
        "SentBytes": 9000,
        "ConntrackUse": 25,
        "ConntrackAllowanceExceeded": 6,
        "BandwidthAllowanceExceeded": 7,
        "PacketRateAllowanceExceeded": 5,
        "Sessions": 2,
    }


def test_what_is_not_there_is_not_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(host_metrics.traffic(tmp_path, "tun0")) == []
    assert list(host_metrics.traffic(tmp_path, None)) == []
    assert list(host_metrics.tracked_connections(tmp_path)) == []
    assert list(host_metrics.sessions(tmp_path / "status")) == []
    assert list(host_metrics.expiries(tmp_path)) == []
    with monkeypatch.context() as without:
        without.setenv("PATH", str(tmp_path))
        assert host_metrics.driver_statistics("ens5") == {}
    veth = "NIC statistics:\n     peer_ifindex: 7\n"
    assert list(host_metrics.allowances(of_driver(veth, tmp_path, monkeypatch))) == []


def test_a_status_that_nobody_writes_any_more_is_no_figure(place: Path) -> None:
    long_ago = time.time() - host_metrics.STALE_SECONDS - 1
    os.utime(place / "status", (long_ago, long_ago))
    assert list(host_metrics.sessions(place / "status")) == []


def test_a_status_that_is_being_written_is_no_figure(place: Path) -> None:
    (place / "status").write_text(STATUS.removesuffix("END\n"))
    assert list(host_metrics.sessions(place / "status")) == []
    (place / "status").write_text("")
    assert list(host_metrics.sessions(place / "status")) == []


def test_an_expired_certificate_has_less_than_no_days_left(tmp_path: Path) -> None:
    made, listed = certificate(-3)
    (tmp_path / "server.crt").write_bytes(made)
    (tmp_path / "crl.pem").write_bytes(listed)
    assert all(one.value < -2.9 for one in host_metrics.expiries(tmp_path))


def test_the_way_to_the_internet_is_the_default_route(place: Path) -> None:
    assert host_metrics.default_device(place / "route") == "ens5"
    (place / "route").write_text(ROUTES.splitlines()[0] + "\n")
    assert host_metrics.default_device(place / "route") is None


def test_counters_are_sent_as_what_they_gained_and_never_the_first_time() -> None:
    cloudwatch = CloudWatch()
    options = argparse.Namespace(namespace="aws-vpn", environment="dev", name="nat")
    gauge = Reading("ConntrackUse", "conntrack_use_percent", 25.0, "Percent")
    before: dict[str, float] = {}
    for value in (1000.0, 1500.0, 200.0):
        readings = [gauge, Reading("SentBytes", "sent_bytes", value, "Bytes", counter=True)]
        host_metrics.send(cloudwatch, readings, before, options)  # pyright: ignore[reportArgumentType]
        before = {"SentBytes": value}
    assert {request["Namespace"] for request in cloudwatch.sent} == {"aws-vpn"}
    data = [{one["MetricName"]: one["Value"] for one in request["MetricData"]} for request in cloudwatch.sent]
    assert data == [
        {"ConntrackUse": 25.0},
        {"ConntrackUse": 25.0, "SentBytes": 500.0},
        {"ConntrackUse": 25.0, "SentBytes": 200.0},
    ]
    for one in cloudwatch.sent[1]["MetricData"]:
        assert one["Dimensions"] == [
            {"Name": "Environment", "Value": "dev"},
            {"Name": "Name", "Value": "nat"},
        ]


@pytest.fixture
def port(tmp_path: Path) -> Generator[int]:
    """Where the program answers, with the file `metrics.prom` of this test."""
    handler = partial(serve_metrics.Metrics, tmp_path / "metrics.prom")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def get(port: int, path: str) -> tuple[int, str, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.headers["Content-Type"], text


def test_scrapers_get_the_text_format_and_nothing_old(
    place: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = place / "metrics.prom"
    assert get(port, "/metrics")[0] == 503
    host_metrics.write(file, host_metrics.exposition(all_of(place, monkeypatch), "dev", "openvpn-staff"))
    status, kind, text = get(port, "/metrics")
    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    line = re.compile(
        r"# TYPE aws_vpn_[a-z_]+ (counter|gauge)"
        r'|aws_vpn_[a-z_]+\{environment="dev",name="openvpn-staff"\} -?[0-9.e+]+'
    )
    assert [one for one in text.splitlines() if not line.fullmatch(one)] == []
    labels = '{environment="dev",name="openvpn-staff"}'
    assert f"# TYPE aws_vpn_sent_bytes_total counter\naws_vpn_sent_bytes_total{labels} 9000\n" in text
    assert f"# TYPE aws_vpn_sessions gauge\naws_vpn_sessions{labels} 2\n" in text
    assert get(port, "/")[0] == 404
    assert get(port, "/../etc/passwd")[0] == 404
    long_ago = time.time() - serve_metrics.STALE_SECONDS - 1
    os.utime(file, (long_ago, long_ago))
    assert get(port, "/metrics")[0] == 503


def test_scrapers_are_let_in_only_where_the_settings_say() -> None:
    unit = f"/etc/systemd/system/{SCRAPE_UNIT}"
    closed = nat.content(NAT).files, openvpn_server.content(SERVER).files
    for files in closed:
        assert f"/etc/systemd/system/{METRICS_UNIT}" in files
        assert unit not in files
        assert "9470" not in files["/etc/nftables.conf"]
    open_nat = replace(NAT, metrics_port=9470)
    files = nat.content(open_nat).files
    assert "    ip saddr 10.0.0.0/16 tcp dport 9470 accept\n" in files["/etc/nftables.conf"]
    assert "serve-metrics --port 9470 " in files[unit]
    assert f"{METRICS_UNIT} {SCRAPE_UNIT}\n" in files["/usr/local/sbin/start-host"]
    open_server = replace(SERVER, metrics_port=9470)
    rules = openvpn_server.content(open_server).files["/etc/nftables.conf"]
    assert 'iifname != "tun0" ip saddr { 10.0.0.0/16, 10.9.0.0/16 } tcp dport 9470 accept\n' in rules


def test_who_reads_keys_serves_nobody_and_who_serves_reads_no_keys() -> None:
    server = replace(SERVER, metrics_port=9470)
    files = openvpn_server.content(server).files
    measures = files[f"/etc/systemd/system/{METRICS_UNIT}"]
    serves = files[f"/etc/systemd/system/{SCRAPE_UNIT}"]
    assert "DynamicUser=yes\n" in serves
    assert "DynamicUser" not in measures
    assert "DynamicUser=yes\n" in nat.content(NAT).files[f"/etc/systemd/system/{METRICS_UNIT}"]
    for unit in (measures, serves):
        assert "\nCapabilityBoundingSet=\n" in unit
        assert "\nProtectSystem=strict\n" in unit
    asked = (
        " --environment dev --name openvpn-staff --file /run/host-metrics/metrics.prom --device tun0"
        " --openvpn-status /run/openvpn-server/status-server.log --openvpn-folder /etc/openvpn/server\n"
    )
    assert asked in measures
