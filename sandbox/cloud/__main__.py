"""`python -m sandbox.cloud --port-file PATH`."""

from __future__ import annotations

import sys

from sandbox.cloud.server import main

if __name__ == "__main__":
    sys.exit(main())
