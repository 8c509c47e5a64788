"""The runbooks' commands, taken out of the documents and run as they are written.

Blocks marked `sh` run in the repository, those marked `sh monitor` on the monitor's host as root. Indented
blocks are what a person does with AWS around them, and are not run.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from labs.failover.prod import Prod
from sandbox.wrapper.places import ROOT

RUNBOOKS = ROOT / "docs/runbooks"
PASSPHRASE = "a passphrase for tests only"

Done = subprocess.CompletedProcess[str]


def blocks(name: str) -> Iterator[tuple[str, str]]:
    """Where and what: `here` or `monitor`, and the block's commands, in the document's order."""
    text = (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")
    for block in re.finditer(r"^```sh( monitor)?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield ("monitor" if block[1] else "here"), block[2]


def run_block(prod: Prod, folder: Path, place: str, commands: str, stack_file: Path | None = None) -> Done:
    """Run one block to its end; it is an error of the runbook when a command in it fails.

    `stack_file` takes the place of the committed one, as if somebody had edited that.
    """
    if place == "monitor":
        return prod.on_monitor(commands)
    edited = [f"PULUMI_OPTION_CONFIG_FILE={stack_file}"] if stack_file else []
    return prod.sandbox.run(
        # The sandbox keeps such variables of its caller's out; here they come after it.
        *("env", *edited),
        *("bash", "-euo", "pipefail", "-c", commands),
        env={
            "PATH": f"{ROOT / '.venv/bin'}:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "AWS_VPN_CA_HOME": str(folder / "authority"),
            "AWS_VPN_CA_PASSPHRASE": PASSPHRASE,
        },
    )
