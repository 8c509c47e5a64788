"""Private keys in text, as they are or packed: compressed, in Base64, and both several times over."""

from __future__ import annotations

import base64
import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterator

_KEY_MATERIAL = re.compile(
    rb"-----BEGIN [A-Z0-9 ]*(PRIVATE KEY( BLOCK)?|(OpenVPN )?Static key V1"
    rb"|OpenVPN tls-crypt-v2 (client|server) key)-----"
)
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{20,}\s*)+(?:[A-Za-z0-9+/]+)?")


def _inflated(data: bytes) -> bytes:
    return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(data, _LARGEST_BYTES)


def _from_bzip2(data: bytes) -> bytes:
    return bz2.BZ2Decompressor().decompress(data, _LARGEST_BYTES)


def _from_lzma(data: bytes) -> bytes:
    return lzma.LZMADecompressor().decompress(data, _LARGEST_BYTES)


_COMPRESSED: dict[bytes, Callable[[bytes], bytes]] = {
    **dict.fromkeys((b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"), _inflated),
    b"BZh": _from_bzip2,
    **dict.fromkeys((b"\xfd7zXZ\x00", b"\x5d\x00\x00"), _from_lzma),
}
"""How compressed data begins, and what unpacks it: gzip and zlib, bzip2, xz and the older lzma."""


_WRAPPINGS = 4
"""How often user data may be packed: compressed, in Base64, in a file of cloud-init's, and once more."""


_LARGEST_BYTES = 1 << 24


def holds_key(data: bytes, wrappings: int = _WRAPPINGS) -> bool:
    """Whether there is a key in user data as it is, or in anything that is packed in it."""
    if _KEY_MATERIAL.search(data):
        return True
    return wrappings > 0 and any(holds_key(inner, wrappings - 1) for inner in _unpacked(data))


def _unpacked(data: bytes) -> Iterator[bytes]:
    for start, unpack in _COMPRESSED.items():
        if data.startswith(start):
            try:
                yield unpack(data)
            except (zlib.error, lzma.LZMAError, OSError, EOFError):
                return
    for match in _BASE64.finditer(data):
        text = b"".join(match[0].split())
        yield base64.b64decode(text[: len(text) // 4 * 4])
