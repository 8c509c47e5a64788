"""People and offices through the tunnel: who gets in, where they get to, and who gets nothing."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from access import authority as ca
from access.profile import Endpoint, client_profile
from access.store import load
from hosts.programs.host_metrics import sessions
from labs.moto_server import cloud_server
from labs.namespaces import Host, wait_until
from labs.openvpn_network import (
    NOT_PERMITTED,
    OFFICE_PC,
    PRIVATE,
    SERVER_IN_TUNNEL,
    Network,
    is_refused,
    login,
    network,
    probed,
    served,
)
from labs.openvpn_processes import Client, Server, block, connect, start_server
from labs.openvpn_tunnel import PASSPHRASE, PUBLIC, Tunnel

NOW = datetime.now(UTC).replace(microsecond=0)
INTERNET_HOST = "198.51.100.1"


@dataclass
class Running:
    """A tunnel that serves, and everything around it."""

    folder: Path
    net: Network
    tunnel: Tunnel
    server: Server

    def authority(self) -> tuple[ca.Authority, ca.Secrets]:
        stored = load(self.tunnel.home)
        return stored.authority, stored.opened(PASSPHRASE).secrets

    def signed(self, name: str, now: datetime) -> str:
        """A profile that the authority signed at another time, without remembering it."""
        authority, secrets = self.authority()
        _, credential = ca.issue(authority, secrets, name, "client", timedelta(days=30), now)
        return client_profile(name, Endpoint(PUBLIC, 1194, "udp", authority.name), credential)

    def write(self, name: str, profile: str) -> Path:
        path = self.folder / f"{name}.ovpn"
        path.write_text(profile, encoding="utf-8")
        return path


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Generator[Running]:
    folder = tmp_path_factory.mktemp("clients")
    with ExitStack() as stack:
        cloud = stack.enter_context(cloud_server(folder))
        fixed = {"fay": "172.27.0.2", "site-potsdam": "172.27.0.9"}
        tunnel = Tunnel(folder / "tunnel", cloud, {"fixedAddresses": fixed})
        tunnel.access("init")
        tunnel.access("publish")
        net = stack.enter_context(network(folder / "logs"))
        server = stack.enter_context(served(tunnel, net, folder / "server"))
        yield Running(folder, net, tunnel, server)


@pytest.fixture(scope="module")
def alices_profile(running: Running) -> Path:
    return running.tunnel.profile("alice")


@pytest.fixture
def alice(running: Running, alices_profile: Path) -> Generator[Client]:
    client = connect(running.net.laptop, alices_profile)
    client.connected()
    yield client
    client.program.stop()


@pytest.fixture(scope="module")
def office(running: Running) -> Generator[Client]:
    client = connect(running.net.office_router, running.tunnel.profile("site-potsdam"))
    client.connected()
    yield client
    client.program.stop()


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The profile of a client of another authority with the same name."""
    authority, secrets = ca.create("aws-vpn-dev-staff", NOW)
    _, credential = ca.issue(authority, secrets, "alice", "client", timedelta(days=30), NOW)
    return client_profile("alice", Endpoint(PUBLIC, 1194, "udp", authority.name), credential)


def test_a_laptop_reaches_a_private_host_by_its_own_address(running: Running, alice: Client) -> None:
    assert running.net.laptop.reaches(PRIVATE)
    assert login(running.net.laptop, PRIVATE) == f"welcome alice from {alice.address()}"
    assert "cipher 'AES-256-GCM'" in alice.program.log()
    assert "TLSv1.3" in alice.program.log()


def test_chacha20_is_served_to_devices_that_prefer_it(running: Running, alices_profile: Path) -> None:
    ours = "data-ciphers AES-256-GCM:CHACHA20-POLY1305\n"
    profile = alices_profile.read_text(encoding="utf-8")
    assert ours in profile
    path = running.write("chacha", profile.replace(ours, "data-ciphers CHACHA20-POLY1305\n"))
    client = connect(running.net.laptop, path)
    client.connected()
    assert "cipher 'CHACHA20-POLY1305'" in client.program.log()
    assert running.net.laptop.reaches(PRIVATE)
    client.program.stop()


def test_addresses_are_the_pools_and_the_fixed_one_is_kept_free(running: Running, alice: Client) -> None:
    assert alice.address() == "172.27.0.3"
    fay = connect(running.net.another_laptop(), running.tunnel.profile("fay"))
    fay.connected()
    assert fay.address() == "172.27.0.2"
    expected = {("alice", "172.27.0.3"), ("fay", "172.27.0.2")}
    wait_until(lambda: expected <= running.server.clients().items(), 30, "both in the server's status")
    status = running.server.root / "status.log"
    wait_until(lambda: [one.value >= 2 for one in sessions(status)] == [True], 30, "both counted")
    fay.program.stop()


def test_what_is_not_permitted_is_refused(running: Running, office: Client, alice: Client) -> None:
    laptop = running.net.laptop
    for address in (NOT_PERMITTED, OFFICE_PC, "169.254.169.254"):
        laptop.route(f"{address}/32", SERVER_IN_TUNNEL)
        assert is_refused(laptop, address)
        ping = laptop.run(["ping", "-n", "-c", "1", "-W", "1", address], check=False)
        assert "Packet filtered" in ping.stdout
    assert login(running.net.private, NOT_PERMITTED).startswith("welcome")


def test_the_server_itself_offers_nothing_but_the_tunnel(running: Running, alice: Client) -> None:
    laptop = running.net.laptop
    assert laptop.reaches(SERVER_IN_TUNNEL)
    for address in (SERVER_IN_TUNNEL, PUBLIC):
        assert (
            "timed out"
            in laptop.run(
                ["/usr/bin/python3", "-c", f"import socket; socket.create_connection(('{address}', 22), 1)"],
                check=False,
            ).stderr
        )


def test_an_office_is_reached_and_reaches_without_clients_of_its_own(
    running: Running, office: Client
) -> None:
    net = running.net
    assert office.address() == "172.27.0.9"
    assert login(net.office_pc, PRIVATE) == f"welcome alice from {OFFICE_PC}"
    assert login(net.private, OFFICE_PC) == f"welcome alice from {PRIVATE}"
    assert is_refused(net.public_b, OFFICE_PC)


def test_a_certificate_of_another_authority_gets_nothing(
    running: Running, alices_profile: Path, stranger: str
) -> None:
    profile = alices_profile.read_text(encoding="utf-8")
    for tag in ("cert", "key"):
        profile = profile.replace(block(profile, tag), block(stranger, tag))
    _gets_nothing(running, running.write("stranger", profile), "VERIFY ERROR: depth=0")


def test_an_expired_certificate_gets_nothing(running: Running) -> None:
    profile = running.signed("eve", NOW - timedelta(days=31))
    _gets_nothing(running, running.write("expired", profile), "certificate has expired")


def test_the_servers_certificate_is_no_clients(running: Running, alices_profile: Path) -> None:
    _, secrets = running.authority()
    profile = alices_profile.read_text(encoding="utf-8")
    certificate = running.authority()[0].server_certificate
    profile = profile.replace(block(profile, "cert"), f"<cert>\n{certificate}</cert>\n")
    profile = profile.replace(block(profile, "key"), f"<key>\n{secrets.server_key}</key>\n")
    _gets_nothing(running, running.write("server-as-client", profile), "unsuitable certificate purpose")


def test_a_wrong_tls_crypt_key_gets_no_answer_at_all(
    running: Running, alices_profile: Path, stranger: str
) -> None:
    profile = alices_profile.read_text(encoding="utf-8")
    profile = profile.replace(block(profile, "tls-crypt-v2"), block(stranger, "tls-crypt-v2"))
    laptop = running.net.another_laptop()
    laptop.run(["nft", "add table ip count"])
    laptop.run(["nft", "add chain ip count in { type filter hook input priority 0; }"])
    laptop.run(["nft", f"add rule ip count in ip saddr {PUBLIC} counter"])
    _gets_nothing(running, running.write("wrong-key", profile), "tls-crypt-v2", laptop)
    assert "counter packets 0 bytes 0" in laptop.run(["nft", "list table ip count"]).stdout


@pytest.mark.parametrize("whose", ["a client's", "another tunnel's"])
def test_a_server_with_anothers_certificate_is_not_trusted(
    running: Running, alices_profile: Path, whose: str, tmp_path: Path
) -> None:
    authority, secrets = running.authority()
    if whose == "a client's":
        _, credential = ca.issue(authority, secrets, "mallory", "client", timedelta(days=9), NOW)
        certificate, key = credential.certificate, credential.key
    else:
        other, others = ca.renew_server(replace(authority, name="aws-vpn-prod-staff"), secrets, NOW)
        certificate, key = other.server_certificate, others.server_key
    root = Path(shutil.copytree(running.server.root, tmp_path / "impostor", ignore=_sockets))
    (root / "etc/openvpn/server/server.crt").write_text(certificate, encoding="utf-8")
    (root / "etc/openvpn/server/server.key").write_text(key, encoding="utf-8")
    reason = "unsuitable certificate purpose" if whose == "a client's" else "VERIFY X509NAME ERROR"
    profile = alices_profile.read_text(encoding="utf-8").replace(PUBLIC, INTERNET_HOST)
    impostor = start_server(running.tunnel, running.net.internet, root)
    try:
        client = connect(running.net.laptop, running.write("impostor", profile))
        wait_until(lambda: reason in client.program.log(), 15, reason)
        assert not client.is_connected()
        client.program.stop()
    finally:
        impostor.program.stop()


def test_a_revoked_client_is_cut_off_and_stays_out_while_others_stay_in(
    running: Running, alice: Client
) -> None:
    laptop = running.net.another_laptop()
    path = running.tunnel.profile("bob")
    bob = connect(laptop, path)
    bob.connected()
    assert laptop.reaches(PRIVATE)
    running.tunnel.access("revoke", "bob")
    assert "installed" not in running.tunnel.fetch(running.server.root)
    assert laptop.reaches(PRIVATE)
    running.tunnel.access("publish")
    assert "revoked bob: SUCCESS" in running.tunnel.fetch(running.server.root)
    assert not laptop.reaches(PRIVATE)
    wait_until(lambda: "certificate revoked" in running.server.program.log(), 30, "bob's refusal")
    assert not laptop.reaches(PRIVATE)
    bob.program.stop()
    _gets_nothing(running, path, "certificate revoked", laptop)
    path.unlink()
    bob = connect(laptop, running.tunnel.profile("bob"))
    bob.connected()
    running.tunnel.access("revoke", "bob")
    running.tunnel.access("publish")
    assert "revoked bob: SUCCESS" in running.tunnel.fetch(running.server.root)
    assert not laptop.reaches(PRIVATE)
    bob.program.stop()
    assert running.net.laptop.reaches(PRIVATE)
    assert alice.program.log().count("Peer Connection Initiated") == 1
    assert running.server.program.is_running()


def test_the_monitors_probe_is_answered(running: Running) -> None:
    assert probed(running.tunnel, running.net) == "True"


def test_a_client_comes_back_by_itself_when_its_server_does(running: Running, alice: Client) -> None:
    before = alice.address()
    running.server.program.kill()
    running.server = start_server(running.tunnel, running.net.server, running.server.root)
    took = wait_until(lambda: running.net.laptop.reaches(PRIVATE, 0.2), 30, "alice's return")
    print(f"back after {took:.1f} s")
    assert alice.address() == before
    assert login(running.net.laptop, PRIVATE).startswith("welcome")


def _gets_nothing(running: Running, profile: Path, reason: str, laptop: Host | None = None) -> None:
    """The server says why (or nothing came), no tunnel comes up, and the private host stays out of reach."""
    laptop = laptop or running.net.laptop
    seen = running.server.program.log().count(reason)
    client = connect(laptop, profile)
    wait_until(lambda: running.server.program.log().count(reason) > seen, 15, reason)
    assert not laptop.reaches(PRIVATE)
    assert not client.is_connected()
    assert client.program.is_running()
    client.program.stop()


def _sockets(_folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name.endswith(".sock")}
