"""Checks pytest's reports: every suite ran, and no test of it was skipped or expected to fail."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from defusedxml import ElementTree

SUITES = ("unit", "fidelity", "policy", "sandbox", "browser", "dataplane")


def problems(report: Path) -> Iterator[str]:
    """What is wrong with one suite's JUnit report, a line each."""
    if not report.exists():
        yield f"{report.stem}: the suite did not run"
        return
    cases = list(ElementTree.parse(report).iter("testcase"))
    if not cases:
        yield f"{report.stem}: the suite has no tests"
    for case in cases:
        for skipped in case.iter("skipped"):
            name = f"{case.get('classname')}.{case.get('name')}"
            yield f"{report.stem}: {name} was skipped: {skipped.get('message')}"


def main() -> int:
    """Prints every problem; the exit code is 1 when there is one."""
    found = [line for suite in SUITES for line in problems(Path(sys.argv[1]) / f"{suite}.xml")]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
