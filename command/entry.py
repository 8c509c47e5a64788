"""Where the program `aws-vpn` begins: Ctrl-C is answered from here on, while the rest is loaded."""

from __future__ import annotations

import sys

INTERRUPTED = 130
"""The exit code of a shell's command that Ctrl-C ended: 128 + SIGINT."""


def main() -> int:
    """Run the command that the words behind `aws-vpn` ask for; its exit code."""
    try:
        from command.root import main as run

        return run()
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
