"""What `aws-vpn addresses` costs with many ranges: reading the file, the list, `next`, and `check`.

    .venv/bin/python -m benchmarks.addresses [--runs N]

100,000 random blocks of /24 to /28 in 10.0.0.0/8, as an import writes them. Processor time, and of the runs
the least: neighbours only ever add to it.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import IPv4Network
from pathlib import Path

from model.address_file import AddressFile, Range, Source, read, write
from model.addresses import span
from model.free_blocks import FreeBlocks
from operations.addresses.render import ORDERS, lines
from operations.addresses.taken import clashes

RANGES = 100_000
SPACE = IPv4Network("10.0.0.0/8")
TARGET_MS = {"read the file": 1000.0, "list": 2000.0, "next": 500.0, "check": 500.0}


def main() -> int:
    """Print milliseconds of each; 1 when one is over its target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs: int = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "addresses.json"
        ranges = _ranges()
        write(path, AddressFile(sources={"import all": Source(at=datetime.now(UTC), ranges=ranges)}))
        measured = {
            "read the file": _least(runs, lambda: read(path)),
            "list": _least(runs, lambda: "\n".join(lines(sorted(ranges, key=ORDERS["size"])))),
            "next": _least(
                runs, lambda: FreeBlocks(spans=[span(one.cidr) for one in ranges]).lowest(20, SPACE)
            ),
            "check": _least(runs, lambda: clashes("10.40.0.0/16", ranges)),
        }
    for what, milliseconds in measured.items():
        print(f"{what}, {RANGES:,} ranges: {milliseconds:.0f} ms (at most {TARGET_MS[what]:.0f})")
    return int(any(milliseconds > TARGET_MS[what] for what, milliseconds in measured.items()))


def _ranges() -> tuple[Range, ...]:
    chance = random.Random(16)
    blocks = (
        IPv4Network((10 << 24 | chance.getrandbits(24), chance.randint(24, 28)), strict=False)
        for _ in range(RANGES)
    )
    return tuple(
        Range(cidr=str(block), kind="imported", owner=f"team {i % 97}") for i, block in enumerate(blocks)
    )


def _least(runs: int, work: Callable[[], object]) -> float:
    times: list[float] = []
    for _ in range(runs):
        before = time.process_time()
        work()
        times.append((time.process_time() - before) * 1000)
    return min(times)


if __name__ == "__main__":
    sys.exit(main())
