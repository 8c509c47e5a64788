"""The NAT instance: a private subnet's way to the internet, and the door through which it is probed."""

from __future__ import annotations

from hosts.nat.host import NatHost, ProbeTarget, content

__all__ = ["NatHost", "ProbeTarget", "content"]
