"""Where CloudWatch answers, in the form moto looks for: as moto has it."""

from __future__ import annotations

from moto.cloudwatch.urls import url_bases, url_paths

__all__ = ["url_bases", "url_paths"]
