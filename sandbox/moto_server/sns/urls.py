"""Where SNS answers, in the form moto looks for: its own bases and paths, with the corrected responses."""

from __future__ import annotations

from moto.sns.urls import url_bases
from moto.sns.urls import url_paths as moto_paths

from sandbox.moto_server.sns.subscriptions import SubscriptionResponse

__all__ = ["url_bases", "url_paths"]

url_paths = {**moto_paths, "{0}/$": SubscriptionResponse.dispatch}
