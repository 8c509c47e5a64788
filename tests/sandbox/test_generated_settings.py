"""Settings that pass the checks are deployable, and so is each change of them that is not refused.

A few of any shape, each deployed, changed and destroyed; `make changes` does as many as there is time for.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from labs.changes.__main__ import drawn
from labs.changes.deployed import DeployedStack

STACKS = (106, 109)
"""The same ones each time: a deployment takes long, and a suite that fails now and then helps nobody."""


@pytest.mark.parametrize("number", STACKS)
def test_settings_that_pass_are_deployed_changed_and_destroyed(number: int, tmp_path: Path) -> None:
    first, *changes = drawn(number, 3)
    stack = DeployedStack(tmp_path / "sandbox", first)
    try:
        for config in changes:
            stack.change_or_accept(config)
        stack.end()
    finally:
        stack.close()
