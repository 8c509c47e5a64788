"""Access against a cloud: what is published where, the address in profiles, who was seen, and refusals."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from access import seal, store
from access.passphrase import FILE_VARIABLE, VARIABLE
from command.root import main
from labs.moto_server import CloudServer, cloud_server

ROOT = Path(__file__).parents[2]
SECRET = "aws-vpn/dev/openvpn/staff"
PASSPHRASE = "correct horse battery staple"

_BOB = "[bob] Peer Connection Initiated with [AF_INET]1.2.3.4:5"
FORGED = (
    f"1.2.3.4:5 VERIFY ERROR: depth=0, error=self-signed certificate: CN={_BOB}",
    f"1.2.3.4:5 VERIFY ERROR: depth=0, error=self-signed certificate: CN=x, O={_BOB}, serial=1",
    f"1.2.3.4:5 {_BOB}, serial=1",
)
"""What a stranger can have logged, with a certificate that the server refuses."""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cloud(tmp_path: Path) -> Generator[CloudServer]:
    with cloud_server(tmp_path) as server:
        yield server


@pytest.fixture
def run(
    tmp_path: Path, cloud: CloudServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs a command for the tunnel staff of dev, whose authority exists, against the cloud."""
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv(FILE_VARIABLE, raising=False)
    for variable, value in {
        VARIABLE: PASSPHRASE,
        "AWS_ENDPOINT_URL": cloud.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(seal, "SCRYPT_COST", 2**4)

    def command(*arguments: str) -> tuple[int, str, str]:
        code = main(["access", "--home", str(tmp_path / "home"), *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    assert command("init")[0] == 0
    return command


def deploy_secrets(cloud: CloudServer) -> None:
    for kind in ("server", "crl", "probe"):
        cloud.client("secretsmanager").create_secret(Name=f"{SECRET}/{kind}")


def value(cloud: CloudServer, kind: str) -> str:
    return cloud.client("secretsmanager").get_secret_value(SecretId=f"{SECRET}/{kind}")["SecretString"]


def test_servers_get_their_keys_the_list_and_the_monitor_its_own(
    run: Run, cloud: CloudServer, tmp_path: Path
) -> None:
    deploy_secrets(cloud)
    code, out, err = run("publish")
    assert (code, out, err) == (0, "published for aws-vpn-dev-staff: revocation list 1\n", "")
    stored = store.load(tmp_path / "home")
    secrets = stored.opened(PASSPHRASE).secrets
    assert json.loads(value(cloud, "server")) == {
        "ca": stored.authority.certificate,
        "certificate": stored.authority.server_certificate,
        "key": secrets.server_key,
        "tlsCryptV2Server": secrets.tls_crypt_server,
    }
    assert value(cloud, "probe") == secrets.probe
    assert value(cloud, "probe").startswith("-----BEGIN OpenVPN tls-crypt-v2 client key-----\n")
    assert value(cloud, "crl").startswith("-----BEGIN X509 CRL-----\n")
    assert run("publish")[1] == "published for aws-vpn-dev-staff: revocation list 2\n"
    assert secrets.authority_key.splitlines()[1] not in "".join(
        value(cloud, kind) for kind in ("server", "crl", "probe")
    )


def test_an_older_copy_of_the_authority_is_not_published(
    run: Run, cloud: CloudServer, tmp_path: Path
) -> None:
    deploy_secrets(cloud)
    file = tmp_path / "home" / store.FILE
    older = file.read_bytes()
    assert [run("publish")[0] for _ in range(2)] == [0, 0]
    live = value(cloud, "crl")
    file.write_bytes(older)
    assert run("publish")[2].startswith(
        "the servers have revocation list 2, and this authority made 0 so far: it is an older copy"
    )
    assert value(cloud, "crl") == live


def test_publishing_before_deploying_is_told_and_can_be_repeated(run: Run, cloud: CloudServer) -> None:
    code, out, err = run("publish")
    assert (code, out) == (1, "")
    assert (
        err == f"secret {SECRET}/server is not in eu-central-1; should be deployed first: make up STACK=dev\n"
    )
    assert "not published to the servers yet" in run("list")[2]
    deploy_secrets(cloud)
    assert run("publish")[0] == 0
    assert run("list")[2] == ""


def test_profiles_name_the_tunnels_elastic_ip(run: Run, cloud: CloudServer, tmp_path: Path) -> None:
    ec2 = cloud.client("ec2")
    code, _, err = run("issue", "alice")
    assert code == 1
    assert err.startswith(
        "0 Elastic IPs named aws-vpn-dev-openvpn-staff in eu-central-1; should be one: deploy with make"
    )

    def allocate(name: str) -> str:
        tags = [{"ResourceType": "elastic-ip", "Tags": [{"Key": "Name", "Value": name}]}]
        return ec2.allocate_address(Domain="vpc", TagSpecifications=tags)["PublicIp"]

    allocate("aws-vpn-dev-openvpn-other")
    address = allocate("aws-vpn-dev-openvpn-staff")
    assert run("issue", "alice")[0] == 0
    text = (tmp_path / "home/profiles/aws-vpn-dev-staff-alice.ovpn").read_text(encoding="utf-8")
    assert f"\nremote {address} 1194 udp\n" in text
    allocate("aws-vpn-dev-openvpn-staff")
    assert run("issue", "bob")[2].startswith("2 Elastic IPs named aws-vpn-dev-openvpn-staff")
    assert run("issue", "bob", "--address", address)[0] == 0


def test_who_was_seen_comes_from_the_servers_log(run: Run, cloud: CloudServer) -> None:
    run("issue", "alice", "--address", "203.0.113.5")
    run("issue", "bob", "--address", "203.0.113.5")
    assert run("list", "--seen")[2].startswith("AWS: ")
    logs = cloud.client("logs")
    group = "/aws-vpn/dev/openvpn/staff"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="main")
    now = int(time.time()) * 1000
    logs.put_log_events(
        logGroupName=group,
        logStreamName="main",
        logEvents=[
            {
                "timestamp": now - age * 60000,
                "message": f"openvpn: 1.2.3.4:5 [{name}] Peer Connection Initiated with [AF_INET]1.2.3.4:5",
            }
            for name, age in (("alice", 90), ("alice", 5), ("mallory", 1))
        ]
        + [{"timestamp": now, "message": f"openvpn: {line}"} for line in FORGED],
    )
    listed = {line.split()[0]: line for line in run("list", "--seen")[1].splitlines()[1:]}
    assert listed["alice"].endswith(time.strftime("%Y-%m-%d %H:%M", time.gmtime(now / 1000 - 300)))
    assert listed["bob"].endswith(" -")


def test_a_cloud_out_of_reach_is_told_in_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    code, out, err = run("publish")
    assert (code, out) == (1, "")
    assert err.startswith('AWS: Could not connect to the endpoint URL: "http://127.0.0.1:1/"')
    assert len(err.splitlines()) == 1


def test_an_endpoint_that_is_no_url_is_told_in_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "localhost")
    assert run("publish") == (1, "", "AWS: Invalid endpoint: localhost\n")
