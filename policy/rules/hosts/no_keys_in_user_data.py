"""User data holds no private key."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator
from typing import Any

from pulumi_policy import Severity

from policy.facts.finding import Finding
from policy.facts.references import well_architected
from policy.facts.resource import Resource
from policy.facts.values import UNKNOWN
from policy.rules.hosts.launching import HOSTS, instance
from policy.rules.rule import Level, ResourceRule

_KEY_MATERIAL = re.compile(rb"-----BEGIN [A-Z0-9 ]*(PRIVATE KEY|(OpenVPN )?Static key V1)-----")


_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{20,}\s*)+(?:[A-Za-z0-9+/]+)?")


_GZIP = b"\x1f\x8b"


_WRAPPINGS = 4
"""How often user data may be packed: compressed, in Base64, in a file of cloud-init's, and once more."""


_LARGEST_BYTES = 1 << 24


def _check_user_data(host: Resource, _parameters: Any) -> Iterator[Finding]:
    for key in ("userData", "userDataBase64"):
        text = host.get(key)
        if text is UNKNOWN:
            yield Finding(message=f"{key} is not known yet", resource=host, undecided=True)
        elif isinstance(text, str) and _holds_key(text.encode()):
            message = (
                f"{key} holds a private key, which every process on the host and whoever may describe "
                "instances can read; let the host fetch it from Secrets Manager"
            )
            yield Finding(message=message, resource=host)


def _holds_key(data: bytes, wrappings: int = _WRAPPINGS) -> bool:
    """Whether there is a key in user data as it is, or in anything that is packed in it."""
    if _KEY_MATERIAL.search(data):
        return True
    return wrappings > 0 and any(_holds_key(inner, wrappings - 1) for inner in _unpacked(data))


def _unpacked(data: bytes) -> Iterator[bytes]:
    if data.startswith(_GZIP):
        try:
            yield zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, _LARGEST_BYTES)
        except zlib.error:
            return
    for match in _BASE64.finditer(data):
        text = b"".join(match[0].split())
        yield base64.b64decode(text[: len(text) // 4 * 4])


RULE = ResourceRule(
    name="no-keys-in-user-data",
    title="No private keys in user data",
    description="User data holds no private key: whoever may describe instances reads it.",
    level=Level.MANDATORY,
    severity=Severity.CRITICAL,
    references=(well_architected("SEC02-BP03", "security-pillar/sec_identities_secrets.html"),),
    tags=("host", "secrets"),
    risk="Whoever may describe instances, and every process on the host, has the key.",
    remediation="Put the key into Secrets Manager and let the host read it when it starts.",
    types=HOSTS,
    check=_check_user_data,
    bad=instance('userData: "-----BEGIN PRIVATE KEY-----"'),
    good=instance('userData: "#cloud-config"'),
)
