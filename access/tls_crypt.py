"""Keys for OpenVPN's tls-crypt-v2, which hides and protects the TLS handshake with one key per client.

The formats are those of OpenVPN's doc/tls-crypt-v2.txt: a server key that wraps, client keys that carry
themselves wrapped, so that the server keeps no list of them.
"""

from __future__ import annotations

import base64
import secrets
import struct
from datetime import datetime

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from access.errors import AccessError

SERVER_LABEL = "OpenVPN tls-crypt-v2 server key"
CLIENT_LABEL = "OpenVPN tls-crypt-v2 client key"
SERVER_KEY_BYTES = 128
CLIENT_KEY_BYTES = 256
_TIMESTAMP = 1


def new_server_key() -> str:
    """A server key as PEM: 64 bytes for the cipher, 64 for the HMAC; the first 32 of each count."""
    return _pem(SERVER_LABEL, secrets.token_bytes(SERVER_KEY_BYTES))


def rewritten_server_key(pem: str) -> str:
    """A server key that OpenVPN's own generator made, in this program's own form.

    Raises:
        AccessError: it is none.
    """
    begin, end = f"-----BEGIN {SERVER_LABEL}-----", f"-----END {SERVER_LABEL}-----"
    try:
        content = _content(pem[pem.index(begin) : pem.index(end)])
    except ValueError:
        content = b""
    if len(content) != SERVER_KEY_BYTES:
        raise AccessError("the tls-crypt-v2 server key is damaged; should be as `openvpn --genkey` makes it")
    return _pem(SERVER_LABEL, content)


def new_client_key(server_key: str, now: datetime) -> str:
    """A client key as PEM, wrapped with the server's, with the time as OpenVPN's own generator adds it."""
    key = secrets.token_bytes(CLIENT_KEY_BYTES)
    metadata = struct.pack(">Bq", _TIMESTAMP, int(now.timestamp()))
    return _pem(CLIENT_LABEL, key + _wrapped(key + metadata, _content(server_key)))


def _wrapped(plaintext: bytes, server_key: bytes) -> bytes:
    """WKc = T || AES-256-CTR(Ke, T, Kc || metadata) || len; T = HMAC-SHA256(Ka, len || Kc || metadata)."""
    encryption_key, authentication_key = server_key[:32], server_key[64:96]
    length = struct.pack(">H", 32 + len(plaintext) + 2)
    hmac = HMAC(authentication_key, SHA256())
    hmac.update(length + plaintext)
    tag = hmac.finalize()
    cipher = Cipher(AES256(encryption_key), CTR(tag[:16])).encryptor()
    return tag + cipher.update(plaintext) + cipher.finalize() + length


def _pem(label: str, content: bytes) -> str:
    text = base64.b64encode(content).decode()
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""))


def _content(pem: str) -> bytes:
    return base64.b64decode("".join(line for line in pem.splitlines() if not line.startswith("-----")))
