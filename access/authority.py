"""A tunnel's certificate authority: what it has issued, what it has revoked, and how it signs.

Everything here is a value: each step returns the authority as it is afterwards, and stores nothing.
Certificates and revocation lists are X.509 as RFC 5280 profiles it; keys are on the elliptic curves P-384
(the authority) and P-256 (all others).
"""

from __future__ import annotations

import secrets as random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from access.errors import AccessError
from access.tls_crypt import new_client_key, new_server_key

AUTHORITY_VALIDITY = timedelta(days=3650)
SERVER_VALIDITY = timedelta(days=730)
CLIENT_VALIDITY = timedelta(days=365)
CRL_VALIDITY = timedelta(days=30)
"""How long servers go on with a list if no newer one reaches them; then they let nobody in.

They look for a newer one twice a minute. It is short, so that a server that cannot fetch lists does not let
in for long who was revoked meanwhile.
"""

CLOCK_SKEW = timedelta(hours=1)
SECRET_LIMIT = 65536
"""Bytes that a secret of AWS Secrets Manager holds (PutSecretValue)."""

Kind = Literal["client", "site"]


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate that clients or offices carry, as the authority remembers it."""

    name: str
    kind: Kind
    serial: int
    not_before: datetime
    not_after: datetime
    revoked: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Whether a server would accept it, once told of every revocation."""
        return self.revoked is None and now <= self.not_after


@dataclass(frozen=True, slots=True)
class Authority:
    """What everybody may know of an authority. `published` says whether the servers were told all of it."""

    name: str
    certificate: str
    server_certificate: str
    crl_number: int = 0
    crl_expires: datetime | None = None
    published: bool = False
    issued: tuple[Issued, ...] = ()

    def of(self, name: str) -> list[Issued]:
        """Every certificate ever issued under a name, oldest first."""
        return [issued for issued in self.issued if issued.name == name]

    @property
    def expires(self) -> datetime:
        """When nothing that it signed is accepted any more."""
        return x509.load_pem_x509_certificate(self.certificate.encode()).not_valid_after_utc

    @property
    def server_expires(self) -> datetime:
        """When clients no longer accept the server."""
        return x509.load_pem_x509_certificate(self.server_certificate.encode()).not_valid_after_utc


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """The authority's private keys, and those of the servers, as PEM."""

    authority_key: str
    server_key: str
    tls_crypt_server: str
    probe: str


@dataclass(frozen=True, slots=True, repr=False)
class Credential:
    """What a client's profile carries."""

    authority_certificate: str
    certificate: str
    key: str
    tls_crypt_client: str
    not_after: datetime


def create(name: str, now: datetime) -> tuple[Authority, Secrets]:
    """A new authority for the tunnel whose servers are called `name`."""
    key = ec.generate_private_key(ec.SECP384R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} CA")])
    certificate = (
        _builder(subject, subject, key.public_key(), now, now + AUTHORITY_VALIDITY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .sign(key, SHA384())
    )
    tls_crypt_server = new_server_key()
    authority = Authority(name, _certificate_pem(certificate), server_certificate="")
    secrets = Secrets(_key_pem(key), "", tls_crypt_server, new_client_key(tls_crypt_server, now))
    return renew_server(authority, secrets, now)


def check_certificates(authority: Authority, secrets: Secrets) -> None:
    """Make sure that servers would be handed one authority, this one, and a certificate of their own by it.

    Raises:
        AccessError: there are other certificates, or their keys are not the authority's.
    """
    key, server_key = _private_key(secrets.authority_key), _private_key(secrets.server_key)
    certificate = _only_certificate(authority.certificate)
    server = _only_certificate(authority.server_certificate)
    if certificate is None or certificate.public_key() != key.public_key():
        raise AccessError(
            f"the authority {authority.name} has other certificates than its key's own; should be restored"
            " from a backup"
        )
    if server is None or server.public_key() != server_key.public_key() or not _signed(server, certificate):
        raise AccessError(
            f"the server certificate of {authority.name} is not its authority's; should be restored from a"
            " backup"
        )


def _only_certificate(pem: str) -> x509.Certificate | None:
    """The certificate, if the text is that and nothing else."""
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        return None
    return certificate if _certificate_pem(certificate) == pem else None


def _signed(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def renew_server(authority: Authority, secrets: Secrets, now: datetime) -> tuple[Authority, Secrets]:
    """A new key and certificate for the tunnel's servers."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _leaf(authority, secrets, authority.name, key, now + SERVER_VALIDITY, now, server=True)
    return (
        replace(authority, server_certificate=_certificate_pem(certificate), published=False),
        replace(secrets, server_key=_key_pem(key)),
    )


def issue(
    authority: Authority, secrets: Secrets, name: str, kind: Kind, validity: timedelta, now: datetime
) -> tuple[Authority, Credential]:
    """A certificate for a client or an office that has none.

    Raises:
        AccessError: it has one that is still valid, or the authority has expired.
    """
    valid = [issued for issued in authority.of(name) if issued.is_valid(now)]
    if valid:
        raise AccessError(
            f"{name} has a certificate, valid until {valid[-1].not_after:%Y-%m-%d}; should be `renew {name}`"
            f" for a new one, or `revoke {name}` first"
        )
    return _issue(authority, secrets, name, kind, validity, now)


def renew(
    authority: Authority, secrets: Secrets, name: str, validity: timedelta, now: datetime
) -> tuple[Authority, Credential]:
    """Another certificate for a name, while the present one stays valid until it expires or is revoked.

    Raises:
        AccessError: the name is unknown or revoked, or the authority has expired.
    """
    latest = _latest(authority, name)
    if latest.revoked:
        raise AccessError(
            f"{name} was revoked on {latest.revoked:%Y-%m-%d}; should be `issue` to let it in again"
        )
    return _issue(authority, secrets, name, latest.kind, validity, now)


def revoke(authority: Authority, name: str, now: datetime) -> Authority:
    """Every certificate of a name revoked that is still valid.

    Raises:
        AccessError: the name is unknown, or has nothing to revoke.
    """
    latest = _latest(authority, name)
    if not any(issued.is_valid(now) for issued in authority.of(name)):
        state = f"was revoked on {latest.revoked:%Y-%m-%d}" if latest.revoked else "has expired"
        raise AccessError(
            f"{name} {state} already; should be a name with a valid certificate (`list` shows them)"
        )
    return replace(
        authority,
        published=False,
        issued=tuple(
            replace(issued, revoked=now) if issued.name == name and issued.is_valid(now) else issued
            for issued in authority.issued
        ),
    )


def sign_crl(authority: Authority, secrets: Secrets, now: datetime) -> tuple[Authority, str]:
    """The revocation list as PEM, below the names whose certificates are on it, for servers to cut them off.

    The number behind a name is how many of its certificates were ever revoked: it grows when somebody who was
    let in again is revoked again. Certificates that have expired by themselves are no longer on the list.

    Raises:
        AccessError: the authority has expired, or the list has outgrown what a secret can hold.
    """
    _check_in_force(authority, now)
    certificate = x509.load_pem_x509_certificate(authority.certificate.encode())
    expires = min(now + CRL_VALIDITY, authority.expires)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(certificate.subject)
        .last_update(now - CLOCK_SKEW)
        .next_update(expires)
        .add_extension(x509.CRLNumber(authority.crl_number + 1), critical=False)
        .add_extension(_key_identifier(certificate), critical=False)
    )
    names: set[str] = set()
    for issued in authority.issued:
        if issued.revoked and now <= issued.not_after:
            names.add(issued.name)
            entry = x509.RevokedCertificateBuilder().serial_number(issued.serial)
            builder = builder.add_revoked_certificate(entry.revocation_date(issued.revoked).build())
    crl = builder.sign(_private_key(secrets.authority_key), SHA384())
    above = (f"revoked: {name} {_revocations(authority, name)}\n" for name in sorted(names))
    pem = "".join(above) + crl.public_bytes(Encoding.PEM).decode()
    if len(pem) > SECRET_LIMIT:
        raise AccessError(
            f"the revocation list takes {len(pem)} bytes; should be {SECRET_LIMIT} at most, which Secrets"
            " Manager holds: start a new authority"
        )
    return replace(authority, crl_number=authority.crl_number + 1, crl_expires=expires), pem


def crl_number(text: str, authority: Authority) -> int:
    """The number of a revocation list by this authority (RFC 5280, 5.2.3); 0 if it is not one."""
    certificate = x509.load_pem_x509_certificate(authority.certificate.encode())
    key = certificate.public_key()
    try:
        crl = x509.load_pem_x509_crl(text.encode())
    except ValueError:
        return 0
    if not isinstance(key, ec.EllipticCurvePublicKey) or not crl.is_signature_valid(key):
        return 0
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def _issue(
    authority: Authority, secrets: Secrets, name: str, kind: Kind, validity: timedelta, now: datetime
) -> tuple[Authority, Credential]:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _leaf(authority, secrets, name, key, now + validity, now, server=False)
    issued = Issued(
        name,
        kind,
        certificate.serial_number,
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
    )
    credential = Credential(
        authority_certificate=authority.certificate,
        certificate=_certificate_pem(certificate),
        key=_key_pem(key),
        tls_crypt_client=new_client_key(secrets.tls_crypt_server, now),
        not_after=issued.not_after,
    )
    return replace(authority, issued=(*authority.issued, issued)), credential


def _revocations(authority: Authority, name: str) -> int:
    return sum(issued.revoked is not None for issued in authority.of(name))


def _latest(authority: Authority, name: str) -> Issued:
    known = authority.of(name)
    if not known:
        names = sorted({issued.name for issued in authority.issued})
        raise AccessError(
            f"{name} has no certificate; should be one of {', '.join(names) or '(none issued yet)'}"
        )
    return known[-1]


def _leaf(
    authority: Authority,
    secrets: Secrets,
    name: str,
    key: ec.EllipticCurvePrivateKey,
    not_after: datetime,
    now: datetime,
    *,
    server: bool,
) -> x509.Certificate:
    _check_in_force(authority, now)
    issuer = x509.load_pem_x509_certificate(authority.certificate.encode())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
    return (
        _builder(subject, issuer.subject, key.public_key(), now, min(not_after, authority.expires))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(_key_identifier(issuer), critical=False)
        .sign(_private_key(secrets.authority_key), SHA384())
    )


def _check_in_force(authority: Authority, now: datetime) -> None:
    if now > authority.expires:
        raise AccessError(
            f"the authority {authority.name} expired on {authority.expires:%Y-%m-%d}; should be in force:"
            " move its folder away and `init` a new one"
        )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    not_after: datetime,
) -> x509.CertificateBuilder:
    # 63 random bits: unpredictable (CA/Browser Forum, 7.1), and short in a revocation list.
    serial = random.randbits(63) | 1
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(serial)
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _key_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _private_key(pem: str) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(pem.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise AccessError("the authority's key is of another kind; should be an elliptic curve key")
    return key


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _certificate_pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()
