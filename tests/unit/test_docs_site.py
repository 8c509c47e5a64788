"""The documentation as a site: it builds without a broken link, and has what no page is written for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from command.root import COMMANDS

ROOT = Path(__file__).parents[2]


def build(project: Path, site: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(site)],
        cwd=project,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_site_has_every_page_command_and_component(tmp_path: Path) -> None:
    built = build(ROOT, tmp_path / "site")
    assert built.returncode == 0, built.stderr
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")}
    assert pages <= {path.stem for path in (tmp_path / "site").glob("*.html")}
    commands = (tmp_path / "site" / "commands.html").read_text()
    assert all(f'id="aws-vpn-{name}"' in commands for name in COMMANDS)
    components = (tmp_path / "site" / "components.html").read_text()
    modules = {path.stem for path in (ROOT / "components").glob("[a-z]*.py")}
    assert all(f"components.{module}" in components for module in modules)
    assert "<svg" in (tmp_path / "site" / "pictures" / "topology.svg").read_text()
    elsewhere = [page.name for page in (tmp_path / "site").rglob("*.html") if _loads_from_elsewhere(page)]
    assert elsewhere == [], "pages that need the network"


def test_a_link_that_leads_nowhere_fails_the_build(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(ROOT, project, ignore=shutil.ignore_patterns(".*", "__pycache__", "tests", "benchmarks"))
    with (project / "docs" / "status.md").open("a") as page:
        page.write("\n[gone](gone.md) and [no heading](policies.md#no-heading)\n")
    built = build(project, tmp_path / "site")
    assert built.returncode != 0
    assert "'gone.md'" in built.stderr
    assert "'policies.md#no-heading'" in built.stderr


def _loads_from_elsewhere(page: Path) -> bool:
    return (
        re.search(r'<(script|img|iframe|link[^>]* rel="?stylesheet)[^>]* (src|href)="?http', page.read_text())
        is not None
    )
