"""Ports that the program itself takes on hosts."""

from __future__ import annotations

NAT_PROBE_PORT = 9443
"""Where NAT instances are probed, over TCP."""
