"""`python -m sandbox.moto_server --port-file PATH`."""

from __future__ import annotations

import sys

from sandbox.moto_server.server import main

if __name__ == "__main__":
    sys.exit(main())
