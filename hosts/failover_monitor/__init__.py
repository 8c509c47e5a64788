"""The failover monitor's host. What runs on it is the package `monitor`, which the user data carries."""

from __future__ import annotations

from hosts.failover_monitor.host import MonitorHost, user_data

__all__ = ["MonitorHost", "user_data"]
