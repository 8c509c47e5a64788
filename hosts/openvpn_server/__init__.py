"""The OpenVPN server: what it knows, and what its instance is made of."""

from __future__ import annotations

from hosts.openvpn_server.content import content
from hosts.openvpn_server.host import Office, ServerHost

__all__ = ["Office", "ServerHost", "content"]
