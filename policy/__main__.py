"""The pack's entry, which the engine runs for an analyzer. People read `aws-vpn policies`."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# The engine's host puts this folder first on the path, where its modules would hide others of the same name.
sys.path[:] = [str(ROOT), *(entry for entry in sys.path if Path(entry).resolve() != ROOT / "policy")]

from policy.service.analyzer import serve  # noqa: E402

serve()
