"""What goes wrong in front of the person who runs a command."""

from __future__ import annotations

from model.errors import AwsVpnError


class AccessError(AwsVpnError):
    """One line that names what was wrong, its value, and what would be right."""
