"""The first packet of an OpenVPN handshake and the check of its answer, under a tls-crypt-v2 client key.

After OpenVPN's own documents: doc/tls-crypt-v2.txt, and the wire format in the "OpenVPN Wire Protocol" draft.
A server that runs answers the packet without keeping anything (`force-cookie`), and nobody else can: the
answer is authenticated with a key that is wrapped for the server alone, and it names the session asked for.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import struct
import time
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

HARD_RESET_CLIENT_V3 = 10
HARD_RESET_SERVER_V2 = 8

_EARLY_NEGOTIATION = 0x0F000001
"""The packet id of a client that can resend its wrapped key, as a server with `force-cookie` demands."""

_HEADER = struct.Struct("!B8sII")
_TAG_LENGTH = 32
_KEY_LENGTH = 256
_BEGIN = "-----BEGIN OpenVPN tls-crypt-v2 client key-----"
_END = "-----END OpenVPN tls-crypt-v2 client key-----"


class ProbeKeyError(ValueError):
    """A probe's key that cannot be used."""


@dataclass(frozen=True)
class ClientKey:
    """A tls-crypt-v2 client key: a cipher and an HMAC key each way, and the same wrapped for the server."""

    send_cipher: bytes
    send_hmac: bytes
    receive_cipher: bytes
    receive_hmac: bytes
    wrapped: bytes

    def __repr__(self) -> str:
        return "ClientKey(...)"


def parse_client_key(pem: str) -> ClientKey:
    """The key in a file as `openvpn --genkey tls-crypt-v2-client` writes it.

    Its 256 bytes are two pairs of a 64-byte cipher and a 64-byte HMAC key, of which 32 bytes each are used;
    a client sends with the second pair. What follows is the wrapped key, its length in its last two bytes.

    Raises:
        ProbeKeyError: it is no such file. The message does not tell what it is.
    """
    body = pem.partition(_BEGIN)[2].partition(_END)[0]
    try:
        content = base64.b64decode("".join(body.split()), validate=True)
    except binascii.Error:
        content = b""
    wrapped = content[_KEY_LENGTH:]
    if len(wrapped) < _TAG_LENGTH + 2 or struct.unpack("!H", wrapped[-2:])[0] != len(wrapped):
        raise ProbeKeyError("the probe's key is not an OpenVPN tls-crypt-v2 client key")
    return ClientKey(content[128:160], content[192:224], content[0:32], content[64:96], wrapped)


class Handshake:
    """One attempt at a handshake: what to send, and whether an answer belongs to it."""

    def __init__(self, key: ClientKey) -> None:
        self._key = key
        self._session = os.urandom(8)

    def request(self) -> bytes:
        """A P_CONTROL_HARD_RESET_CLIENT_V3 with no acknowledgement and packet id 0."""
        header = _HEADER.pack(HARD_RESET_CLIENT_V3 << 3, self._session, _EARLY_NEGOTIATION, int(time.time()))
        plain = struct.pack("!BI", 0, 0)
        tag = hmac.digest(self._key.send_hmac, header + plain, "sha256")
        return header + tag + _ctr(self._key.send_cipher, tag, plain) + self._key.wrapped

    def accepts(self, packet: bytes) -> bool:
        """Whether this is a live server's P_CONTROL_HARD_RESET_SERVER_V2 to our request."""
        if len(packet) <= _HEADER.size + _TAG_LENGTH or packet[0] >> 3 != HARD_RESET_SERVER_V2:
            return False
        header, rest = packet[: _HEADER.size], packet[_HEADER.size :]
        tag, plain = (
            rest[:_TAG_LENGTH],
            _ctr(self._key.receive_cipher, rest[:_TAG_LENGTH], rest[_TAG_LENGTH:]),
        )
        expected = hmac.digest(self._key.receive_hmac, header + plain, "sha256")
        return hmac.compare_digest(tag, expected) and self._acknowledges(plain)

    def _acknowledges(self, plain: bytes) -> bool:
        """The acknowledgement array names our packet 0 and our session, so it is no older answer's echo."""
        return plain[:1] == b"\1" and plain[1:5] == bytes(4) and plain[5:13] == self._session


def framed(packet: bytes) -> bytes:
    """A packet as it goes over TCP: its length in two bytes, then itself."""
    return struct.pack("!H", len(packet)) + packet


def _ctr(key: bytes, tag: bytes, data: bytes) -> bytes:
    context = Cipher(algorithms.AES(key), modes.CTR(tag[:16])).encryptor()
    return context.update(data) + context.finalize()
