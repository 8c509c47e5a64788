"""What goes wrong for the user of the renderer."""

from __future__ import annotations

from model.errors import AwsVpnError


class OnpremError(AwsVpnError):
    """One line for the user: what cannot be done, the value, and what would be right."""


class OnpremUseError(OnpremError):
    """Options that mean nothing together, or too little."""

    exit_code = 2
