"""`make setup` on a machine that lacks something: one line says what, and nothing half-made is in its way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.wrapper.places import ROOT

WITHOUT_PIP = f"""#!/bin/sh
if [ "$1 $2" = "-m venv" ]; then
    {sys.executable} -m venv --without-pip "$3"
    echo 'The virtual environment was not created successfully because ensurepip is not available.'
    exit 1
fi
exec {sys.executable} "$@"
"""
"""Debian's Python without its package python3-venv: what it makes lacks pip."""

MAKES_OWN = {"MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with as much of the project as `make setup` looks at, and the packages on a dead port."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "requirements.lock").write_text(f"uv==0.13.9 --hash=sha256:{'0' * 64}\n")
    return tmp_path


def setup(project: Path, python: str | Path) -> list[str]:
    """The lines of a `make setup` that fails, but for make's own."""
    # Of a make that runs the tests this one is to know nothing: it would number its lines.
    outside = {name: value for name, value in os.environ.items() if name not in MAKES_OWN}
    done = subprocess.run(
        ["make", "setup", f"PYTHON={python}"],
        cwd=project,
        env={
            **outside,
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
            "PIP_RETRIES": "0",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    return [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("make: ***")]


def test_no_python_is_told_in_one_line(project: Path) -> None:
    assert setup(project, "python9") == ["Python 3.11 or later is needed, and there is no python9"]


def test_an_unreachable_package_index_is_told_in_one_line(project: Path) -> None:
    told = setup(project, sys.executable)
    assert told == [
        "Installing the pinned packages into .venv ...",
        "The packages could not be installed; is the package index reachable? (all of it: .venv/install.log)",
    ]
    assert "uv==0.13.9" in (project / ".venv" / "install.log").read_text()


def test_a_half_made_virtual_environment_is_completed(project: Path) -> None:
    lacking = project / "python-without-venv"
    lacking.write_text(WITHOUT_PIP)
    lacking.chmod(0o755)
    assert setup(project, lacking) == ["No virtual environment; on Debian: apt-get install python3-venv"]
    assert (project / ".venv" / "bin" / "python").exists()
    setup(project, sys.executable)
    assert (project / ".venv" / "bin" / "pip").exists()
