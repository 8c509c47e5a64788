"""Settings that pass the checks are deployable: a few of any shape, each deployed and destroyed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from labs.isolated_sandbox import IsolatedSandbox
from labs.settings import Config, configurations
from sandbox.wrapper.places import ROOT

PROGRAM = f"""
import runpy
runpy.run_path({str(ROOT / "__main__.py")!r})
"""

FEW = settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
"""The same ones each time: a deployment takes long, and a suite that fails now and then helps nobody."""


@given(config=configurations(most_sites=3, most_tunnels=2))
@FEW
def test_settings_that_pass_are_deployed_and_destroyed(
    tmp_path_factory: pytest.TempPathFactory, config: Config
) -> None:
    folder: Path = tmp_path_factory.mktemp("generated")
    unprotected: dict[str, Any] = {**config, "aws-vpn:deletionProtection": False}
    sandbox = IsolatedSandbox(folder)
    try:
        program = sandbox.program("aws-vpn", PROGRAM, {"dev": unprotected})
        up = program.up("dev")
        assert up.returncode == 0, f"{config}\n{up.stdout}{up.stderr}"
        destroyed = program.destroy("dev")
        assert destroyed.returncode == 0, f"{config}\n{destroyed.stdout}{destroyed.stderr}"
        assert program.resources("dev") == []
    finally:
        sandbox.close()
