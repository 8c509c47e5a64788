"""The `monitoring` section: what is shown of an environment, and to whom."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stacks.sections.section import Section

UnprivilegedPort = Annotated[int, Field(ge=1024, le=65535)]
"""A port that a program without rights may listen at (ip(7))."""


class MonitoringSettings(Section):
    """The dashboard in CloudWatch, and an endpoint on the servers for Prometheus."""

    dashboard: bool = True
    """Whether there is a CloudWatch dashboard: tunnels, pairs, NAT, clients and alarms."""
    metrics_port: UnprivilegedPort | None = None
    """The TCP port where OpenVPN servers and NAT instances show the VPC what they measure, in Prometheus's
    text format at `/metrics`. Left out, there is none."""
