"""Authorities that other tools made: what is read, what goes on working, and what is refused."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from access import seal, store
from access.passphrase import FILE_VARIABLE, IMPORT_VARIABLE, VARIABLE
from access.revocation_list import sign_crl
from access.signing import SigningKey
from access.tls_crypt import new_server_key
from command.root import main

ROOT = Path(__file__).parents[2]
PASSPHRASE = "correct horse battery staple"
NOW = datetime.now(UTC).replace(microsecond=0)
RSA = rsa.generate_private_key(65537, 2048)
WEAK = rsa.generate_private_key(65537, 1024)

ANGRISTAN_TEMPLATE = """\
client
proto udp
explicit-exit-notify
remote vpn.example.com 1194
dev tun
remote-cert-tls server
verify-x509-name server_Xq3f name
auth SHA256
cipher AES-128-GCM
tls-client
"""
NYR_TEMPLATE = "client\ndev tun\nproto udp\nremote 203.0.113.9 1194\nremote-cert-tls server\nauth SHA512\n"

Run = Callable[..., tuple[int, str, str]]


class Pki:
    """An authority as OpenSSL's `ca` keeps it, in either layout of easy-rsa."""

    def __init__(self, folder: Path, key: SigningKey | None = None, *, version: int = 3) -> None:
        self.folder, self.version = folder, version
        self.key = key or ec.generate_private_key(ec.SECP384R1())
        (folder / "private").mkdir(parents=True)
        (folder / "issued").mkdir()
        self.certificate = self._signed("Easy-RSA CA", self.key, 1, days=3000, usages=None)
        self.write("ca.crt", self.certificate)
        self.write_key()
        self.lines: list[str] = []
        self.serial = 0x21

    def write(self, name: str, certificate: x509.Certificate) -> None:
        # easy-rsa leaves openssl's text above the PEM
        text = "Certificate:\n    Data:\n" + certificate.public_bytes(Encoding.PEM).decode()
        (self.folder / name).write_text(text, encoding="utf-8")

    def write_key(self, passphrase: str | None = None) -> None:
        locked = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
        pem = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)
        (self.folder / ("private/ca.key" if self.version == 3 else "ca.key")).write_bytes(pem)

    def add(
        self,
        name: str,
        *,
        key: SigningKey | None = None,
        days: int = 500,
        revoked: bool = False,
        usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.CLIENT_AUTH,
        kept: bool = True,
    ) -> None:
        self.serial += 1
        key = key or ec.generate_private_key(ec.SECP256R1())
        certificate = self._signed(name, key, self.serial, days=days, usages=[usage])
        if kept:
            self.write(f"issued/{name}.crt" if self.version == 3 else f"{name}.crt", certificate)
        when = f"{NOW - timedelta(days=3):%y%m%d%H%M%SZ},keyCompromise" if revoked else ""
        until = f"{certificate.not_valid_after_utc:%y%m%d%H%M%SZ}"
        self.lines.append(
            f"{'R' if revoked else 'V'}\t{until}\t{when}\t{self.serial:X}\tunknown\t/CN={name}\n"
        )
        (self.folder / "index.txt").write_text("".join(self.lines), encoding="utf-8")

    def _signed(
        self,
        name: str,
        key: SigningKey,
        serial: int,
        *,
        days: int,
        usages: list[x509.ObjectIdentifier] | None,
    ) -> x509.Certificate:
        def named(common: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])

        builder = (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(named("Easy-RSA CA"))
            .public_key(key.public_key())
            .serial_number(serial)
            .not_valid_before(NOW - timedelta(days=900))
            .not_valid_after(NOW + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=usages is None, path_length=None), critical=True)
        )
        if usages is not None:
            usage = x509.KeyUsage(
                digital_signature=True,
                **dict.fromkeys(
                    (
                        *("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
                        *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
                    ),
                    False,
                ),
            )
            builder = builder.add_extension(usage, critical=False)
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        return builder.sign(self.key, SHA256())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "authority"


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv(VARIABLE, PASSPHRASE)
    monkeypatch.delenv(FILE_VARIABLE, raising=False)
    monkeypatch.setattr(seal, "SCRYPT_COST", 2**4)

    def command(*arguments: str) -> tuple[int, str, str]:
        code = main(["access", "--home", str(home), *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def angristan(folder: Path, *, server: str = "", template: str = ANGRISTAN_TEMPLATE) -> Pki:
    """/etc/openvpn as angristan's script leaves it, with tls-crypt-v2."""
    pki = Pki(folder / "server/easy-rsa/pki")
    pki.add("server_Xq3f", usage=ExtendedKeyUsageOID.SERVER_AUTH)
    files = {
        "server/server.conf": f"port 1194\nproto udp\ndev tun\ntls-crypt-v2 tls-crypt-v2.key\n{server}",
        "server/client-template.txt": template,
        "server/tls-crypt-v2.key": new_server_key(),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return pki


def states(out: str) -> dict[str, str]:
    """What is said of each certificate, by name."""
    lines = (line.split(maxsplit=2) for line in out.splitlines())
    return {words[0]: words[2] for words in lines if len(words) == 3 and words[1].startswith("20")}


def test_profiles_of_a_tls_crypt_v2_server_go_on_working(run: Run, home: Path, tmp_path: Path) -> None:
    pki = angristan(tmp_path / "old")
    pki.add("alice")
    pki.add("bob", revoked=True)
    pki.add("carol", days=-5)
    pki.add("dave", usage=ExtendedKeyUsageOID.SERVER_AUTH)
    code, out, _ = run("import", str(tmp_path / "old"))
    assert code == 0
    assert states(out) == {"alice": "goes on working", "bob": "revoked"}
    assert "1 go on working as soon as vpn.example.com leads to the tunnel's address" in out
    assert "1 expired by themselves and were left out" in out
    opened = store.load(home).opened(PASSPHRASE)
    assert opened.authority.name == "server_Xq3f"
    assert opened.secrets.tls_crypt_server == (tmp_path / "old/server/tls-crypt-v2.key").read_text()
    server = x509.load_pem_x509_certificate(opened.authority.server_certificate.encode())
    assert server.subject.rfc4514_string() == "CN=server_Xq3f"
    server.verify_directly_issued_by(pki.certificate)
    _, crl = sign_crl(opened.authority, opened.secrets, NOW)
    assert {entry.serial_number for entry in x509.load_pem_x509_crl(crl.encode())} == {0x24}
    assert "revoked: bob 1" in crl


def test_whoever_is_let_in_later_meets_the_server_by_its_old_name(
    run: Run, home: Path, tmp_path: Path
) -> None:
    angristan(tmp_path / "old").add("alice")
    assert run("import", str(tmp_path / "old"))[0] == 0
    assert run("renew", "alice", "--address", "203.0.113.5")[0] == 0
    text = (home / "profiles/aws-vpn-dev-staff-alice.ovpn").read_text(encoding="utf-8")
    assert "verify-x509-name server_Xq3f name\n" in text
    assert run("revoke", "alice")[0] == 0
    _, crl = sign_crl(store.load(home).authority, store.load(home).opened(PASSPHRASE).secrets, NOW)
    assert "revoked: alice 2" in crl


def test_an_rsa_authority_of_easy_rsa_2_goes_on_with_new_profiles(
    run: Run, home: Path, tmp_path: Path
) -> None:
    pki = Pki(tmp_path / "keys", RSA, version=2)
    pki.add("alice", key=RSA)
    pki.add("old", key=WEAK)
    (tmp_path / "keys/ta.key").write_text("-----BEGIN OpenVPN Static key V1-----\n", encoding="utf-8")
    code, out, _ = run("import", str(tmp_path / "keys"))
    assert code == 0
    assert states(out) == {
        "alice": "issue anew: no server.conf and no client template is there, which would tell how it"
        " connects",
        "old": "issue anew: its key has 1024 bits, less than 2048",
    }
    opened = store.load(home).opened(PASSPHRASE)
    server = x509.load_pem_x509_certificate(opened.authority.server_certificate.encode())
    assert isinstance(server.public_key(), rsa.RSAPublicKey)
    assert run("issue", "bob", "--address", "203.0.113.5")[0] == 0


@pytest.mark.parametrize(
    ("server", "template", "obstacle"),
    [
        ("", "comp-lzo\n", "they compress, which the servers refuse (VORACLE)"),
        ("", "data-ciphers AES-128-GCM\n", "they offer AES-128-GCM alone"),
        ("", "ncp-disable\n", "they do not negotiate the cipher (ncp-disable)"),
        ("dev tap\n", "dev tap\n", "they carry Ethernet (dev tap), the servers IP alone"),
        ("", "remote vpn.example.com 443 tcp\n", "it connects to tcp 443, the tunnel is udp 1194"),
        ("", "verify-x509-name 'CN=x, O=y' subject\n", "it wants the server's whole subject"),
    ],
)
def test_what_no_profile_can_go_on_with_is_told(
    run: Run, tmp_path: Path, server: str, template: str, obstacle: str
) -> None:
    angristan(tmp_path / "old", server=server, template=f"client\n{template}").add("alice")
    code, out, _ = run("import", str(tmp_path / "old"))
    assert code == 0
    assert states(out)["alice"].startswith(f"issue anew: {obstacle}")
    assert "1 need a new profile: `renew NAME`" in out


@pytest.mark.parametrize("wrapping", ["tls-crypt tc.key", "tls-auth ta.key 0", ""])
def test_nyrs_profiles_share_one_key_and_are_issued_anew(run: Run, tmp_path: Path, wrapping: str) -> None:
    folder = tmp_path / "openvpn/server"
    Pki(folder / "easy-rsa/pki").add("alice")
    (folder / "server.conf").write_text(f"port 1194\nproto udp\n{wrapping}\n", encoding="utf-8")
    (folder / "client-common.txt").write_text(NYR_TEMPLATE, encoding="utf-8")
    code, out, _ = run("import", str(tmp_path / "openvpn"))
    assert code == 0
    used = wrapping.split(" ")[0] or "neither tls-crypt nor tls-auth"
    assert states(out) == {"alice": f"issue anew: its handshake has {used}, the servers' tls-crypt-v2"}


def _sign_with_sha1(pki: Pki, name: str) -> None:
    """Another certificate in its place, signed as openssl does when told to."""
    request = pki.folder / "request.csr"
    key = ["-newkey", "rsa:2048", "-nodes", "-keyout", "/dev/null", "-subj", f"/CN={name}"]
    subprocess.run(["openssl", "req", "-new", *key, "-out", str(request)], check=True, capture_output=True)
    authority = ["-CA", str(pki.folder / "ca.crt"), "-CAkey", str(pki.folder / "private/ca.key")]
    command = ["openssl", "x509", "-req", "-sha1", "-days", "90", "-in", str(request), *authority]
    signed = subprocess.run([*command, "-set_serial", str(pki.serial)], check=True, capture_output=True)
    (pki.folder / f"issued/{name}.crt").write_bytes(signed.stdout)


def test_names_and_certificates_that_cannot_be_carried_are_kept_to_be_revoked(
    run: Run, home: Path, tmp_path: Path
) -> None:
    pki = angristan(tmp_path / "old")
    pki.add("Max Muster")
    pki.add("lost", kept=False)
    pki.add("weak")
    _sign_with_sha1(pki, "weak")
    pki.lines.append(f"V\t{NOW + timedelta(days=50):%y%m%d%H%M%SZ}\t\tAB\tunknown\t/O=x/emailAddress=a@b\n")
    (pki.folder / "index.txt").write_text("".join(pki.lines), encoding="utf-8")
    code, out, _ = run("import", str(tmp_path / "old"))
    assert code == 0
    assert {name: state.removeprefix("issue anew: ") for name, state in states(out).items()} == {
        "Max_Muster": "goes on working",
        "lost": "its certificate is not there to be looked at",
        "weak": "it is signed with SHA1",
        "serial-ab": "its certificate is not there to be looked at",
    }
    assert run("revoke", "serial-ab")[0] == 0
    assert [one.name for one in store.load(home).authority.issued if one.revoked] == ["serial-ab"]


def test_a_revocation_list_counts_beside_the_index(run: Run, home: Path, tmp_path: Path) -> None:
    pki = angristan(tmp_path / "old")
    pki.add("alice")
    entry = x509.RevokedCertificateBuilder().serial_number(pki.serial).revocation_date(NOW).build()
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(pki.certificate.subject)
        .last_update(NOW)
        .next_update(NOW + timedelta(days=9))
        .add_extension(x509.CRLNumber(12), critical=False)
        .add_revoked_certificate(entry)
        .sign(pki.key, SHA256())
    )
    (pki.folder / "crl.pem").write_bytes(crl.public_bytes(Encoding.PEM))
    code, out, _ = run("import", str(tmp_path / "old"))
    assert (code, states(out)) == (0, {"alice": "revoked"})
    assert store.load(home).authority.crl_number == 12


def test_a_certificate_that_the_index_has_lost_is_kept_to_be_revoked(
    run: Run, home: Path, tmp_path: Path
) -> None:
    pki = angristan(tmp_path / "old")
    pki.add("alice")
    (pki.folder / "index.txt").write_text("", encoding="utf-8")
    code, out, _ = run("import", str(tmp_path / "old"))
    assert (code, set(states(out))) == (0, {"alice"})
    assert run("revoke", "alice")[0] == 0
    assert [one.name for one in store.load(home).authority.issued if one.revoked] == ["alice"]


def test_an_encrypted_key_is_opened_with_its_own_passphrase(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pki = angristan(tmp_path / "old")
    pki.write_key("the old one")
    monkeypatch.setenv(IMPORT_VARIABLE, "a wrong one")
    code, _, err = run("import", str(tmp_path / "old"))
    assert code == 1
    assert "ca.key does not open; should be the authority's private key, and its passphrase right" in err
    monkeypatch.setenv(IMPORT_VARIABLE, "the old one")
    assert run("import", str(tmp_path / "old"))[0] == 0


def _without_key(pki: Pki) -> None:
    (pki.folder / "private/ca.key").unlink()


def _with_anothers_key(pki: Pki) -> None:
    pki.key = ec.generate_private_key(ec.SECP384R1())
    pki.write_key()


def _expired(pki: Pki) -> None:
    pki.write("ca.crt", pki._signed("Easy-RSA CA", pki.key, 1, days=-1, usages=None))


def _small(pki: Pki) -> None:
    pki.key = WEAK
    pki.write("ca.crt", pki._signed("Easy-RSA CA", WEAK, 1, days=9, usages=None))


def _below_another(pki: Pki) -> None:
    pki.write("ca.crt", pki._signed("Sub CA", pki.key, 1, days=9, usages=None))


def _two(pki: Pki) -> None:
    Pki(pki.folder / "other").add("alice")


def _damaged_index(pki: Pki) -> None:
    (pki.folder / "index.txt").write_text("V\tnonsense\n", encoding="utf-8")


def _damaged_certificate(pki: Pki) -> None:
    (pki.folder / "issued/x.crt").write_text("-----BEGIN CERTIFICATE-----\nx\n", encoding="utf-8")


def _foreign_list(pki: Pki) -> None:
    (pki.folder / "crl.pem").write_text("-----BEGIN X509 CRL-----\n", encoding="utf-8")


def _no_authority(pki: Pki) -> None:
    (pki.folder / "ca.crt").unlink()


def _fingerprints(pki: Pki) -> None:
    (pki.folder / "ca.crt").unlink()
    (pki.folder.parents[1] / "server.conf").write_text("<peer-fingerprint>\n", encoding="utf-8")


def _damaged_tls_key(pki: Pki) -> None:
    text = "-----BEGIN OpenVPN tls-crypt-v2 server key-----\nAAAA\n"
    (pki.folder.parents[1] / "tls-crypt-v2.key").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (_without_key, "is without its key (private/ca.key or ca.key); should have it"),
        (_with_anothers_key, "is another authority's key; should be that of ca.crt beside it"),
        (_expired, "; should be in force: `init` a new authority"),
        (_small, "has 1024 bits; should have 2048 at least"),
        (_below_another, "was signed by another authority, CN=Easy-RSA CA; should be one that signed itself"),
        (_two, "2 authorities in"),
        (_damaged_index, "index.txt, line 1 is damaged; should have state, dates, serial number and subject"),
        (_damaged_certificate, "x.crt is damaged; should be a certificate, or be moved away"),
        (_foreign_list, "crl.pem is damaged or another authority's; should be that of ca.crt beside it"),
        (_no_authority, "; should be a folder with ca.crt and index.txt in it or below"),
        (_fingerprints, "its server knows clients by fingerprint"),
        (_damaged_tls_key, "the tls-crypt-v2 server key is damaged"),
    ],
)
def test_what_cannot_be_taken_over_is_one_line_and_leaves_nothing(
    run: Run, home: Path, tmp_path: Path, spoil: Callable[[Pki], None], line: str
) -> None:
    pki = angristan(tmp_path / "old")
    spoil(pki)
    code, out, err = run("import", str(tmp_path / "old"))
    assert (code, out) == (1, "")
    assert line in err
    assert err.count("\n") == 1
    assert not (home / store.FILE).exists()


def test_an_authority_that_is_there_is_never_replaced(run: Run, tmp_path: Path) -> None:
    angristan(tmp_path / "old")
    assert run("init")[0] == 0
    code, _, err = run("import", str(tmp_path / "old"))
    assert code == 1
    assert "is in" in err
    assert run("import", str(tmp_path / "nowhere"))[0] == 1
