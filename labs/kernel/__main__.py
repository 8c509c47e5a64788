"""`python -m labs.kernel`: proves the rendered strongSwan and libreswan files on Debian's kernel. Root."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from labs.kernel.machine import Machine

ROOT = Path(__file__).parents[2]
SECONDS = 2400
"""Emulated processors take some three minutes a device and kind of routing, where nothing else runs."""


def main() -> int:
    """Runs `labs.kernel.proof` in the machine; its exit code."""
    with tempfile.TemporaryDirectory(prefix="aws-vpn-kernel-") as directory:
        machine = Machine(Path(directory))
        machine.build(["libreswan"])
        return machine.run([sys.executable, "-m", "labs.kernel.proof", *sys.argv[1:]], ROOT, SECONDS)


if __name__ == "__main__":
    sys.exit(main())
