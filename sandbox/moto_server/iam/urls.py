"""Where IAM answers, in the form moto looks for: its own bases, with the responses of the sandbox."""

from __future__ import annotations

from moto.iam.urls import url_bases

from sandbox.moto_server.iam.simulation import SimulationResponse

__all__ = ["url_bases", "url_paths"]

url_paths = {"{0}/$": SimulationResponse.dispatch}
