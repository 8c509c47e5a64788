"""Where Auto Scaling answers, in the form moto looks for: its own bases, with the corrected responses."""

from __future__ import annotations

from moto.autoscaling.urls import url_bases

from sandbox.moto_server.autoscaling.health import HealthResponse
from sandbox.moto_server.autoscaling.instance_refreshes import InstanceRefreshResponse

__all__ = ["url_bases", "url_paths"]


class SandboxAutoScalingResponse(HealthResponse, InstanceRefreshResponse):
    """The actions of Auto Scaling's API."""


url_paths = {"{0}/$": SandboxAutoScalingResponse.dispatch}
