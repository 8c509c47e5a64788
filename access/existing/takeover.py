"""An existing authority as this program keeps one, and what becomes of each profile that it gave out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import MD5, SHA1
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from access.authority import Authority, Issued, Secrets, renew_server
from access.errors import AccessError
from access.existing.configuration import Options, endpoint, incompatibility, read, wrapping
from access.existing.folder import ExistingFolder
from access.existing.index import Entry, entries
from access.revocation_list import crl_number, revoked_serials
from access.signing import certificate_pem, key_pem, signed, signing_key
from access.tls_crypt import new_client_key, new_server_key, rewritten_server_key
from model.names import SITE_PREFIX

SMALLEST_RSA = 2048
"""Bits of an RSA key that OpenVPN's `tls-cert-profile preferred` takes, and SHA-1 is what it refuses."""

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._@-]{0,62}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class Expected:
    """The tunnel that takes the authority over."""

    server_name: str
    protocol: str
    port: int
    offices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A certificate in force or revoked. `obstacle` is why its profile cannot go on, nothing if it can."""

    issued: Issued
    obstacle: str


@dataclass(frozen=True, slots=True, repr=False)
class TakenOver:
    """The authority with its keys. `remote` is where its profiles connect to; `expired` were left out."""

    authority: Authority
    secrets: Secrets
    verdicts: tuple[Verdict, ...]
    remote: str
    expired: int


def take_over(
    found: ExistingFolder, passphrase: Callable[[], str], expected: Expected, now: datetime
) -> TakenOver:
    """The authority in a folder, with a new certificate for the tunnel's servers.

    Raises:
        AccessError: it has no key, is another one's, has expired, or is too weak for any OpenVPN from 2.6 on.
    """
    certificate = _authority_certificate(found, now)
    key = _key(found, certificate, passphrase)
    server, client = read(found.server_configuration), read(found.client_template)
    authority = Authority(
        _server_name(client) or expected.server_name, certificate_pem(certificate), server_certificate=""
    )
    revoked = revoked_serials(found.crl, authority) if found.crl else {}
    known = [*_known(found, certificate, revoked)]
    in_force = [entry for entry in known if now <= entry.not_after]
    general = _general_obstacle(found, server, client, expected)
    by_serial = {one.serial_number: one for one in found.certificates if one.issuer == certificate.subject}
    verdicts = tuple(
        Verdict(_issued(entry, one, expected, now), _obstacle(entry, one, general))
        for entry in in_force
        if not _is_server(one := by_serial.get(entry.serial))
    )
    server_key = rewritten_server_key(found.tls_crypt_v2_key) if found.tls_crypt_v2_key else new_server_key()
    issued = tuple(sorted((verdict.issued for verdict in verdicts), key=lambda one: one.not_before))
    authority = replace(authority, crl_number=crl_number(found.crl, authority), issued=issued)
    secrets = Secrets(key, "", server_key, new_client_key(server_key, now))
    authority, secrets = renew_server(authority, secrets, now)
    remote = (client.words("remote") or ("",))[0]
    return TakenOver(authority, secrets, verdicts, remote, len(known) - len(in_force))


def _authority_certificate(found: ExistingFolder, now: datetime) -> x509.Certificate:
    path = found.pki / "ca.crt"
    try:
        certificate = x509.load_pem_x509_certificate(found.authority.encode())
    except ValueError:
        raise AccessError(f"{path} is damaged; should be the authority's certificate") from None
    if not signed(certificate, certificate):
        raise AccessError(
            f"{path} was signed by another authority, {certificate.issuer.rfc4514_string()}; should be one"
            " that signed itself: clients would need the whole chain"
        )
    key = certificate.public_key()
    if isinstance(key, RSAPublicKey) and key.key_size < SMALLEST_RSA:
        raise AccessError(
            f"the key of {path} has {key.key_size} bits; should have {SMALLEST_RSA} at least: `init` a new"
            " authority and issue every profile anew"
        )
    if now > certificate.not_valid_after_utc:
        raise AccessError(
            f"{path} expired on {certificate.not_valid_after_utc:%Y-%m-%d}; should be in force: `init` a new"
            " authority"
        )
    return certificate


def _key(found: ExistingFolder, certificate: x509.Certificate, passphrase: Callable[[], str]) -> str:
    if found.key_path is None:
        raise AccessError(
            f"the authority in {found.pki} is without its key (private/ca.key or ca.key); should have it:"
            " without it nobody can be let in or revoked"
        )
    try:
        text = found.key_path.read_text(encoding="utf-8")
        key = signing_key(text, passphrase() if "ENCRYPTED" in text else None)
    except OSError as error:
        raise AccessError(f"cannot read {found.key_path}: {error.strerror}; should be readable") from None
    except (ValueError, TypeError):
        raise AccessError(
            f"{found.key_path} does not open; should be the authority's private key, and its passphrase right"
        ) from None
    if key.public_key() != certificate.public_key():
        raise AccessError(f"{found.key_path} is another authority's key; should be that of ca.crt beside it")
    return key_pem(key)


def _server_name(client: Options) -> str:
    """What profiles want the server to be called, by its common name or the beginning of it."""
    name, *kind = client.words("verify-x509-name") or ("",)
    return name.strip("\"'") if kind in (["name"], ["name-prefix"]) else ""


def _known(
    found: ExistingFolder, certificate: x509.Certificate, listed: dict[int, datetime]
) -> Iterator[Entry]:
    """The index, with what only the revocation list or a certificate itself tells: both count without it."""
    seen: set[int] = set()
    for entry in entries(found.index):
        seen.add(entry.serial)
        yield replace(entry, revoked=entry.revoked or listed.get(entry.serial))
    for one in found.certificates:
        if one.serial_number not in seen and one != certificate and signed(one, certificate):
            seen.add(one.serial_number)
            until, revoked = one.not_valid_after_utc, listed.get(one.serial_number)
            yield Entry(one.serial_number, _common_name(one), until, revoked)
    for serial, when in listed.items():
        if serial not in seen:
            yield Entry(serial, "", certificate.not_valid_after_utc, when)


def _common_name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def _general_obstacle(found: ExistingFolder, server: Options, client: Options, expected: Expected) -> str:
    """Why none of the profiles can go on, or nothing."""
    used = wrapping(server, client)
    if not server.lines and not client.lines:
        return "no server.conf and no client template is there, which would tell how it connects"
    if used != "tls-crypt-v2":
        return f"its handshake has {used or 'neither tls-crypt nor tls-auth'}, the servers' tls-crypt-v2"
    if not found.tls_crypt_v2_key:
        return "the servers' tls-crypt-v2 key is not there"
    if unlike := incompatibility(server, client):
        return unlike
    reached = endpoint(server, client)
    if reached and reached != (expected.protocol, expected.port):
        return f"it connects to {reached[0]} {reached[1]}, the tunnel is {expected.protocol} {expected.port}"
    words = client.words("verify-x509-name")
    if words and not _server_name(client):
        return "it wants the server's whole subject (verify-x509-name), which is its name alone now"
    return ""


def _obstacle(entry: Entry, certificate: x509.Certificate | None, general: str) -> str:
    if entry.revoked:
        return "revoked"
    if certificate is None:
        return "its certificate is not there to be looked at"
    return _weakness(certificate) or general


def _weakness(certificate: x509.Certificate) -> str:
    """Why servers refuse the certificate whatever the profile is like (`remote-cert-tls client`)."""
    key = certificate.public_key()
    if isinstance(key, RSAPublicKey) and key.key_size < SMALLEST_RSA:
        return f"its key has {key.key_size} bits, less than {SMALLEST_RSA}"
    if isinstance(certificate.signature_hash_algorithm, MD5 | SHA1):
        return f"it is signed with {certificate.signature_hash_algorithm.name.upper()}"
    if ExtendedKeyUsageOID.CLIENT_AUTH not in _usages(certificate):
        return "it does not say that it is a client's (extendedKeyUsage)"
    try:
        certificate.extensions.get_extension_for_class(x509.KeyUsage)
    except x509.ExtensionNotFound:
        return "it does not say what its key is for (keyUsage)"
    return ""


def _is_server(certificate: x509.Certificate | None) -> bool:
    if certificate is None:
        return False
    usages = _usages(certificate)
    return ExtendedKeyUsageOID.SERVER_AUTH in usages and ExtendedKeyUsageOID.CLIENT_AUTH not in usages


def _usages(certificate: x509.Certificate) -> list[x509.ObjectIdentifier]:
    try:
        return list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return []


def _issued(entry: Entry, certificate: x509.Certificate | None, expected: Expected, now: datetime) -> Issued:
    name = re.sub(r"[^A-Za-z0-9._@-]", "_", entry.name)
    if not _NAME.fullmatch(name):
        name = f"serial-{entry.serial:x}"[:64]
    office = name.removeprefix(SITE_PREFIX) in expected.offices and name.startswith(SITE_PREFIX)
    return Issued(
        name,
        "site" if office else "client",
        entry.serial,
        certificate.not_valid_before_utc if certificate else min(now, entry.not_after),
        entry.not_after,
        entry.revoked,
    )
