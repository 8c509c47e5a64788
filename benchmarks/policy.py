"""What the policy pack costs: the search for overlaps, the whole pack over many resources, and a preview.

    .venv/bin/python -m benchmarks.policy [--runs N] [--without-preview]

Overlaps: random blocks of which a fifth lies in another one, found by the sweep and, as far as that ends in
reasonable time, by comparing every pair with `ipaddress`; both must count the same pairs. The pack: the
environment of the tests, several times over, as protobuf messages through the analyzer's own methods (each
resource alone, then the stack), in a process of its own; memory is the most that Python allocated. Beside
it the plain SDK with as many stack policies as the pack has rules, which do nothing. The preview: prod, with
the pack and without in turns, after a first round that does not count.

Previews are timed by the clock, all else in processor time, as one process does the work. Figures are
medians; of the sweep, which takes milliseconds, it is the least, since neighbours only ever add to it.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml
from pulumi.runtime.proto import analyzer_pb2 as pb
from pulumi_policy import EnforcementLevel, StackValidationPolicy
from pulumi_policy.policy import _PolicyAnalyzerServicer  # pyright: ignore[reportPrivateUsage]

from labs.isolated_sandbox import IsolatedSandbox
from labs.policy_programs import Engine, Program
from model.addresses import Claim, overlaps
from policy.rules.registry import RULES
from policy.service.analyzer import Analyzer

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / "tests" / "policy" / "compliant.yaml"

BLOCKS = (1_000, 10_000, 25_000, 100_000)
PAIRWISE_MOST = 2_500
OVERLAP_TARGETS = {25_000: 0.2, 100_000: 1.0}
EXPONENT_TARGET = 1.2

RESOURCES = (500, 1_000, 10_000)
PACK_TARGETS = {500: 1.0}
SDK_FACTOR_TARGET = 5
PREVIEW_TARGET = 0.15
MEBIBYTE = 1 << 20


def main() -> int:
    """Print the tables; the exit code says whether every target was met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="runs of each measurement (default: 5)")
    parser.add_argument("--without-preview", action="store_true", help="leave the engine out")
    parser.add_argument("--measure", choices=("pack", "sdk"), help=argparse.SUPPRESS)
    parser.add_argument("--resources", type=int, default=500, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        print(json.dumps(_measured_here(chosen.measure, chosen.resources, chosen.runs)))
        return 0
    met = [*_report_overlaps(chosen.runs), *_report_pack(chosen.runs)]
    if not chosen.without_preview:
        met.append(_report_preview(chosen.runs))
    print("All targets met." if all(met) else "A target was missed.")
    return 0 if all(met) else 1


def _report_overlaps(runs: int) -> list[bool]:
    print(f"{'blocks':>8} {'pairs':>8} {'sweep':>10} {'pairwise ipaddress':>20}")
    times: dict[int, float] = {}
    for count in BLOCKS:
        claims = _claims(count)
        pairs = sum(1 for _ in overlaps(claims))
        times[count] = min(_times(4 * runs, lambda claims=claims: sum(1 for _ in overlaps(claims))))
        slow = f"{_pairwise_seconds(claims, pairs):.3f} s" if count <= PAIRWISE_MOST else "-"
        print(f"{count:>8,} {pairs:>8,} {times[count]:>8.4f} s {slow:>20}")
    exponent = _exponent(times)
    print(f"growth exponent {exponent:.2f} (target at most {EXPONENT_TARGET})")
    met = [times[count] <= seconds for count, seconds in OVERLAP_TARGETS.items()]
    for count, seconds in OVERLAP_TARGETS.items():
        print(f"{count:,} blocks: {times[count]:.3f} s (target {seconds} s)")
    print()
    return [*met, exponent <= EXPONENT_TARGET]


def _claims(count: int) -> list[Claim]:
    """Blocks in private space, about a fifth of them in another one whatever their number is."""
    chance = random.Random(count)
    outer = [(0x0A000000 + (slot << 6), 26) for slot in chance.sample(range(1 << 18), count - count // 5)]
    inner = [(chance.choice(outer)[0], chance.randint(27, 32)) for _ in range(count // 5)]
    blocks = outer + inner
    chance.shuffle(blocks)
    return [Claim(IPv4Network(block), f"block {i}", "") for i, block in enumerate(blocks)]


def _pairwise_seconds(claims: Sequence[Claim], expected: int) -> float:
    networks = [claim.network for claim in claims]
    started = time.perf_counter()
    found = sum(one.overlaps(other) for one, other in combinations(networks, 2))  # pyright: ignore[reportArgumentType]
    seconds = time.perf_counter() - started
    if found != expected:
        sys.exit(f"the sweep found {expected} pairs, comparing all of them {found}")
    return seconds


def _report_pack(runs: int) -> list[bool]:
    print(
        f"{'resources':>10} {'pack':>9} {'each':>10} {'memory':>10}   {len(RULES)} no-op policies, plain SDK"
    )
    times: dict[int, float] = {}
    factors: dict[int, float] = {}
    for count in RESOURCES:
        pack = _measured("pack", count, runs)
        sdk = _measured("sdk", count, runs if count <= 1_000 else 1)
        times[count], factors[count] = pack["seconds"], sdk["seconds"] / pack["seconds"]
        beside = f"{sdk['seconds']:.3f} s, {factors[count]:.1f} times as long"
        print(
            f"{count:>10,} {pack['seconds']:>7.3f} s {pack['seconds'] / count * 1e6:>7.0f} us "
            f"{pack['memory'] / MEBIBYTE:>6.0f} MiB   {beside}"
        )
    exponent = _exponent(times)
    print(f"growth exponent {exponent:.2f} (target at most {EXPONENT_TARGET})\n")
    met = [times[count] <= seconds for count, seconds in PACK_TARGETS.items()]
    return [*met, exponent <= EXPONENT_TARGET, factors[500] >= SDK_FACTOR_TARGET]


def _measured(what: str, count: int, runs: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.policy", "--measure", what, "--resources", str(count)]
    done = subprocess.run(
        [*command, "--runs", str(runs)], cwd=ROOT, capture_output=True, text=True, check=True, timeout=600
    )
    return json.loads(done.stdout)


def _measured_here(what: str, count: int, runs: int) -> dict[str, float]:
    """Seconds, and bytes: what Python's allocator held at most during one more run, which does not count."""
    each, stack = _messages(count)
    judge = _pack(each, stack) if what == "pack" else _plain_sdk(stack)
    seconds = statistics.median(_times(runs, judge))
    gc.collect()
    tracemalloc.start()
    if what == "pack":
        judge()
    return {"seconds": seconds, "memory": tracemalloc.get_traced_memory()[1]}


def _messages(count: int) -> tuple[list[bytes], bytes]:
    each, stack = Engine(known=True).requests(Program(resources=_environments(count), stack="production"))
    return [request.SerializeToString() for request in each], stack.SerializeToString()


def _environments(count: int) -> dict[str, Any]:
    """The environment of the tests as often as needed, each with names and blocks of its own."""
    one: dict[str, Any] = yaml.safe_load(ENVIRONMENT.read_text(encoding="utf-8"))
    resources: dict[str, Any] = {}
    for i in range(math.ceil(count / len(one))):
        text = re.sub(r"\$\{([\w-]+)\.", rf"${{\1-{i}.", json.dumps(one))
        text = text.replace("10.50.", f"10.{40 + i}.").replace('"staff"', f'"staff-{i}"')
        for k, old in enumerate(("100.64.0.0/20", "10.52.0.0/16")):
            new = IPv4Network((0x64400000 + ((2 * i + k) << 12), 20))
            text = text.replace(old, str(new))
        resources.update({f"{name}-{i}": value for name, value in json.loads(text).items()})
    return dict(list(resources.items())[:count])


def _pack(each: Sequence[bytes], stack: bytes) -> Callable[[], object]:
    def judge() -> None:
        analyzer = Analyzer()
        for message in each:
            analyzer.Analyze(pb.AnalyzeRequest.FromString(message), None)
        analyzer.AnalyzeStack(pb.AnalyzeStackRequest.FromString(stack), None)

    return judge


def _plain_sdk(stack: bytes) -> Callable[[], object]:
    policies = [
        StackValidationPolicy(
            name=f"nothing-{i}", description="nothing", validate=lambda _args, _report: None
        )
        for i in range(len(RULES))
    ]
    servicer = _PolicyAnalyzerServicer("plain", "1.0.0", list(policies), EnforcementLevel.ADVISORY)

    def judge() -> None:
        servicer.AnalyzeStack(pb.AnalyzeStackRequest.FromString(stack), None)

    return judge


def _report_preview(runs: int) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        sandbox = IsolatedSandbox(Path(folder) / "sandbox")
        sandbox.folder.mkdir()
        try:
            times = _previews(sandbox, runs)
        finally:
            sandbox.close()
    without, with_pack = (statistics.median(times[key][1:]) for key in ("without", "with"))
    share = (with_pack - without) / without
    print(
        f"preview of prod: {without:.2f} s, with the pack {with_pack:.2f} s: {share:+.0%}"
        f" (target at most {PREVIEW_TARGET:+.0%})\n"
    )
    return share <= PREVIEW_TARGET


def _previews(sandbox: IsolatedSandbox, runs: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {"without": [], "with": []}
    for _ in range(runs + 1):
        for key, options in (("without", ()), ("with", ("--policy-pack", str(ROOT / "policy")))):
            started = time.perf_counter()
            done = sandbox.project.preview("prod", *options)
            if done.returncode:
                sys.exit(done.stdout + done.stderr)
            times[key].append(time.perf_counter() - started)
    return times


def _times(runs: int, act: Callable[[], object]) -> list[float]:
    """Seconds of processor time of each run, after a first one that does not count."""
    times: list[float] = []
    for _ in range(runs + 1):
        started = time.process_time()
        act()
        times.append(time.process_time() - started)
    return times[1:]


def _exponent(times: dict[int, float]) -> float:
    """The slope of a line through the times, both axes logarithmic: 1 is linear."""
    slope, _ = statistics.linear_regression(
        [math.log(n) for n in times], [math.log(t) for t in times.values()]
    )
    return slope


if __name__ == "__main__":
    sys.exit(main())
