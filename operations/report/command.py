"""`aws-vpn report`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from pydantic import ValidationError

from command.examples import examples
from model.errors import AwsVpnError
from operations.outputs import chosen_stacks
from operations.report.changes import changes
from operations.report.gather import environment, free_blocks, policy_findings, ranges
from operations.report.model import Report
from operations.report.page import DATA, write
from operations.status.collect import collect
from stacks.stack_file import read_stack_file


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
    help="Ask AWS for the state, or draw what the stack files say.",
)
@click.option(
    "--policy-events",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The event log of a preview with the policy pack.",
)
@click.option(
    "--since",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"The {DATA} to compare with; by default the one that --out has from the last time.",
)
def report(
    stack: str | None, every: bool, out: Path, deployed: bool, policy_events: Path | None, since: Path | None
) -> None:
    """A page that shows environments: topology, addresses, policies, changes and clients.

    It opens from disk and needs no network; its data is in report.json beside it. Holds no secrets.
    """
    root = Path.cwd()
    stacks = chosen_stacks(root, stack, every)
    settings = {name: read_stack_file(root / "stacks" / f"Pulumi.{name}.yaml") for name in stacks}
    states = {one.stack: one for one in collect(stacks, root).environments} if deployed else {}
    taken = tuple(one for name, read in settings.items() for one in ranges(name, read))
    made = Report(
        generated_at=datetime.now(UTC),
        environments=tuple(environment(name, read, states.get(name)) for name, read in settings.items()),
        ranges=taken,
        free=tuple(map(str, free_blocks(taken))),
        policies=None if policy_events is None else policy_findings(policy_events),
    )
    last = _last(since or out / DATA)
    if last is not None:
        made = made.model_copy(update={"changes": tuple(changes(last, made))})
    try:
        click.echo(write(made, out))
    except OSError as error:
        raise AwsVpnError(f"{out}: {error.strerror}; --out should be a folder to write to") from None


def _last(path: Path) -> Report | None:
    if not path.exists():
        return None
    try:
        return Report.model_validate_json(path.read_bytes())
    except (ValidationError, OSError):
        raise AwsVpnError(f"{path} should be the data of a report of this version") from None
