"""`python -m sandbox.wrapper.engine`: gets the engine, with progress shown, before anything needs it."""

from __future__ import annotations

from sandbox.error import end_with
from sandbox.wrapper import ready


def main() -> int:
    """Gets the engine.

    Raises:
        SandboxError: it cannot be had.
    """
    ready.engine()
    return 0


if __name__ == "__main__":
    end_with(main)
