"""Change deployed stacks from any settings to any other for so many minutes: `python -m labs.changes`.

Each stack is deployed with drawn settings and changed some times; of some changes the engine is killed, and
then either they go on or what was before comes back. What fails is told with both settings.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings

from labs.changes.deployed import ChangeError, DeployedStack
from labs.changes.draws import chains
from labs.settings import Config


def main() -> int:
    """Draw and change until the time is over; 1 when something failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--changes", type=int, default=5, help="of each stack")
    options = parser.parse_args()
    end, failed, number = time.monotonic() + options.minutes * 60, 0, options.seed
    while time.monotonic() < end:
        failed += not _stack_works(number, options.changes)
        number += 1
    print(f"{number - options.seed} stacks, {failed} failed", flush=True)
    return bool(failed)


def _stack_works(number: int, changes: int) -> bool:
    dice = random.Random(number)
    with tempfile.TemporaryDirectory(prefix="changes-") as folder:
        stack: DeployedStack | None = None
        try:
            first, *others = drawn(number, changes + 1)
            stack = DeployedStack(Path(folder) / "sandbox", first)
            for config in others:
                print(f"stack {number}: {_changed(stack, config, dice)}", flush=True)
            stack.end()
        except (ChangeError, OSError, subprocess.SubprocessError):
            traceback.print_exc(limit=-2)
            return False
        finally:
            if stack:
                stack.close()
    print(f"stack {number}: destroyed, nothing left", flush=True)
    return True


def _changed(stack: DeployedStack, config: Config, dice: random.Random) -> str:
    said = stack.change_or_accept(config) if dice.random() < 0.7 else ""
    if said:
        why = [line.strip() for line in said.splitlines() if "should be" in line or "error:" in line]
        return f"refused: {why[0][:400] if why else said[-400:]}"
    if stack.config == config:
        return "changed"
    before, seconds = stack.config, dice.uniform(0, 12)
    if not stack.cut_off(config, seconds):
        return "refused"
    way = dice.choice(("on", "back"))
    said = stack.change_or_accept(config if way == "on" else before)
    if said:
        raise ChangeError(f"cut off after {seconds:.1f} s, and the way {way} is refused: {said[-3000:]}")
    return f"cut off after {seconds:.1f} s, went {way}"


def drawn(number: int, length: int) -> list[Config]:
    """The settings that a number stands for, the same each time."""
    found: list[list[Config]] = []

    @seed(number)
    @settings(
        max_examples=3,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(chains(length=length))
    def draw(chain: list[Config]) -> None:
        found.append(chain)

    draw()
    return found[-1]


if __name__ == "__main__":
    sys.exit(main())
