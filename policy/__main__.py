"""The pack's entry: the engine runs this folder for an analyzer, people `python -m policy` to read."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

if __package__:
    from policy.service.command import main

    sys.exit(main(sys.argv[1:]))

# The engine's host puts this folder first on the path, where its modules would hide others of the same name.
sys.path[:] = [str(ROOT), *(entry for entry in sys.path if Path(entry).resolve() != ROOT / "policy")]

from policy.service.analyzer import serve  # noqa: E402

serve()
