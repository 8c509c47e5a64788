"""A tunnel's certificate authority: what it has issued, and what it has revoked.

Everything here is a value: each step returns the authority as it is afterwards, and stores nothing. What
certificates look like is in `access.signing`, the list of those revoked in `access.revocation_list`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from access.errors import AccessError
from access.signing import (
    certificate_pem,
    key_pem,
    leaf,
    only_certificate,
    self_signed,
    server_key,
    signed,
    signing_key,
)
from access.tls_crypt import new_client_key, new_server_key

AUTHORITY_VALIDITY = timedelta(days=3650)
SERVER_VALIDITY = timedelta(days=730)
CLIENT_VALIDITY = timedelta(days=365)
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
    """What everybody may know of an authority. `published` says whether the servers have all of it."""

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
    certificate = self_signed(name, key, now, now + AUTHORITY_VALIDITY)
    tls_crypt_server = new_server_key()
    authority = Authority(name, certificate_pem(certificate), server_certificate="")
    secrets = Secrets(key_pem(key), "", tls_crypt_server, new_client_key(tls_crypt_server, now))
    return renew_server(authority, secrets, now)


def check_certificates(authority: Authority, secrets: Secrets) -> None:
    """Make sure that servers would be handed one authority, this one, and a certificate of their own by it.

    Raises:
        AccessError: there are other certificates, or their keys are not the authority's.
    """
    key, own_key = signing_key(secrets.authority_key), signing_key(secrets.server_key)
    certificate = only_certificate(authority.certificate)
    server = only_certificate(authority.server_certificate)
    if certificate is None or certificate.public_key() != key.public_key():
        raise AccessError(
            f"the authority {authority.name} has other certificates than its key's own; should be restored"
            " from a backup"
        )
    if server is None or server.public_key() != own_key.public_key() or not signed(server, certificate):
        raise AccessError(
            f"the server certificate of {authority.name} is not its authority's; should be restored from a"
            " backup"
        )


def renew_server(authority: Authority, secrets: Secrets, now: datetime) -> tuple[Authority, Secrets]:
    """A new key and certificate for the tunnel's servers."""
    authority_key = signing_key(secrets.authority_key)
    key = server_key(authority_key)
    check_in_force(authority, now)
    certificate = leaf(
        x509.load_pem_x509_certificate(authority.certificate.encode()),
        authority_key,
        authority.name,
        key,
        (now, now + SERVER_VALIDITY),
        server=True,
    )
    return (
        replace(authority, server_certificate=certificate_pem(certificate), published=False),
        replace(secrets, server_key=key_pem(key)),
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


def _issue(
    authority: Authority, secrets: Secrets, name: str, kind: Kind, validity: timedelta, now: datetime
) -> tuple[Authority, Credential]:
    key = ec.generate_private_key(ec.SECP256R1())
    check_in_force(authority, now)
    certificate = leaf(
        x509.load_pem_x509_certificate(authority.certificate.encode()),
        signing_key(secrets.authority_key),
        name,
        key,
        (now, now + validity),
        server=False,
    )
    issued = Issued(
        name,
        kind,
        certificate.serial_number,
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
    )
    credential = Credential(
        authority_certificate=authority.certificate,
        certificate=certificate_pem(certificate),
        key=key_pem(key),
        tls_crypt_client=new_client_key(secrets.tls_crypt_server, now),
        not_after=issued.not_after,
    )
    return replace(authority, issued=(*authority.issued, issued)), credential


def _latest(authority: Authority, name: str) -> Issued:
    known = authority.of(name)
    if not known:
        names = sorted({issued.name for issued in authority.issued})
        raise AccessError(
            f"{name} has no certificate; should be one of {', '.join(names) or '(none issued yet)'}"
        )
    return known[-1]


def check_in_force(authority: Authority, now: datetime) -> None:
    """Sign nothing that nobody accepts.

    Raises:
        AccessError: the authority has expired.
    """
    if now > authority.expires:
        raise AccessError(
            f"the authority {authority.name} expired on {authority.expires:%Y-%m-%d}; should be in force:"
            " move its folder away and `init` a new one"
        )
