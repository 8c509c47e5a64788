"""An authority's revocation list, in the form that the tunnel's servers and their programs read."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import Encoding

from access.authority import Authority, Secrets, check_in_force
from access.errors import AccessError
from access.signing import CLOCK_SKEW, key_identifier, signing_key

CRL_VALIDITY = timedelta(days=30)
"""How long servers go on with a list if no newer one reaches them; then they let nobody in.

They look for a newer one twice a minute. It is short, so that a server that cannot fetch lists does not let
in for long who was revoked meanwhile.
"""

SECRET_LIMIT = 65536
"""Bytes that a secret of AWS Secrets Manager holds (PutSecretValue)."""


def sign_crl(authority: Authority, secrets: Secrets, now: datetime) -> tuple[Authority, str]:
    """The revocation list as PEM, below the names whose certificates are on it, for servers to cut them off.

    The number behind a name is how many of its certificates were ever revoked: it grows when somebody who was
    let in again is revoked again. Certificates that have expired by themselves are no longer on the list.

    Raises:
        AccessError: the authority has expired, or the list has outgrown what a secret can hold.
    """
    check_in_force(authority, now)
    certificate = x509.load_pem_x509_certificate(authority.certificate.encode())
    expires = min(now + CRL_VALIDITY, authority.expires)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(certificate.subject)
        .last_update(now - CLOCK_SKEW)
        .next_update(expires)
        .add_extension(x509.CRLNumber(authority.crl_number + 1), critical=False)
        .add_extension(key_identifier(certificate), critical=False)
    )
    names: set[str] = set()
    for issued in authority.issued:
        if issued.revoked and now <= issued.not_after:
            names.add(issued.name)
            entry = x509.RevokedCertificateBuilder().serial_number(issued.serial)
            builder = builder.add_revoked_certificate(entry.revocation_date(issued.revoked).build())
    crl = builder.sign(signing_key(secrets.authority_key), SHA384())
    above = (f"revoked: {name} {_revocations(authority, name)}\n" for name in sorted(names))
    pem = "".join(above) + crl.public_bytes(Encoding.PEM).decode()
    if len(pem) > SECRET_LIMIT:
        raise AccessError(
            f"the revocation list takes {len(pem)} bytes; should be {SECRET_LIMIT} at most, which Secrets"
            " Manager holds: start a new authority"
        )
    return replace(authority, crl_number=authority.crl_number + 1, crl_expires=expires), pem


def crl_number(text: str, authority: Authority) -> int:
    """The number of a revocation list by this authority (RFC 5280, 5.2.3); 0 where there is none."""
    crl = _by(text, authority)
    if crl is None:  # a list that nobody is on is false
        return 0
    try:
        return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except x509.ExtensionNotFound:
        return 0


def revoked_serials(text: str, authority: Authority) -> dict[int, datetime]:
    """What is on a revocation list by this authority, and since when.

    Raises:
        AccessError: it is another authority's, or damaged.
    """
    crl = _by(text, authority)
    if crl is None:
        raise AccessError("crl.pem is damaged or another authority's; should be that of ca.crt beside it")
    return {entry.serial_number: entry.revocation_date_utc for entry in crl}


def _by(text: str, authority: Authority) -> x509.CertificateRevocationList | None:
    """The list, if it is one and the authority signed it."""
    key = x509.load_pem_x509_certificate(authority.certificate.encode()).public_key()
    try:
        crl = x509.load_pem_x509_crl(text.encode())
    except ValueError:
        return None
    if not isinstance(key, EllipticCurvePublicKey | RSAPublicKey):
        return None
    return crl if crl.is_signature_valid(key) else None


def _revocations(authority: Authority, name: str) -> int:
    return sum(issued.revoked is not None for issued in authority.of(name))
