"""What the components cost: `preview` of dev against as many bare resources, and how it grows with the sites.

    .venv/bin/python -m benchmarks.preview [--runs N]

Whole processes are timed: the command, the engine, the program and the provider. Memory is the largest sum
of the resident sets of the command and all its descendants, sampled every 50 ms. The floor is a flat program,
written out of what dev registers: the same resources of the same types with the same inputs, one statement
each, and no settings and no components. All variants take turns in one run, after a first round that does not
count; the median of the runs does.
"""

from __future__ import annotations

import argparse
import json
import os
import re
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

from labs.isolated_sandbox import SAME_PROGRAM, IsolatedSandbox, Program
from sandbox.wrapper.places import ROOT

RATIO_TARGET = 1.25
SITES = (1, 10, 50)
SAMPLE_SECONDS = 0.05
MEBIBYTE = 1 << 20

MAPS = ("tags",)
"""Properties whose keys are data, not names."""

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine shows in place of a value that is not known yet (sdk/go/common/resource/plugin)."""


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
    resources = _resources(sandbox.project)
    print(f"dev: {len(resources)} resources from AWS")
    flat = sandbox.program("flat", _flat(resources), {"dev": {"aws:region": dev["aws:region"]}})
    variants = {"dev": sandbox.project, "flat": flat}
    for sites in SITES:
        variants[f"{sites} sites"] = _program(sandbox, f"sites-{sites}", _with_sites(dev, sites))
    return variants


def _program(sandbox: IsolatedSandbox, name: str, config: dict[str, Any]) -> Program:
    """The project's own program with other settings; they go by the project's name, which must stay."""
    folder = sandbox.folder / name
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: aws-vpn\nruntime: python\n", encoding="utf-8")
    (folder / "__main__.py").write_text(SAME_PROGRAM, encoding="utf-8")
    (folder / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": config}), encoding="utf-8")
    return Program(sandbox, folder)


def _config(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))["config"]


def _resources(project: Program) -> list[dict[str, Any]]:
    shown = project.preview("dev", "--json")
    if shown.returncode:
        sys.exit(shown.stdout + shown.stderr)
    states = [step["newState"] for step in json.loads(shown.stdout)["steps"]]
    return [state for state in states if state["type"].startswith("aws:")]


def _flat(resources: list[dict[str, Any]]) -> str:
    """A program that registers these resources; what was unknown is another resource's output again."""
    statements = [_statement(resource["type"], resource["urn"], resource["inputs"]) for resource in resources]
    anchor = 'unknown = aws.sns.Topic("anchor").arn'
    return "\n".join(["import pulumi_aws as aws", "", anchor, *statements, ""])


def _statement(type_: str, urn: str, inputs: dict[str, Any]) -> str:
    module, class_name = type_.split(":")[1].split("/")[0], type_.rsplit(":", 1)[1]
    arguments = {
        _snake(key): repr(value) if key in MAPS else _literal(value)
        for key, value in inputs.items()
        if not key.startswith("__")
    }
    given = "".join(f", {key}={value}" for key, value in arguments.items())
    return f"aws.{module}.{class_name}({urn.rsplit('::', 1)[1]!r}{given})"


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _literal(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_snake(key)!r}: {_literal(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return "unknown" if value == UNKNOWN else repr(value)


def _with_sites(config: dict[str, Any], count: int) -> dict[str, Any]:
    copy = deepcopy(config)
    copy["aws-vpn:hardwareVpn"]["connectionQuota"] = max(10, count)
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
