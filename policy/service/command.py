"""The pack's commands for people and for CI."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from policy.rules.registry import RULES
from policy.service import catalogue
from policy.service.configuration import ConfigurationError, check_file, schema_of_file
from policy.service.report import ReportError, sarif, summary, violations, workflow_commands


def main(arguments: list[str]) -> int:
    """Run one command; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m policy", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("catalogue", help="list the rules")
    commands.add_parser("docs", help="print docs/policies.md")
    commands.add_parser("schema", help="print the JSON schema of a policy configuration")
    check = commands.add_parser("check", help="check a policy configuration")
    check.add_argument("file", type=Path)
    log = commands.add_parser("sarif", help="turn an event log into SARIF")
    log.add_argument("events", type=Path, help="written by pulumi preview --event-log")
    annotate = commands.add_parser("annotate", help="turn an event log into annotations for GitHub")
    annotate.add_argument("events", type=Path, help="written by pulumi preview --event-log")
    annotate.add_argument("--stack", default="the stack", help="the stack, for the summary's heading")
    annotate.add_argument("--summary", type=Path, help="where the summary goes; to the terminal if not set")
    chosen = parser.parse_args(arguments)
    try:
        return _run(chosen)
    except (ConfigurationError, ReportError) as error:
        print(error, file=sys.stderr)
        return 1


def _run(chosen: argparse.Namespace) -> int:
    if chosen.command == "catalogue":
        print(catalogue.terminal(RULES))
    elif chosen.command == "docs":
        print(catalogue.page(RULES), end="")
    elif chosen.command == "schema":
        print(json.dumps(schema_of_file(RULES), indent=2))
    elif chosen.command == "check":
        check_file(chosen.file, RULES)
    elif chosen.command == "sarif":
        print(json.dumps(sarif(violations(chosen.events)), indent=2))
    else:
        _annotate(chosen.events, chosen.stack, chosen.summary)
    return 0


def _annotate(events: Path, stack: str, target: Path | None) -> None:
    found = violations(events)
    for line in workflow_commands(found):
        print(line)
    text = summary(found, stack) + "\n"
    if target:
        target.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
