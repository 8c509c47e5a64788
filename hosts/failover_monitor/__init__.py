"""The failover monitor's host. What runs on it is the package of this name in `hosts/programs`."""

from __future__ import annotations

from hosts.failover_monitor.host import MonitorHost, content

__all__ = ["MonitorHost", "content"]
