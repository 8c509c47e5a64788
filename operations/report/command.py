"""`aws-vpn report`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click
from pydantic import ValidationError

from command.examples import examples
from model.errors import AwsVpnError
from model.prices.price_list import NoPricesError
from operations.cost.command import stack_cost
from operations.outputs import chosen_stacks
from operations.report.changes import changes
from operations.report.clients import issued
from operations.report.deployed import as_deployed
from operations.report.gather import environment, free_blocks, policy_findings, ranges
from operations.report.model import Environment, Report
from operations.report.page import DATA, write
from operations.report.summary import summary
from operations.status.collect import Outputs, ask, read_all
from operations.status.model import EnvironmentState
from stacks.settings import Settings
from stacks.stack_file import read_stack_file

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    epilog=examples(
        "aws-vpn report --all --out report             what is deployed, with its state",
        "aws-vpn report --all --settings --out report  from the stack files alone, without AWS",
    )
)
@click.option("--stack", metavar="S", help="One stack.")
@click.option("--all", "every", is_flag=True, help="Every stack that has a file in stacks/.")
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder to write to."
)
@click.option(
    "--deployed/--settings",
    "deployed",
    default=True,
    show_default=True,
    help="Draw what is deployed, with its state, or what the stack files say.",
)
@click.option("--policy-events", type=FILE, help="The event log of a preview with the policy pack.")
@click.option(
    "--clients",
    "lists",
    type=FILE,
    multiple=True,
    help="What an authority issued: aws-vpn access list --json.",
)
@click.option(
    "--since", type=FILE, help=f"The {DATA} to compare with; by default the one that --out has already."
)
@click.option(
    "--summary",
    "told",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where a summary for a pull request goes: topology and changes, in Markdown.",
)
def report(
    stack: str | None,
    every: bool,
    out: Path,
    deployed: bool,
    policy_events: Path | None,
    lists: tuple[Path, ...],
    since: Path | None,
    told: Path | None,
) -> int:
    """A page that shows environments: topology, addresses, policies, cost, changes and clients.

    It opens from disk and needs no network; its data is in report.json beside it. Holds no secrets.
    Exit code: 0, or 1 when something could not be asked, which is reported and missing in the page.
    """
    root = Path.cwd()
    stacks = chosen_stacks(root, stack, every)
    settings = {name: read_stack_file(root / "stacks" / f"Pulumi.{name}.yaml") for name in stacks}
    read: Mapping[str, Outputs] = read_all(stacks, root) if deployed else {}
    states = {one.stack: one for one in ask(read, root).environments}
    taken = tuple(one for name, wanted in settings.items() for one in ranges(name, wanted))
    made = Report(
        generated_at=datetime.now(UTC),
        environments=tuple(
            _environment(name, wanted, read.get(name), states.get(name), root)
            for name, wanted in settings.items()
        ),
        ranges=taken,
        free=tuple(map(str, free_blocks(taken))),
        policies=None if policy_events is None else policy_findings(policy_events),
        clients=tuple(one for file in lists for one in issued(file)) if lists else None,
    )
    last = _last(since or out / DATA)
    if last is not None:
        made = made.model_copy(update={"changes": tuple(changes(last, made))})
    try:
        click.echo(write(made, out))
        if told is not None:
            told.write_text(summary(last, made), encoding="utf-8")
    except OSError as error:
        right = "--out should be a folder to write to"
        if told is not None and error.filename == str(told):
            right = "--summary should be a file in a folder that is there"
        raise AwsVpnError(f"{error.filename or out}: {error.strerror}; {right}") from None
    return int(any(_tell_unanswered(state) for state in states.values()))


def _environment(
    name: str, wanted: Settings, outputs: Outputs | None, state: EnvironmentState | None, root: Path
) -> Environment:
    planned = environment(name, wanted, state)
    try:
        planned = planned.model_copy(update={"cost": stack_cost(name, root)})
    except NoPricesError as error:
        click.echo(f"{name}: {error}", err=True)
    return planned if outputs is None or isinstance(outputs, AwsVpnError) else as_deployed(planned, outputs)


def _tell_unanswered(state: EnvironmentState) -> bool:
    """Say what is missing in the page; whether that is because nobody answered."""
    for unanswered in state.unanswered:
        click.echo(f"{state.stack}: {unanswered.what}: {unanswered.why}", err=True)
    return state.deployed and bool(state.unanswered)


def _last(path: Path) -> Report | None:
    if not path.exists():
        return None
    try:
        return Report.model_validate_json(path.read_bytes())
    except (ValidationError, OSError):
        raise AwsVpnError(f"{path} should be the data of a report of this version") from None
