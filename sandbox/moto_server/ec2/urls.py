"""Where EC2 answers, in the form moto looks for: its own bases, with the corrected responses."""

from __future__ import annotations

from moto.ec2.urls import url_bases

from sandbox.moto_server.ec2.responses import SandboxEC2Response

__all__ = ["url_bases", "url_paths"]

url_paths = {"{0}/": SandboxEC2Response.dispatch}
