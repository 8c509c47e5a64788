"""Why a roll ended early."""

from __future__ import annotations

from model.errors import AwsVpnError


class RollError(AwsVpnError):
    """A roll was refused, or stopped where it is safe to stop; the next run goes on from there."""
