"""The certificate authority as values: what it signs, refuses, renews and revokes."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.x509.oid import ExtendedKeyUsageOID

from access import authority as ca
from access.errors import AccessError
from access.listing import table, warnings
from access.revocation_list import CRL_VALIDITY, sign_crl
from access.tls_crypt import new_client_key, new_server_key

NAME = "aws-vpn-dev-staff"
NOW = datetime(2030, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)

Pair = tuple[ca.Authority, ca.Secrets]


@pytest.fixture
def pair() -> Pair:
    return ca.create(NAME, NOW)


def certificate(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def revoked(authority: ca.Authority, secrets: ca.Secrets, now: datetime) -> set[int]:
    _, pem = sign_crl(authority, secrets, now)
    return {entry.serial_number for entry in x509.load_pem_x509_crl(pem.encode())}


def test_the_authority_signs_itself_and_its_server(pair: Pair) -> None:
    authority, _ = pair
    root, server = certificate(authority.certificate), certificate(authority.server_certificate)
    root.verify_directly_issued_by(root)
    server.verify_directly_issued_by(root)
    assert server.subject.rfc4514_string() == f"CN={NAME}"
    usage = server.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    constraints = root.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)
    key = root.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp384r1"


def test_a_clients_certificate_is_a_clients_and_no_more(pair: Pair) -> None:
    authority, credential = ca.issue(*pair, "alice", "client", YEAR, NOW)
    signed = certificate(credential.certificate)
    signed.verify_directly_issued_by(certificate(authority.certificate))
    usage = signed.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert signed.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert signed.not_valid_after_utc == NOW + YEAR == credential.not_after
    assert signed.not_valid_before_utc < NOW
    assert authority.of("alice")[0].serial == signed.serial_number


def test_no_certificate_outlives_its_authority(pair: Pair) -> None:
    late = pair[0].expires - timedelta(days=10)
    _, credential = ca.issue(*pair, "alice", "client", YEAR, late)
    assert credential.not_after == pair[0].expires


def test_a_name_is_issued_once(pair: Pair) -> None:
    authority, secrets = pair
    authority, _ = ca.issue(authority, secrets, "alice", "client", YEAR, NOW)
    with pytest.raises(
        AccessError, match=r"^alice has a certificate, valid until 2031-01-01; should be `renew"
    ):
        ca.issue(authority, secrets, "alice", "client", YEAR, NOW)
    again, _ = ca.issue(authority, secrets, "alice", "client", YEAR, NOW + 2 * YEAR)
    assert len(again.of("alice")) == 2


def test_renewal_keeps_the_present_certificate_and_revocation_ends_both(pair: Pair) -> None:
    authority, secrets = pair
    authority, _ = ca.issue(authority, secrets, "site-potsdam", "site", YEAR, NOW)
    authority, _ = ca.renew(authority, secrets, "site-potsdam", YEAR, NOW + timedelta(days=300))
    first, second = authority.of("site-potsdam")
    assert (first.kind, second.kind) == ("site", "site")
    assert first.is_valid(NOW + timedelta(days=301))
    authority = ca.revoke(authority, "site-potsdam", NOW + timedelta(days=302))
    assert revoked(authority, secrets, NOW + timedelta(days=303)) == {first.serial, second.serial}
    assert revoked(authority, secrets, NOW + timedelta(days=400)) == {second.serial}
    assert revoked(authority, secrets, NOW + timedelta(days=1000)) == set()


def test_what_cannot_be_renewed_or_revoked_is_told(pair: Pair) -> None:
    authority, secrets = pair
    with pytest.raises(AccessError, match=r"^bob has no certificate; should be one of \(none issued yet\)$"):
        ca.revoke(authority, "bob", NOW)
    authority, _ = ca.issue(authority, secrets, "alice", "client", YEAR, NOW)
    with pytest.raises(AccessError, match=r"^bob has no certificate; should be one of alice$"):
        ca.renew(authority, secrets, "bob", YEAR, NOW)
    with pytest.raises(AccessError, match=r"^alice has expired already"):
        ca.revoke(authority, "alice", NOW + 2 * YEAR)
    authority = ca.revoke(authority, "alice", NOW)
    with pytest.raises(AccessError, match=r"^alice was revoked on 2030-01-01 already"):
        ca.revoke(authority, "alice", NOW)
    with pytest.raises(AccessError, match=r"^alice was revoked on 2030-01-01; should be `issue`"):
        ca.renew(authority, secrets, "alice", YEAR, NOW)
    assert ca.issue(authority, secrets, "alice", "client", YEAR, NOW)[0].of("alice")[-1].revoked is None


def test_an_expired_authority_signs_nothing(pair: Pair) -> None:
    late = pair[0].expires + timedelta(seconds=1)
    message = rf"^the authority {NAME} expired on 2039-12-30; should be in force"
    with pytest.raises(AccessError, match=message):
        ca.issue(*pair, "alice", "client", YEAR, late)
    with pytest.raises(AccessError, match=message):
        sign_crl(*pair, late)
    with pytest.raises(AccessError, match=message):
        ca.renew_server(*pair, late)


def test_revocation_lists_are_numbered_and_name_whom_they_keep_out(pair: Pair) -> None:
    authority, secrets = pair
    authority, _ = ca.issue(authority, secrets, "alice", "client", YEAR, NOW)
    authority, first = sign_crl(authority, secrets, NOW)
    authority, second = sign_crl(ca.revoke(authority, "alice", NOW), secrets, NOW)
    numbers = [
        x509.load_pem_x509_crl(pem.encode())
        .extensions.get_extension_for_class(x509.CRLNumber)
        .value.crl_number
        for pem in (first, second)
    ]
    assert numbers == [1, 2]
    assert authority.crl_expires == NOW + CRL_VALIDITY
    assert second.startswith("revoked: alice 1\n-----BEGIN X509 CRL-----\n")
    assert first.startswith("-----BEGIN X509 CRL-----\n")
    signed = x509.load_pem_x509_crl(second.encode())
    key = certificate(authority.certificate).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert signed.is_signature_valid(key)


def test_a_list_tells_a_second_revocation_of_a_name_from_the_first(pair: Pair) -> None:
    authority, secrets = pair
    for number in (1, 2):
        authority, _ = ca.issue(authority, secrets, "alice", "client", YEAR, NOW)
        authority = ca.revoke(authority, "alice", NOW)
        authority, crl = sign_crl(authority, secrets, NOW)
        assert crl.splitlines()[0] == f"revoked: alice {number}"


def test_a_thousand_revocations_fit_into_a_secret_and_too_many_are_told(pair: Pair) -> None:
    authority, secrets = pair

    def with_revoked(number: int) -> ca.Authority:
        issued = tuple(
            ca.Issued(f"c{n}", "client", (1 << 62) + n, NOW, NOW + YEAR, revoked=NOW) for n in range(number)
        )
        return replace(authority, issued=issued)

    assert len(revoked(with_revoked(1000), secrets, NOW)) == 1000
    with pytest.raises(AccessError, match=r"bytes; should be 65536 at most"):
        sign_crl(with_revoked(2000), secrets, NOW)


def test_tls_crypt_client_keys_are_wrapped_as_openvpn_specifies() -> None:
    server = new_server_key()
    assert server.startswith("-----BEGIN OpenVPN tls-crypt-v2 server key-----\n")
    client = new_client_key(server, NOW)
    server_key, content = body(server), body(client)
    assert len(server_key) == 128
    key, wrapped = content[:256], content[256:]
    tag, encrypted, length = wrapped[:32], wrapped[32:-2], wrapped[-2:]
    assert int.from_bytes(length) == len(wrapped)
    plain = Cipher(AES256(server_key[:32]), CTR(tag[:16])).decryptor().update(encrypted)
    assert plain == key + b"\x01" + int(NOW.timestamp()).to_bytes(8)
    assert hmac.digest(server_key[64:96], length + plain, hashlib.sha256) == tag
    assert new_client_key(server, NOW) != client


def test_expiries_are_listed_and_warned_of(pair: Pair) -> None:
    authority, secrets = pair
    authority, _ = ca.issue(authority, secrets, "alice", "client", YEAR, NOW)
    authority, _ = ca.issue(authority, secrets, "bob", "client", 2 * YEAR, NOW)
    authority, _ = sign_crl(authority, secrets, NOW + timedelta(days=335))
    authority = replace(authority, published=True)
    assert list(warnings(authority, NOW)) == []
    later = NOW + timedelta(days=364)
    assert list(warnings(authority, later)) == [
        "the revocation list expires in 1 day, and nobody will be let in then: `publish`",
        "alice expires in 1 day: `renew alice`, or `revoke alice`",
    ]
    assert table(authority, {"bob": later}, later) == [
        "NAME   KIND    VALID UNTIL  STATE             LAST SEEN",
        "alice  client  2031-01-01   expires in 1 day  -",
        "bob    client  2032-01-01   valid             2030-12-31 00:00",
    ]
    last = [line.split(":")[0] for line in warnings(ca.revoke(authority, "bob", NOW), NOW + 20 * YEAR)]
    assert last == [
        "the authority has expired",
        "the server's certificate has expired",
        "the revocation list has expired, and nobody will be let in then",
        "alice has expired",
        "not published to the servers yet",
    ]


def body(pem: str) -> bytes:
    return base64.b64decode("".join(pem.splitlines()[1:-1]))
