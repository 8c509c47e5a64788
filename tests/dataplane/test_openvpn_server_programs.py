"""What the server's user data brings, run as on the server: Debian's Python, journal, systemd and nft."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from access import authority as ca
from access.revocation_list import sign_crl
from access.store import load
from hosts.openvpn_server import Office, ServerHost, content
from hosts.user_data import ArchivePlace, user_data
from labs.moto_server import CloudServer, cloud_server
from labs.namespaces import Lab
from labs.openvpn_tunnel import PASSPHRASE, Tunnel

NOW = datetime.now(UTC).replace(microsecond=0)
PLACE = ArchivePlace("eu-central-1", "123456789012", "bucket", "key", "/log")
SCHEMA = "usr/lib/python3/dist-packages/cloudinit/config/schemas/schema-cloud-config-v1.json"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Generator[CloudServer]:
    with cloud_server(tmp_path_factory.mktemp("cloud")) as server:
        yield server


@pytest.fixture(scope="module")
def tunnel(tmp_path_factory: pytest.TempPathFactory, cloud: CloudServer) -> Tunnel:
    return Tunnel(tmp_path_factory.mktemp("programs") / "tunnel", cloud)


@pytest.fixture(scope="module")
def published(tunnel: Tunnel) -> Tunnel:
    tunnel.access("init")
    tunnel.access("publish")
    return tunnel


@pytest.fixture
def root(tunnel: Tunnel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    # A socket's path ends at 107 characters (unix(7)); a folder named after the test would be too long.
    return tunnel.files(tmp_path_factory.mktemp("root") / "server")


def put(tunnel: Tunnel, kind: str, value: str) -> None:
    secret = f"aws-vpn/dev/openvpn/staff/{kind}"
    tunnel.cloud.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=value)


def contents(root: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes() for path in (root / "etc/openvpn/server").iterdir() if path.is_file()
    }


def test_nothing_is_made_up_before_the_first_publish(tunnel: Tunnel, root: Path) -> None:
    before = contents(root)
    secret = "aws-vpn/dev/openvpn/staff/server"
    assert tunnel.fetch(root, check=False) == (
        f"fetch-openvpn-secrets: secret {secret} has no value yet; run `aws-vpn access publish`\n"
    )
    assert contents(root) == before


def test_keys_are_fetched_for_root_only_and_left_alone_after_that(published: Tunnel, root: Path) -> None:
    published.fetch(root)
    folder = root / "etc/openvpn/server"
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in folder.iterdir()}
    assert {modes[name] for name in ("server.key", "tls-crypt-v2.key", "server.crt", "ca.crt")} == {"0o600"}
    assert modes["crl.pem"] == "0o644"
    times = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert published.fetch(root) == ""
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == times


def test_a_good_revocation_list_is_never_replaced_by_a_bad_one(published: Tunnel, root: Path) -> None:
    published.fetch(root)
    good = contents(root)
    stored = load(published.home)
    secrets = stored.opened(PASSPHRASE).secrets
    foreign = sign_crl(*ca.create("aws-vpn-dev-staff", NOW), NOW)[1]
    newer = replace(stored.authority, crl_number=100)
    bad = {
        "not signed by the tunnel's authority": foreign,
        "damaged": good["crl.pem"].decode()[:-40],
        "is older than": sign_crl(replace(stored.authority, crl_number=-1), secrets, NOW)[1],
        "expired": sign_crl(newer, secrets, NOW - timedelta(days=31))[1],
    }
    try:
        for reason, value in bad.items():
            put(published, "crl", value)
            assert reason in published.fetch(root, check=False)
            assert contents(root) == good
        put(published, "crl", sign_crl(newer, secrets, NOW - timedelta(days=25))[1])
        assert "revocation list expires in 4 days" in published.fetch(root)
    finally:
        put(published, "crl", good["crl.pem"].decode())


def test_a_bundle_that_does_not_fit_together_is_not_used(published: Tunnel, root: Path) -> None:
    published.fetch(root)
    good = contents(root)
    stored = load(published.home)
    bundle = json.loads(
        published.cloud.client("secretsmanager").get_secret_value(
            SecretId="aws-vpn/dev/openvpn/staff/server"
        )["SecretString"]
    )
    other, others = ca.create("aws-vpn-dev-staff", NOW)
    bad = {
        "Expecting value": "no JSON",
        "'key'": json.dumps({k: v for k, v in bundle.items() if k != "key"}),
        "its key is not its certificate's": json.dumps(bundle | {"key": others.server_key}),
        "not signed by its authority": json.dumps(bundle | {"ca": other.certificate}),
        "is not one certificate": json.dumps(bundle | {"ca": bundle["ca"] + other.certificate}),
        "no tls-crypt-v2 server key": json.dumps(bundle | {"tlsCryptV2Server": stored.authority.certificate}),
    }
    try:
        for reason, value in bad.items():
            put(published, "server", value)
            printed = published.fetch(root, check=False)
            assert printed.startswith("fetch-openvpn-secrets: server bundle not used: ")
            assert reason in printed
            assert bundle["key"] not in printed
            assert contents(root) == good
    finally:
        put(published, "server", json.dumps(bundle))


def test_a_new_authority_takes_over_with_lists_of_its_own(
    published: Tunnel, root: Path, tmp_path: Path
) -> None:
    published.access("publish")
    published.fetch(root)
    old = published.home.rename(tmp_path / "old")
    try:
        published.access("init")
        published.access("publish")
        assert "revocation list 1 installed" in published.fetch(root)
        assert load(published.home).authority.certificate == contents(root)["ca.crt"].decode()
    finally:
        published.home.rename(tmp_path / "new")
        old.rename(published.home)
        published.access("publish")


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """What systemd was asked for since the last call; it obeys while there is no file `refusing`."""
    calls = tmp_path / "calls"
    program = tmp_path / "bin" / "systemctl"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {calls}\ntest ! -e {tmp_path}/refusing\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")

    def asked() -> list[str]:
        lines = calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []
        calls.unlink(missing_ok=True)
        assert all(line.split()[::2] == ["--no-block", "openvpn-server@server.service"] for line in lines)
        return [line.split()[1] for line in lines]

    return asked


def test_the_server_is_started_and_restarted_only_for_a_new_bundle(
    published: Tunnel, root: Path, systemctl: Callable[[], list[str]]
) -> None:
    for _ in range(2):
        published.fetch(root, unit=True)
    published.access("renew", "--server")
    published.access("publish")
    published.fetch(root, unit=True)
    assert systemctl() == ["restart", "start", "restart"]


def test_a_restart_that_was_not_possible_is_made_up_for(
    published: Tunnel, root: Path, tmp_path: Path, systemctl: Callable[[], list[str]]
) -> None:
    published.fetch(root, unit=True)
    published.access("renew", "--server")
    published.access("publish")
    put(published, "crl", "damaged")
    published.fetch(root, unit=True, check=False)
    assert systemctl() == ["restart"]
    (tmp_path / "refusing").touch()
    published.access("publish")
    published.fetch(root, unit=True, check=False)
    (tmp_path / "refusing").unlink()
    for _ in range(2):
        published.fetch(root, unit=True)
    assert systemctl() == ["restart", "restart", "start"]


def test_a_cut_that_was_not_possible_is_made_up_for(published: Tunnel, root: Path) -> None:
    published.fetch(root)
    published.access("issue", "eve", "--address", "203.0.113.5")
    published.access("revoke", "eve")
    published.access("publish")
    answers = [b"", b"SUCCESS: common name 'eve' found, 1 client(s) killed\n"]
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(root / "run/openvpn-server/server.sock"))
        listening.listen()
        heard: list[bytes] = []

        def serve() -> None:
            for answer in answers:
                with listening.accept()[0] as connection:
                    connection.sendall(b">INFO:OpenVPN Management Interface Version 5\n")
                    heard.append(connection.recv(100))
                    connection.sendall(answer)

        server = threading.Thread(target=serve)
        server.start()
        assert "eve not cut off yet: no answer from" in published.fetch(root, check=False)
        assert "revoked eve: SUCCESS" in published.fetch(root)
        assert published.fetch(root) == ""
        server.join()
    assert heard == [b"kill eve\n"] * 2


def test_the_journal_arrives_in_cloudwatch_once(published: Tunnel, root: Path, tmp_path: Path) -> None:
    logs = published.cloud.client("logs")
    group = published.host.log_group
    logs.create_log_group(logGroupName=group)
    service = (root / "etc/systemd/system/ship-journal.service").read_text(encoding="utf-8")
    command = re.search(r"^ExecStart=(\S+) (.*) --stream %H --cursor \S+$", service, re.MULTILINE)
    assert command
    ship = f"{root}{command[1]} {command[2]} --stream main --cursor {tmp_path}/cursor --once"
    say = "systemd-cat -t openvpn echo"
    script = f"""
        mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal /run/log/journal/$(cat /etc/machine-id)
        /lib/systemd/systemd-journald >/dev/null 2>&1 &
        until test -S /run/systemd/journal/stdout; do sleep 0.1; done
        {say} '[alice] Peer Connection Initiated with [AF_INET]198.51.100.2:40000'
        printf 'caf\\351\\n' | systemd-cat -t openvpn
        journalctl --sync; {ship} || exit 1
        {say} 'second message'; journalctl --sync; {ship} || exit 1
        {ship}
    """
    subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", script],
        env=published.environment(),
        check=True,
        timeout=60,
    )
    events = logs.get_log_events(logGroupName=group, logStreamName="main", startFromHead=True)["events"]
    messages: list[Any] = [event["message"] for event in events]
    for message in ("[alice] Peer Connection Initiated with [AF_INET]198.51.100.2:40000", "second message"):
        assert messages.count(f"openvpn: {message}") == 1
    assert "openvpn: caf�" in messages
    assert all(abs(event["timestamp"] / 1000 - time.time()) < 86400 for event in events)
    assert published.access("issue", "alice", "--address", "203.0.113.5")
    listed = published.access("list", "--seen")
    assert re.search(rf"alice +client +\S+ +valid +{NOW:%Y-%m-%d} \d\d:\d\d", listed)


def test_systemd_accepts_the_units(root: Path, tmp_path: Path) -> None:
    units = root / "etc/systemd/system"
    mounts = {"/etc/systemd/system": units, "/usr/local/sbin": root / "usr/local/sbin"}
    names = [path.name for path in units.iterdir() if path.is_file()] + ["openvpn-server@server.service"]
    with Lab(tmp_path) as lab:
        host = lab.host("server")
        verified = host.run(["systemd-analyze", "verify", "--man=no", *names], mounts=mounts, check=False)
        about_ours = [line for line in verified.stderr.splitlines() if any(name in line for name in names)]
        assert about_ours == []
        for name, most in (("openvpn-server@server.service", 4), ("fetch-openvpn-secrets.service", 3)):
            analyzed = host.run(["systemd-analyze", "security", "--offline=true", name], mounts=mounts)
            level = re.search(r"Overall exposure level.*: ([\d.]+)", analyzed.stdout)
            assert level
            assert float(level[1]) < most


def hosts(tunnel: Tunnel) -> list[ServerHost]:
    """Tunnels of all kinds."""
    many = tuple(Office(f"office-{n}", (IPv4Network(f"192.168.{n}.0/24"),)) for n in range(12))
    return [
        tunnel.host,
        replace(tunnel.host, full_tunnel=True, client_to_client=True, protocol="tcp", port=443),
        replace(tunnel.host, offices=(), dns_servers=(IPv4Address("10.10.0.2"), IPv4Address("9.9.9.9"))),
        replace(tunnel.host, offices=many, dns_domain="dev.internal"),
    ]


def test_nft_accepts_every_rule_set_on_a_minimal_system(tunnel: Tunnel, tmp_path: Path) -> None:
    """Names of protocols are in the package netbase, which need not be there."""
    nothing = tmp_path / "nothing"
    nothing.touch()
    names = {"/etc/protocols": nothing} if Path("/etc/protocols").exists() else {}
    with Lab(tmp_path) as lab:
        host = lab.host("server")
        for number, server in enumerate(hosts(tunnel)):
            root = Tunnel.write(server, tmp_path / str(number))
            host.run(["nft", "--check", "--file", str(root / "etc/nftables.conf")], mounts=names)


def test_cloud_init_accepts_the_user_data(tunnel: Tunnel, tmp_path: Path) -> None:
    subprocess.run(
        ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", "cloud-init"],
        cwd=tmp_path,
        check=True,
        timeout=60,
    )
    package = next(tmp_path.glob("*.deb"))
    subprocess.run(["dpkg", "-x", package, tmp_path / "cloud-init"], check=True, timeout=60)
    schema = json.loads((tmp_path / "cloud-init" / SCHEMA).read_text(encoding="utf-8"))
    validator = jsonschema.Draft4Validator(schema)
    documents = [yaml.safe_load(user_data(content(server), PLACE)) for server in hosts(tunnel)]
    for document in documents:
        assert [error.message for error in validator.iter_errors(document)] == []
    assert not validator.is_valid(documents[0] | {"runcmd": "not a list"})


def test_the_commands_are_shell(tunnel: Tunnel) -> None:
    for command in yaml.safe_load(user_data(content(tunnel.host), PLACE))["runcmd"]:
        assert shutil.which(shlex.split(command)[0])
        subprocess.run(["sh", "-n", "-c", command], check=True, timeout=5)
    for path, text in content(tunnel.host).files.items():
        if text.startswith("#!/bin/sh"):
            subprocess.run(["sh", "-n"], input=text, text=True, check=True, timeout=5)
            assert path.startswith("/usr/local/sbin/")
