"""A host and its archive: the right one is started, no other ever is, and S3 out of reach is waited for.

The program's own HTTP requests go to a server on this machine that answers as S3 and CloudWatch Logs would.
"""

from __future__ import annotations

import base64
import configparser
import hashlib
import io
import json
import re
import socket
import tarfile
import threading
import time
from collections.abc import Callable, Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.config import Config

from hosts.content import START_PROGRAM, HostContent
from hosts.programs import fetch_host
from hosts.user_data import FETCH_UNIT, REFUSAL_PATTERN, ArchivePlace, user_data
from labs.recorded_environment import environment, settings_of
from labs.recorded_graph import Graph

Answer = Callable[[BaseHTTPRequestHandler], None]

STARTED = HostContent((), {START_PROGRAM: '#!/bin/sh\ntouch "$(dirname "$0")/started"\n'})


class Service:
    """Answers requests for the object in order, the last answer from then on; keeps what was logged."""

    def __init__(self, *answers: Answer, port: int = 0) -> None:
        self.asked = 0
        self.paths: list[str] = []
        self.logged: list[dict[str, Any]] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.paths.append(self.path)
                answer = answers[min(service.asked, len(answers) - 1)]
                service.asked += 1
                answer(self)

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.headers["X-Amz-Target"].endswith("PutLogEvents"):
                    service.logged.append(body)
                send(self, 200, b"{}")

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def end(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def send(request: BaseHTTPRequestHandler, status: int, body: bytes, length: int | None = None) -> None:
    request.send_response(status)
    request.send_header("Content-Length", str(len(body) if length is None else length))
    request.end_headers()
    request.wfile.write(body)


def whole(archive: bytes) -> Answer:
    return lambda request: send(request, 200, archive)


def error(status: int, code: str) -> Answer:
    body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
    return lambda request: send(request, status, body)


def cut_off(archive: bytes) -> Answer:
    return lambda request: send(request, 200, archive[: len(archive) // 2], len(archive))


def hang(request: BaseHTTPRequestHandler) -> None:
    time.sleep(2)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    short = Config(connect_timeout=0.5, read_timeout=0.5, retries={"total_max_attempts": 1})
    monkeypatch.setattr(fetch_host, "PATIENCE", short)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Generator[Callable[..., Service]]:
    services: list[Service] = []

    def start(*answers: Answer, port: int = 0) -> Service:
        services.append(Service(*answers, port=port))
        monkeypatch.setenv("AWS_ENDPOINT_URL", services[-1].url)
        return services[-1]

    yield start
    for service in services:
        service.end()


class Host:
    """A root, and the program run on it as its unit does, once at each call."""

    def __init__(self, folder: Path, digest: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder / "host"
        self.root = self.folder / "root"
        self.root.mkdir(parents=True)
        place = folder / "place.json"
        told = {"bucket": "bucket", "key": "hosts/x.tar", "sha256": digest, "region": "eu-central-1"}
        place.write_text(json.dumps({**told, "account": "123456789012", "logGroup": "/log"}))
        monkeypatch.setattr("sys.argv", ["fetch-host", str(place), str(self.root)])

    def try_once(self) -> int:
        return fetch_host.main()

    @property
    def is_started(self) -> bool:
        started, done = self.root / "usr/local/sbin/started", self.root / fetch_host.DONE
        assert started.exists() == done.exists()
        return started.exists()


def host(folder: Path, monkeypatch: pytest.MonkeyPatch, archive: bytes = STARTED.archive) -> Host:
    return Host(folder, hashlib.sha256(archive).hexdigest(), monkeypatch)


def packed(*members: tarfile.TarInfo) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        good = tarfile.TarInfo("etc/good")
        archive.addfile(good, io.BytesIO(b""))
        for member in members:
            archive.addfile(member, io.BytesIO(b""))
    return stream.getvalue()


def matches(pattern: str, line: str) -> bool:
    """Whether CloudWatch Logs' pattern of words, `[name="word", ..., ...]`, fits a line."""
    wanted = re.findall(r'="([^"]+)"', pattern)
    return line.split()[: len(wanted)] == wanted


def link(kind: bytes, name: str, to: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, to
    return member


def test_the_archive_that_was_told_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serve: Callable[..., Service]
) -> None:
    service = serve(whole(STARTED.archive))
    told = host(tmp_path, monkeypatch)
    assert told.try_once() == 0
    assert told.is_started
    assert service.paths == ["/bucket/hosts/x.tar"]
    assert service.logged == []


def test_another_archive_is_refused_in_one_line_here_and_in_the_log_group(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    serve: Callable[..., Service],
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = HostContent((), {START_PROGRAM: "#!/bin/sh\nexit 0\n"})
    service = serve(whole(other.archive))
    told = host(tmp_path, monkeypatch)
    assert told.try_once() == 1
    line = (
        "host archive refused: s3://bucket/hosts/x.tar has"
        f" SHA-256 {other.digest}, should be {STARTED.digest}"
    )
    assert capsys.readouterr().err == f"{line}\n"
    (batch,) = service.logged
    assert batch["logGroupName"] == "/log"
    assert [event["message"] for event in batch["logEvents"]] == [f"fetch-host: {line}"]
    assert matches(REFUSAL_PATTERN, f"fetch-host: {line}")
    assert not matches(REFUSAL_PATTERN, f"openvpn: {line}")
    assert list(told.root.iterdir()) == []


@pytest.mark.parametrize(
    ("away", "said"),
    [
        (error(403, "AccessDenied"), "AccessDenied"),
        (error(404, "NoSuchBucket"), "NoSuchBucket"),
        (error(503, "SlowDown"), "SlowDown"),
        (error(500, "InternalError"), "InternalError"),
        (hang, "timeout"),
        (cut_off(STARTED.archive), ""),
    ],
    ids=["403", "404", "503", "500", "hangs", "cut off"],
)
def test_s3_out_of_reach_is_tried_again_until_it_answers(
    away: Answer,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    serve: Callable[..., Service],
    capsys: pytest.CaptureFixture[str],
) -> None:
    service = serve(away, away, whole(STARTED.archive))
    told = host(tmp_path, monkeypatch)
    for _ in range(2):
        assert told.try_once() == 1
        assert not told.is_started
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("host archive not fetched, trying again: ")
        assert said in line
    assert told.try_once() == 0
    assert told.is_started
    assert (service.asked, service.logged) == (3, [])


def test_a_refused_connection_is_tried_again_until_somebody_listens(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    serve: Callable[..., Service],
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = host(tmp_path, monkeypatch)
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        assert told.try_once() == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("host archive not fetched, trying again: Could not connect")
    serve(whole(STARTED.archive))
    assert told.try_once() == 0
    assert told.is_started


@pytest.mark.parametrize(
    "archive",
    [
        packed(tarfile.TarInfo("../outside")),
        packed(tarfile.TarInfo("etc/../../outside")),
        packed(link(tarfile.SYMTYPE, "etc/link", "../../outside")),
        packed(link(tarfile.SYMTYPE, "etc/link", "/etc/shadow")),
        packed(link(tarfile.LNKTYPE, "etc/link", "../outside")),
        packed(link(tarfile.CHRTYPE, "dev/mem", "")),
        STARTED.archive[:700],
        b"no archive at all",
    ],
    ids=["up", "up again", "link up", "link away", "hard link", "device", "half", "none"],
)
def test_an_archive_of_anything_but_files_below_the_root_is_refused_as_a_whole(
    archive: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    serve: Callable[..., Service],
    capsys: pytest.CaptureFixture[str],
) -> None:
    service = serve(whole(archive))
    told = host(tmp_path, monkeypatch, archive)
    assert told.try_once() == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("host archive refused: s3://bucket/hosts/x.tar is not one of files below ")
    assert [event["message"] for event in service.logged[0]["logEvents"]] == [f"fetch-host: {line}"]
    assert matches(REFUSAL_PATTERN, f"fetch-host: {line}")
    assert list(told.root.iterdir()) == []
    assert list(told.folder.iterdir()) == [told.root]


def test_names_that_begin_at_the_root_stay_below_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serve: Callable[..., Service]
) -> None:
    outside = tmp_path / "outside"
    archive = packed(tarfile.TarInfo(str(outside)))
    serve(whole(archive))
    told = host(tmp_path, monkeypatch, archive)
    assert told.try_once() == 1
    assert not outside.exists()


def test_a_start_program_that_fails_is_run_again(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    serve: Callable[..., Service],
    capsys: pytest.CaptureFixture[str],
) -> None:
    script = (
        '#!/bin/sh\nmkdir "$(dirname "$0")/once" 2>/dev/null && exit 3\ntouch "$(dirname "$0")/started"\n'
    )
    fails_once = HostContent((), {START_PROGRAM: script})
    serve(whole(fails_once.archive))
    told = host(tmp_path, monkeypatch, fails_once.archive)
    assert told.try_once() == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("host not started, trying again: ")
    assert line.endswith("non-zero exit status 3.")
    assert told.try_once() == 0
    assert told.is_started


def test_the_unit_tries_without_end_at_most_a_minute_apart() -> None:
    text = user_data(STARTED, ArchivePlace("eu-central-1", "123456789012", "bucket", "x.tar", "/log"))
    files = {entry["path"]: entry["content"] for entry in yaml.safe_load(text)["write_files"]}
    unit = configparser.ConfigParser()
    unit.optionxform = str  # pyright: ignore[reportAttributeAccessIssue]
    unit.read_string(files[f"/etc/systemd/system/{FETCH_UNIT}"])
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert unit["Service"]["Restart"] == "on-failure"
    waits = [int(unit["Service"][key]) for key in ("RestartSec", "RestartMaxDelaySec", "RestartSteps")]
    assert waits == [5, 60, 5]


def test_every_host_of_an_environment_has_an_alarm_for_a_refused_archive() -> None:
    graph = environment("prod", settings_of("prod"))
    filters = [
        one.inputs
        for one in graph.of("aws:cloudwatch/logMetricFilter:LogMetricFilter")
        if one.inputs["pattern"] == REFUSAL_PATTERN
    ]
    told = {group for text in _user_data(graph) for group in re.findall(r'"logGroup": "(.*)"', text)}
    assert {one["logGroupName"] for one in filters} == told
    alarms = {
        one.inputs["metricName"]: one.inputs for one in graph.of("aws:cloudwatch/metricAlarm:MetricAlarm")
    }
    for one in filters:
        alarm = alarms[one["metricTransformation"]["name"]]
        assert alarm["namespace"] == one["metricTransformation"]["namespace"]
        assert (alarm["threshold"], alarm["comparisonOperator"]) == (0, "GreaterThanThreshold")
        assert len(alarm["alarmActions"]) == 1


def _user_data(graph: Graph) -> list[str]:
    templates = graph.of("aws:ec2/launchTemplate:LaunchTemplate")
    instances = graph.of("aws:ec2/instance:Instance")
    return [base64.b64decode(one.inputs["userData"]).decode() for one in templates] + [
        one.inputs["userData"] for one in instances
    ]
