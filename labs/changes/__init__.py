"""Stacks whose settings change from any to any other: `python -m labs.changes`."""
