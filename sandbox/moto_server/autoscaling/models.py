"""The Auto Scaling backend of the sandbox: moto's, with every correction."""

from __future__ import annotations

from moto.autoscaling.models import autoscaling_backends

from sandbox.moto_server.autoscaling import groups
from sandbox.moto_server.autoscaling.health import HealthBackend
from sandbox.moto_server.autoscaling.instance_refreshes import InstanceRefreshBackend


class SandboxAutoScalingBackend(HealthBackend, InstanceRefreshBackend):
    """One region's Auto Scaling. The module's name and place lead moto to `urls` beside it."""


def install() -> None:
    """Let every service of this process see the corrected Auto Scaling; before any has been used."""
    groups.install()
    autoscaling_backends.backend = SandboxAutoScalingBackend
