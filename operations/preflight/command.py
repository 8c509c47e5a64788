"""`aws-vpn preflight`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from command.examples import examples
from operations.outputs import chosen_stacks
from operations.preflight import basics, conflicts
from operations.preflight.account import Account, Check, Line, lines
from operations.preflight.quotas import quotas
from operations.status.asking import Clients
from stacks.stack_file import read_stack_file

CHECKS: tuple[tuple[str, Check], ...] = (
    ("account", basics.identity),
    ("region", basics.region),
    ("zones", basics.zones),
    ("instance types", basics.instance_types),
    ("image", basics.image),
    ("quotas", quotas),
    ("permissions", basics.permissions),
    ("names", conflicts.names),
    ("customer gateways", conflicts.customer_gateways),
    ("addresses", conflicts.overlaps),
    ("certificates", basics.certificates),
    ("CloudTrail", basics.trail),
)
FILE_WIDTH = 200
"""Columns where no terminal says how many there are: a log of CI."""

COLOURS = {"ok": "green", "warning": "yellow", "fails": "red", "unknown": "yellow"}


@click.command(
    epilog=examples(
        "aws-vpn preflight --stack prod          before an up; the exit code is 1 when it would fail",
        "aws-vpn preflight --stack prod --json   for programs",
    )
)
@click.option("--stack", metavar="S", required=True, help="The stack that is to be deployed.")
@click.option("--json", "as_json", is_flag=True, help="The lines as a JSON list.")
def preflight(stack: str, as_json: bool) -> int:
    """Ask the account what would make an `up` fail. Only reads.

    Exit code: 0, or 1 when something would, or when the account does not answer at all.
    """
    root = Path.cwd()
    chosen_stacks(root, stack, every=False)
    settings = read_stack_file(root / "stacks" / f"Pulumi.{stack}.yaml")
    account = Account(stack, settings, Clients(settings.region))
    found = answers(account)
    if as_json:
        click.echo(json.dumps([asdict(line) for line in found], indent=2))
    else:
        console = Console()
        Console(width=None if console.is_terminal else FILE_WIDTH).print(_shown(found))
    nobody_answers = {line.state for line in found} == {"unknown"}
    return int(nobody_answers or any(line.state == "fails" for line in found))


def answers(account: Account) -> list[Line]:
    """Every check's lines; the first one's alone when not even that, which needs no right, is answered."""
    (name, check), *others = CHECKS
    first = lines(name, check, account)
    if first[0].state == "unknown":
        return first
    return [*first, *(line for name, check in others for line in lines(name, check, account))]


def _shown(found: Sequence[Line]) -> Table:
    table = Table(box=None, header_style="bold")
    for heading in ("check", "", "found", "mend"):
        table.add_column(heading, overflow="fold")
    for line in found:
        table.add_row(line.check, f"[{COLOURS[line.state]}]{line.state}[/]", line.found, line.mend)
    return table
