"""Where CloudWatch Logs answers, in the form moto looks for: its own bases, with the corrected responses."""

from __future__ import annotations

from moto.logs.urls import url_bases

from sandbox.moto_server.logs.encryption import EncryptionResponse

__all__ = ["url_bases", "url_paths"]

url_paths = {"{0}/$": EncryptionResponse.dispatch}
