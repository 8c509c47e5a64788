"""Public addresses as AWS hands them out: of its own ranges, each one once."""

from __future__ import annotations

import secrets
from collections.abc import Container
from ipaddress import IPv4Network

TUNNELS = IPv4Network("3.120.0.0/14")
"""Where the outside addresses of VPN tunnels come from."""
ELASTIC = IPv4Network("18.192.0.0/15")
"""Where Elastic IP addresses come from."""


def unused_address(block: IPv4Network, taken: Container[str]) -> str:
    """An address of the block that is not taken."""
    while True:
        address = str(block[secrets.randbelow(block.num_addresses - 2) + 1])
        if address not in taken:
            return address
