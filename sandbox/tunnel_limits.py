"""What AWS allows of a VPN tunnel, for the provider, which asks, and for EC2, which is asked.

By the names in a request. Source: VpnTunnelOptionsSpecification in the EC2 API reference, and "Tunnel options
for your AWS Site-to-Site VPN connection".
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network

_ENCRYPTION = ("AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16")
_INTEGRITY = ("SHA1", "SHA2-256", "SHA2-384", "SHA2-512")

LISTS: dict[str, tuple[str | int, ...]] = {
    "Phase1EncryptionAlgorithms": _ENCRYPTION,
    "Phase2EncryptionAlgorithms": _ENCRYPTION,
    "Phase1IntegrityAlgorithms": _INTEGRITY,
    "Phase2IntegrityAlgorithms": _INTEGRITY,
    "Phase1DHGroupNumbers": (2, *range(14, 25)),
    "Phase2DHGroupNumbers": (2, 5, *range(14, 25)),
    "IKEVersions": ("ikev1", "ikev2"),
}
"""Options that are lists, and what may be in them; left out, all of it is."""

RANGES: dict[str, tuple[int, int]] = {
    "Phase1LifetimeSeconds": (900, 28800),
    "Phase2LifetimeSeconds": (900, 3600),
    "RekeyMarginTimeSeconds": (60, 1800),
    "RekeyFuzzPercentage": (0, 100),
    "ReplayWindowSize": (64, 2048),
    "DPDTimeoutSeconds": (30, 2**31 - 1),
}
CHOICES = {"DPDTimeoutAction": ("clear", "none", "restart"), "StartupAction": ("add", "start")}

DESCRIBED_AS = {
    "DPDTimeoutSeconds": "DpdTimeoutSeconds",
    "DPDTimeoutAction": "DpdTimeoutAction",
    "IKEVersions": "IkeVersions",
}
"""The members that EC2 names differently in a request and in a description."""

INSIDE_RANGE = IPv4Network("169.254.0.0/16")
RESERVED_INSIDE = frozenset(
    IPv4Network(block) for block in (*(f"169.254.{third}.0/30" for third in range(6)), "169.254.169.252/30")
)
"""Inside CIDRs that AWS keeps for itself."""

KEY = re.compile(r"[1-9A-Za-z._][0-9A-Za-z._]{7,63}")
KEY_RULE = "8 to 64 letters, digits, '.' and '_', the first of them not a zero"
