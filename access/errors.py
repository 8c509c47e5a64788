"""What goes wrong in front of the person who runs a command."""

from __future__ import annotations


class AccessError(Exception):
    """One line that names what was wrong, its value, and what would be right."""
