"""An authority that easy-rsa made: a profile of its old server connects to the tunnel that took it over."""

from __future__ import annotations

import subprocess
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from labs.moto_server import cloud_server
from labs.namespaces import wait_until
from labs.openvpn_network import PRIVATE, Network, login, network, served
from labs.openvpn_processes import Server, connect
from labs.openvpn_tunnel import PUBLIC, Tunnel

EASY_RSA = "/usr/share/easy-rsa/easyrsa"

TakenOver = tuple["OldServer", Tunnel, Network, Server]

CLIENT_TEMPLATE = f"""\
client
proto udp
explicit-exit-notify
remote {PUBLIC} 1194
dev tun
resolv-retry infinite
nobind
persist-key
persist-tun
remote-cert-tls server
verify-x509-name server_Xq3f name
auth SHA256
auth-nocache
cipher AES-128-GCM
tls-client
tls-version-min 1.2
tls-cipher TLS-ECDHE-RSA-WITH-AES-128-GCM-SHA256
verb 3
"""
"""What angristan's openvpn-install writes for an RSA authority."""


class OldServer:
    """/etc/openvpn as an install script leaves it, made by the genuine easy-rsa and OpenVPN."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pki = folder / "easy-rsa/pki"
        folder.joinpath("easy-rsa").mkdir(parents=True)
        self._easy_rsa("init-pki")
        self._easy_rsa("--req-cn=Old CA", "build-ca", "nopass")
        self._easy_rsa("build-server-full", "server_Xq3f", "nopass")
        for name in ("alice", "bob"):
            self._easy_rsa("build-client-full", name, "nopass")
        self._easy_rsa("revoke", "bob")
        self._easy_rsa("gen-crl")
        self.key = folder / "tls-crypt-v2.key"
        self._openvpn("--genkey", "tls-crypt-v2-server", str(self.key))
        self._write("server.conf", "port 1194\nproto udp\ndev tun\ntls-crypt-v2 tls-crypt-v2.key\n")
        self._write("client-template.txt", CLIENT_TEMPLATE)

    def profile(self, name: str) -> Path:
        """A client's profile, as the script puts it together."""
        wrapped = self.folder / f"{name}.tls"
        self._openvpn("--tls-crypt-v2", str(self.key), "--genkey", "tls-crypt-v2-client", str(wrapped))
        certificate = (self.pki / f"issued/{name}.crt").read_text(encoding="utf-8")
        parts = {
            "ca": (self.pki / "ca.crt").read_text(encoding="utf-8"),
            "cert": certificate[certificate.index("-----BEGIN") :],
            "key": (self.pki / f"private/{name}.key").read_text(encoding="utf-8"),
            "tls-crypt-v2": wrapped.read_text(encoding="utf-8"),
        }
        inline = "".join(f"<{tag}>\n{text}</{tag}>\n" for tag, text in parts.items())
        return self._write(f"{name}.ovpn", CLIENT_TEMPLATE + inline)

    def _easy_rsa(self, *arguments: str) -> None:
        command = [EASY_RSA, "--batch", f"--pki-dir={self.pki}", *arguments]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True, timeout=60)

    def _openvpn(self, *arguments: str) -> None:
        subprocess.run(["openvpn", *arguments], check=True, capture_output=True, timeout=60)

    def _write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture(scope="module")
def taken_over(
    tmp_path_factory: pytest.TempPathFactory,
) -> Generator[TakenOver]:
    folder = tmp_path_factory.mktemp("takeover")
    with ExitStack() as stack:
        cloud = stack.enter_context(cloud_server(folder))
        tunnel = Tunnel(folder / "tunnel", cloud)
        old = OldServer(folder / "etc-openvpn")
        alices = old.profile("alice")
        said = tunnel.access("import", str(old.folder))
        assert "alice" in said
        assert "goes on working" in said
        alices.rename(folder / "alice.ovpn")
        tunnel.access("publish")
        net = stack.enter_context(network(folder / "logs"))
        yield old, tunnel, net, stack.enter_context(served(tunnel, net, folder / "server"))


def test_an_old_profile_goes_on_working_until_it_is_revoked(
    taken_over: TakenOver,
) -> None:
    old, tunnel, net, server = taken_over
    alice = connect(net.laptop, old.folder.with_name("alice.ovpn"))
    alice.connected()
    assert login(net.laptop, PRIVATE).startswith("welcome alice")
    tunnel.access("revoke", "alice")
    tunnel.access("publish")
    assert "revoked alice: SUCCESS" in tunnel.fetch(server.root)
    wait_until(lambda: "certificate revoked" in server.program.log(), 20, "alice's refusal")
    alice.program.stop()


def test_who_was_revoked_before_stays_out_and_who_comes_new_gets_in(
    taken_over: TakenOver,
) -> None:
    old, tunnel, net, server = taken_over
    seen = server.program.log().count("certificate revoked")
    bob = connect(net.laptop, _bobs_copy(old))
    wait_until(lambda: server.program.log().count("certificate revoked") > seen, 20, "bob's refusal")
    assert not bob.is_connected()
    bob.program.stop()
    carol = connect(net.laptop, tunnel.profile("carol"))
    carol.connected()
    assert net.laptop.reaches(PRIVATE)
    carol.program.stop()


def _bobs_copy(old: OldServer) -> Path:
    """Easy-rsa moves what it revokes away; bob has his certificate still."""
    pki = old.pki
    serial = next(pki.joinpath("revoked/certs_by_serial").glob("*.crt"))
    (pki / "issued/bob.crt").write_text(serial.read_text(encoding="utf-8"), encoding="utf-8")
    key = next(pki.joinpath("revoked/private_by_serial").glob("*.key"))
    (pki / "private/bob.key").write_text(key.read_text(encoding="utf-8"), encoding="utf-8")
    return old.profile("bob")
