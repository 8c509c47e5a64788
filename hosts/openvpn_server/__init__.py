"""The OpenVPN server: what its instance is told at boot, and the programs that run on it."""

from __future__ import annotations

from hosts.openvpn_server.cloud_init import UserDataTooLargeError, user_data
from hosts.openvpn_server.host import Office, ServerHost, site_name

__all__ = ["Office", "ServerHost", "UserDataTooLargeError", "site_name", "user_data"]
