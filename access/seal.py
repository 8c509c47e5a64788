"""What protects an authority that is stored: its private keys encrypted, and all of it authenticated.

Both come from the passphrase. Whoever can write to the file, but does not know the passphrase, can neither
read the keys nor take a name from the revoked ones, nor add a certificate that the servers would trust.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets as random
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from access.authority import Authority, Secrets, check_certificates
from access.errors import AccessError

UNAUTHENTICATED = 1
"""The first format: its clear part could be changed without the passphrase. Read, and never written."""

AUTHENTICATED = 2
FORMATS = frozenset({UNAUTHENTICATED, AUTHENTICATED})

SCRYPT_COST = 2**17
"""Scrypt's N with r = 8 and p = 1, as OWASP's Password Storage Cheat Sheet has it: 128 MiB a guess."""

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Sealed:
    """Secrets encrypted with AES-256-GCM, and the HMAC-SHA256 of their authority. Base64."""

    salt: str
    nonce: str
    ciphertext: str
    authentication: str = ""
    format: int = AUTHENTICATED


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """What the passphrase gives: a key that encrypts, and one that authenticates."""

    salt: bytes
    encryption: bytes
    authentication: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """An authority with its private keys, as a passphrase opened it."""

    authority: Authority
    secrets: Secrets
    keys: Keys

    def sealed(self, authority: Authority, secrets: Secrets | None = None) -> Stored:
        """What to store when the authority has become another, under the same passphrase."""
        return _sealed(authority, secrets or self.secrets, self.keys)


@dataclass(frozen=True, slots=True)
class Stored:
    """An authority as it is on disk."""

    authority: Authority
    sealed: Sealed

    @property
    def authenticated(self) -> bool:
        """Whether a change made without the passphrase would be noticed."""
        return self.sealed.format == AUTHENTICATED

    def opened(self, passphrase: str) -> Opened:
        """The authority with its private keys, once it is certain that both belong together.

        Raises:
            AccessError: the passphrase is wrong, or something was changed without it.
        """
        sealed, name = self.sealed, self.authority.name
        try:
            keys = _keys(passphrase, base64.b64decode(sealed.salt, validate=True))
            nonce, ciphertext = (
                base64.b64decode(part, validate=True) for part in (sealed.nonce, sealed.ciphertext)
            )
            content = AESGCM(keys.encryption).decrypt(nonce, ciphertext, _associated(sealed.format, name))
        except (InvalidTag, ValueError):
            raise AccessError(
                f"the passphrase does not open {name}; should be the one given at `init`"
            ) from None
        if self.authenticated and not hmac.compare_digest(
            sealed.authentication.encode(), _authentication(self.authority, keys).encode()
        ):
            raise AccessError(f"the authority {name!r} was changed by hand; should be restored from a backup")
        secrets = Secrets(**json.loads(content))
        check_certificates(self.authority, secrets)
        return Opened(self.authority, secrets, keys)


def seal(authority: Authority, secrets: Secrets, passphrase: str) -> Stored:
    """The authority as it is stored, under a passphrase."""
    return _sealed(authority, secrets, _keys(passphrase, random.token_bytes(16)))


def _sealed(authority: Authority, secrets: Secrets, keys: Keys) -> Stored:
    nonce = random.token_bytes(12)
    content = json.dumps(asdict(secrets)).encode()
    ciphertext = AESGCM(keys.encryption).encrypt(nonce, content, _associated(AUTHENTICATED, authority.name))
    sealed = Sealed(
        salt=_text(keys.salt),
        nonce=_text(nonce),
        ciphertext=_text(ciphertext),
        authentication=_authentication(authority, keys),
    )
    return Stored(authority, sealed)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _associated(document_format: int, name: str) -> bytes:
    """What the keys are bound to: a document cannot pass for one of the first format."""
    return name.encode() if document_format == UNAUTHENTICATED else f"aws-vpn {document_format}".encode()


def _authentication(authority: Authority, keys: Keys) -> str:
    text = json.dumps(asdict(authority), sort_keys=True, default=datetime.isoformat)
    digest = hmac.digest(keys.authentication, text.encode(), sha256)
    return _text(digest)


def _keys(passphrase: str, salt: bytes) -> Keys:
    both = Scrypt(salt=salt, length=2 * _KEY_BYTES, n=SCRYPT_COST, r=8, p=1).derive(passphrase.encode())
    return Keys(salt, both[:_KEY_BYTES], both[_KEY_BYTES:])
