"""Runs one of the engine's plugins: `python plugin.py ENGINE_PID MODULE ARGUMENTS...`.

A plugin ends without a word when the engine interrupts it, and does not outlive an engine that was killed.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time
from pathlib import Path

_LOOK_SECONDS = 0.5


def main() -> None:
    """Runs the module that the second argument names as if it had been started by itself."""
    engine = int(sys.argv[1])
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(engine,), daemon=True).start()
    sys.path[0] = str(Path(__file__).parents[2])
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _end_with(engine: int) -> None:
    """Ends this process and the ones it started, its process group, once the engine is gone."""
    while os.getppid() == engine:
        time.sleep(_LOOK_SECONDS)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    main()
