"""Certificates and keys in the forms that OpenVPN and OpenSSL read: how one is signed, read and compared.

X.509 as RFC 5280 profiles it. Keys that are made are on the elliptic curves P-384 (authorities) and P-256
(all others); an authority that was taken over may sign with RSA.
"""

from __future__ import annotations

import secrets as random
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from access.errors import AccessError

CLOCK_SKEW = timedelta(hours=1)
RSA_BITS = 3072
"""As strong as P-256 (NIST SP 800-57, table 2)."""

SigningKey = EllipticCurvePrivateKey | RSAPrivateKey


def self_signed(
    name: str, key: EllipticCurvePrivateKey, now: datetime, not_after: datetime
) -> x509.Certificate:
    """An authority's own certificate."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} CA")])
    return (
        _builder(subject, subject, key, now, not_after)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .sign(key, SHA384())
    )


def leaf(
    issuer: x509.Certificate,
    issuer_key: SigningKey,
    name: str,
    key: SigningKey,
    validity: tuple[datetime, datetime],
    *,
    server: bool,
) -> x509.Certificate:
    """A certificate for a server or a client, from now until its end, which is its issuer's at the latest."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
    now, not_after = validity
    return (
        _builder(subject, issuer.subject, key, now, min(not_after, issuer.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(key_identifier(issuer), critical=False)
        .sign(issuer_key, SHA384())
    )


def server_key(authority_key: SigningKey) -> SigningKey:
    """A new key for a server: RSA where the authority is, as old clients may be told to take nothing else."""
    if isinstance(authority_key, RSAPrivateKey):
        return generate_private_key(65537, RSA_BITS)
    return ec.generate_private_key(ec.SECP256R1())


def signed(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether it was issued and signed by that authority."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def only_certificate(pem: str) -> x509.Certificate | None:
    """The certificate, if the text is that and nothing else."""
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        return None
    return certificate if certificate_pem(certificate) == pem else None


def key_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """How what an authority signs refers to it: by the identifier in its certificate, or its key's own."""
    try:
        identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        identifier = x509.SubjectKeyIdentifier.from_public_key(issuer.public_key())
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def signing_key(pem: str, passphrase: str | None = None) -> SigningKey:
    """An authority's key.

    Raises:
        AccessError: it is of a kind that is not signed with here.
        ValueError, TypeError: it is none, or the passphrase does not open it.
    """
    key = load_pem_private_key(pem.encode(), None if passphrase is None else passphrase.encode())
    if not isinstance(key, SigningKey):
        raise AccessError("the authority's key is of another kind; should be elliptic curve or RSA")
    return key


def key_pem(key: SigningKey) -> str:
    """A private key as PEM, in clear."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def certificate_pem(certificate: x509.Certificate) -> str:
    """A certificate as PEM."""
    return certificate.public_bytes(Encoding.PEM).decode()


def _builder(
    subject: x509.Name, issuer: x509.Name, key: SigningKey, now: datetime, not_after: datetime
) -> x509.CertificateBuilder:
    # 63 random bits: unpredictable (CA/Browser Forum, 7.1), and short in a revocation list.
    serial = random.randbits(63) | 1
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
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
