"""What goes wrong for the user of the renderer."""

from __future__ import annotations


class OnpremError(Exception):
    """One line for the user: what cannot be done, the value, and what would be right."""
