#!/usr/bin/python3
"""Bring a tunnel's server bundle and revocation list from Secrets Manager to OpenVPN's folder.

Runs at boot and every half a minute. A file that is there is never replaced by a worse one: the bundle must
be whole and match itself, the revocation list signed by the bundle's authority, in force, and not older.
OpenVPN reads a new revocation list by itself when somebody connects; whoever is connected and now revoked is
cut off here. A new bundle needs OpenVPN's restart. A cut or a restart that was not possible is noted in
OpenVPN's folder and made up for. Ends with 1 and one line while something is missing.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

AuthorityKey = EllipticCurvePublicKey | RSAPublicKey

BUNDLE_FILES = {
    "ca": "ca.crt",
    "certificate": "server.crt",
    "key": "server.key",
    "tlsCryptV2Server": "tls-crypt-v2.key",
}
PROBE_KEY = "probe.key"
RESTART_DUE = "restart-due"
CUT_OFF = "cut-off"
CERTIFICATE_WARNING_DAYS = 30
CRL_WARNING_DAYS = 10
"""A list is valid for 30 days, and should be published once a week."""


class NotUsableError(Exception):
    """What was fetched cannot be used; what is there stays."""


def main() -> int:
    """Fetch once."""
    options = arguments()
    try:
        secrets = boto3.client(  # pyright: ignore[reportUnknownMemberType]
            "secretsmanager", region_name=options.region, endpoint_url=os.environ.get("AWS_ENDPOINT_URL")
        )
        install_bundle(options.folder, read(secrets, options.server_secret))
        install_crl(options.folder, read(secrets, options.crl_secret))
        install_probe_key(options.folder, secrets, options.probe_secret)
        cut_off(options.folder, options.management)
    except (NotUsableError, BotoCoreError, ClientError, OSError) as error:
        print(f"fetch-openvpn-secrets: {error}", file=sys.stderr)
        return 1
    return run_server(options.folder, options.unit) if options.unit else 0


def arguments() -> argparse.Namespace:
    """What the systemd unit says."""
    parser = argparse.ArgumentParser(description="Fetch the OpenVPN server's keys and revocation list.")
    parser.add_argument("--region", required=True)
    parser.add_argument("--server-secret", required=True)
    parser.add_argument("--crl-secret", required=True)
    parser.add_argument("--probe-secret", required=True)
    parser.add_argument("--folder", type=Path, default=Path("/etc/openvpn/server"))
    parser.add_argument("--management", default="/run/openvpn-server/server.sock")
    parser.add_argument("--unit", help="the server's systemd unit, started or restarted as needed")
    return parser.parse_args()


def read(secrets: SecretsManagerClient, name: str) -> str:
    """A secret's value."""
    try:
        return secrets.get_secret_value(SecretId=name)["SecretString"]
    except secrets.exceptions.ResourceNotFoundException:
        raise NotUsableError(f"secret {name} has no value yet; run `aws-vpn access publish`") from None


def run_server(folder: Path, unit: str) -> int:
    """Start the server, which changes nothing while it runs, or restart it if that is due."""
    due = folder / RESTART_DUE
    action = "restart" if due.exists() else "start"
    code = subprocess.run(["systemctl", "--no-block", action, unit], check=False).returncode
    if code == 0:
        due.unlink(missing_ok=True)
    return code


def install_bundle(folder: Path, text: str) -> None:
    """Write the server's keys and certificates where they differ; a restart is due from then on."""
    try:
        values = json.loads(text)
        bundle: dict[str, str] = {file: values[key] for key, file in BUNDLE_FILES.items()}
        check_bundle(bundle)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotUsableError(f"server bundle not used: {error}") from None
    changed = [file for file, content in bundle.items() if content != current(folder / file)]
    if changed:
        (folder / RESTART_DUE).touch()
    for file in changed:
        write(folder / file, bundle[file], 0o600)


def check_bundle(bundle: dict[str, str]) -> None:
    """The key belongs to the certificate, the certificate to the authority."""
    certificate = x509.load_pem_x509_certificate(bundle["server.crt"].encode())
    key = load_pem_private_key(bundle["server.key"].encode(), None)
    # cryptography before 40 cannot compare public keys.
    key_pem, certificate_pem = (
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        for public in (key.public_key(), certificate.public_key())
    )
    if key_pem != certificate_pem:
        raise ValueError("its key is not its certificate's")
    try:
        check_signature(certificate, authority_key(bundle["ca.crt"]))
    except InvalidSignature:
        raise ValueError("its certificate is not signed by its authority") from None
    if "-----BEGIN OpenVPN tls-crypt-v2 server key-----" not in bundle["tls-crypt-v2.key"]:
        raise ValueError("no tls-crypt-v2 server key")
    warn_of_expiry("server certificate", in_utc(certificate, "not_valid_after"), CERTIFICATE_WARNING_DAYS)


def install_crl(folder: Path, text: str) -> None:
    """Write the revocation list if it is a better one."""
    path = folder / "crl.pem"
    authority = authority_key(current(folder / "ca.crt"))
    fetched = checked_crl(text, authority)
    if fetched is None:
        raise NotUsableError("revocation list not used: not signed by the tunnel's authority, or damaged")
    expiry = in_utc(fetched, "next_update")
    if expiry < datetime.now(UTC):
        raise NotUsableError(
            f"revocation list not used: expired {expiry:%Y-%m-%d}; run `aws-vpn access publish`"
        )
    present = checked_crl(current(path), authority)
    if present is not None and number(present) > number(fetched):
        raise NotUsableError(f"revocation list not used: {number(fetched)} is older than {number(present)}")
    if text != current(path):
        write(path, text, 0o644)
        print(f"revocation list {number(fetched)} installed, {len(fetched)} revoked")
    warn_of_expiry("revocation list", expiry, CRL_WARNING_DAYS)


def install_probe_key(folder: Path, secrets: SecretsManagerClient, name: str) -> None:
    """Write the key with which the monitor signs its word, with each new bundle and where it is missing."""
    path = folder / PROBE_KEY
    if not path.exists() or (folder / RESTART_DUE).exists():
        # without it a planned move is slower, and that is all
        with suppress(NotUsableError, ClientError):
            key = read(secrets, name)
            if key != current(path):
                write(path, key, 0o600)


def cut_off(folder: Path, management: str) -> None:
    """End the sessions of those revoked since the last time, through the management interface if it runs.

    Remembered with the number behind each name: who was let in again may be revoked again.
    """
    listed = revoked(current(folder / "crl.pem"))
    gained = listed - revoked(current(folder / CUT_OFF))
    if gained and Path(management).exists():
        disconnect(sorted({line.split()[1] for line in gained}), management)
    if gained:
        write(folder / CUT_OFF, "".join(f"{line}\n" for line in sorted(listed)), 0o600)


def revoked(text: str) -> set[str]:
    """The lines above the list itself, which knows no names: `revoked: NAME NUMBER`."""
    return {line for line in text.splitlines() if line.startswith("revoked: ")}


def disconnect(names: list[str], management: str) -> None:
    """End the sessions of names; nothing to do where no server listens."""
    with socket.socket(socket.AF_UNIX) as connection, suppress(ConnectionRefusedError):
        connection.settimeout(10)
        connection.connect(management)
        stream = connection.makefile("rw")
        stream.readline()
        for name in names:
            stream.write(f"kill {name}\n")
            stream.flush()
            answer = stream.readline().strip()
            if not answer:
                raise NotUsableError(f"{name} not cut off yet: no answer from {management}")
            print(f"revoked {name}: {answer}")


def check_signature(certificate: x509.Certificate, authority: AuthorityKey) -> None:
    """The authority signed the certificate; cryptography before 40 has no word for it."""
    digest = certificate.signature_hash_algorithm or SHA384()
    if isinstance(authority, RSAPublicKey):
        authority.verify(certificate.signature, certificate.tbs_certificate_bytes, PKCS1v15(), digest)
    else:
        authority.verify(certificate.signature, certificate.tbs_certificate_bytes, ECDSA(digest))


def authority_key(pem: str) -> AuthorityKey:
    """The key of a certificate authority: elliptic curve, or RSA if it was taken over from elsewhere."""
    certificate = x509.load_pem_x509_certificate(pem.encode())
    if certificate.public_bytes(Encoding.PEM).decode().strip() != pem.strip():
        # OpenVPN would trust every certificate in the file
        raise ValueError("its authority is not one certificate and nothing else")
    key = certificate.public_key()
    if not isinstance(key, AuthorityKey):
        raise ValueError("the authority's key is neither elliptic curve nor RSA")
    return key


def checked_crl(text: str, authority: AuthorityKey) -> x509.CertificateRevocationList | None:
    """The revocation list if the authority signed it, else None."""
    try:
        crl = x509.load_pem_x509_crl(text.encode())
    except ValueError:
        return None
    return crl if crl.is_signature_valid(authority) else None


def number(crl: x509.CertificateRevocationList) -> int:
    """The CRL number (RFC 5280, 5.2.3), which grows with each list."""
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def in_utc(item: x509.Certificate | x509.CertificateRevocationList, field: str) -> datetime:
    """A date of a certificate or list; cryptography before 42 has it without a zone."""
    return getattr(item, f"{field}_utc", None) or getattr(item, field).replace(tzinfo=UTC)


def warn_of_expiry(what: str, date: datetime, warning_days: int) -> None:
    """Say so every time from that many days before on, so that an alarm lasts until it is renewed."""
    days = (date - datetime.now(UTC)).days
    if days < warning_days:
        print(f"{what} expires in {days} days")


def current(path: Path) -> str:
    """A file's content, nothing if it is not there."""
    return path.read_text() if path.exists() else ""


def write(path: Path, text: str, mode: int) -> None:
    """Replace a file as a whole, so that a reader sees the old or the new content."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as stream:
        temporary = Path(stream.name)
        try:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
            temporary.chmod(mode)
            temporary.replace(path)
        except BaseException:
            temporary.unlink()
            raise


if __name__ == "__main__":
    sys.exit(main())
