"""The SNS backend of the sandbox: moto's, with every correction."""

from __future__ import annotations

from moto.sns.models import sns_backends

from sandbox.moto_server.sns.subscriptions import SubscriptionBackend


class SandboxSNSBackend(SubscriptionBackend):
    """One region's SNS. The module's name and place lead moto to `urls` beside it."""


def install() -> None:
    """Let every service of this process see the corrected SNS; to be called before any has been used."""
    sns_backends.backend = SandboxSNSBackend
