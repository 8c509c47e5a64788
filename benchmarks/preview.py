"""What the components cost: `preview` of dev against as many bare resources, and how it grows with the sites.

    .venv/bin/python -m benchmarks.preview [--runs N]

Whole processes are timed: the command, the engine, the program and the provider. Memory is the largest sum
of the resident sets of the command and all its descendants, sampled every 50 ms. The floor is a flat program
with as many log groups as dev has resources from AWS: one import, no components. All variants take turns in
one run, after a first round that does not count; the median of the runs does.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml

from sandbox.wrapper.places import ROOT
from tests.sandbox.isolated import IsolatedSandbox, Program

RATIO_TARGET = 1.3
SITES = (1, 10, 50)
SAMPLE_SECONDS = 0.05
MEBIBYTE = 1 << 20

PROGRAM = f"import runpy\nrunpy.run_path({str(ROOT / '__main__.py')!r})\n"
FLAT = """\
import pulumi_aws as aws

for i in range({count}):
    aws.cloudwatch.LogGroup(
        f"group-{{i}}", name=f"/flat/{{i}}", retention_in_days=30, tags={{"Name": f"flat-{{i}}"}}
    )
"""


@dataclass(frozen=True)
class Measured:
    """Seconds, and bytes of memory at the peak."""

    seconds: float
    memory: int


def main() -> int:
    """Prints a table; the exit code says whether the target was met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="runs of each variant (default: 5)")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        sandbox = IsolatedSandbox(Path(folder) / "sandbox")
        sandbox.folder.mkdir()
        try:
            return _report(_measured(_variants(sandbox), runs))
        finally:
            sandbox.close()


def _variants(sandbox: IsolatedSandbox) -> dict[str, Program]:
    dev = _config(ROOT / "stacks" / "Pulumi.dev.yaml")
    count = _resources(sandbox.project)
    print(f"dev: {count} resources from AWS")
    flat = {"aws:region": "eu-central-1"}
    variants = {
        "dev": sandbox.project,
        "flat": sandbox.program("flat", FLAT.format(count=count), {"dev": flat}),
    }
    for sites in SITES:
        variants[f"{sites} sites"] = _program(sandbox, f"sites-{sites}", _with_sites(dev, sites))
    return variants


def _program(sandbox: IsolatedSandbox, name: str, config: dict[str, Any]) -> Program:
    """The project's own program with other settings; they go by the project's name, which must stay."""
    folder = sandbox.folder / name
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: aws-vpn\nruntime: python\n", encoding="utf-8")
    (folder / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    (folder / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": config}), encoding="utf-8")
    return Program(sandbox, folder)


def _config(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))["config"]


def _resources(project: Program) -> int:
    shown = project.preview("dev", "--json")
    if shown.returncode:
        sys.exit(shown.stdout + shown.stderr)
    steps = json.loads(shown.stdout)["steps"]
    return sum(step["newState"]["type"].startswith("aws:") for step in steps)


def _with_sites(config: dict[str, Any], count: int) -> dict[str, Any]:
    copy = deepcopy(config)
    copy["aws-vpn:hardwareVpn"]["sites"] = [
        {
            "name": f"site-{i}",
            "publicIp": f"203.0.113.{i + 1}",
            "lanCidrs": [f"192.168.{i}.0/24"],
        }
        for i in range(count)
    ]
    copy["aws-vpn:openVpn"] = []
    return copy


def _measured(variants: dict[str, Program], runs: int) -> dict[str, Measured]:
    samples: dict[str, list[Measured]] = {name: [] for name in variants}
    for _ in range(runs + 1):
        for name, program in variants.items():
            samples[name].append(_preview(program))
    return {
        name: Measured(
            statistics.median(sample.seconds for sample in taken[1:]),
            int(statistics.median(sample.memory for sample in taken[1:])),
        )
        for name, taken in samples.items()
    }


def _preview(program: Program) -> Measured:
    command = [ROOT / "bin" / "sandbox", "pulumi", "preview", "--stack", "dev", "--suppress-outputs"]
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=program.folder,
        env={**os.environ, **program.sandbox.env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    peak = 0
    while process.poll() is None:
        peak = max(peak, _memory(process.pid))
        time.sleep(SAMPLE_SECONDS)
    if process.returncode:
        sys.exit(f"the preview of {program.folder} failed")
    return Measured(time.perf_counter() - started, peak)


def _memory(pid: int) -> int:
    total = 0
    try:
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            total += process.memory_info().rss
    except psutil.NoSuchProcess:
        pass
    return total


def _report(measured: dict[str, Measured]) -> int:
    print(f"{'':>10}  {'seconds':>8}  {'MiB':>6}")
    for name, one in measured.items():
        print(f"{name:>10}  {one.seconds:8.2f}  {one.memory / MEBIBYTE:6.0f}")
    ratio = measured["dev"].seconds / measured["flat"].seconds
    memory = measured["dev"].memory / measured["flat"].memory
    first, _, last = (measured[f"{sites} sites"].seconds for sites in SITES)
    a_site = (last - first) / (SITES[-1] - SITES[0])
    print(f"dev / flat: {ratio:.2f} of the time (target: at most {RATIO_TARGET}), {memory:.2f} of the memory")
    print(f"each further site: {a_site * 1000:.0f} ms")
    return int(ratio > RATIO_TARGET)


if __name__ == "__main__":
    sys.exit(main())
