"""The IAM backend of the sandbox: moto's own, with more that it answers."""

from __future__ import annotations

from moto.iam.models import IAMBackend, iam_backends


class SandboxIAMBackend(IAMBackend):
    """An account's IAM. The module's name and place lead moto to `urls` beside it."""


def install() -> None:
    """Let every service of this process see it; to be called before any has been used."""
    iam_backends.backend = SandboxIAMBackend
