"""`aws-vpn status`."""

from __future__ import annotations

import time
from pathlib import Path

import click
from rich.console import Console
from rich.live import Live

from command.examples import examples
from operations.outputs import chosen_stacks
from operations.status.causes import cause
from operations.status.collect import collect
from operations.status.render import shown

REFRESH_SECONDS = 5.0


@click.command(
    epilog=examples(
        "aws-vpn status --all                  every environment",
        "aws-vpn status --stack prod --watch   repainted in place until Ctrl-C",
        "aws-vpn status --stack prod --json    for programs; the exit code is 0, 1 or 2",
        "aws-vpn status --explain charon.log   the cause in a router's own log",
    )
)
@click.option("--stack", metavar="S", help="One stack.")
@click.option("--all", "every", is_flag=True, help="Every stack that has a file in stacks/.")
@click.option("--watch", is_flag=True, help=f"Repaint in place, every {REFRESH_SECONDS:g} s.")
@click.option("--json", "as_json", is_flag=True, help="The state as a JSON document (docs/status.md).")
@click.option("--drift", is_flag=True, help="Compare every resource with AWS too; takes its time.")
@click.option(
    "--explain",
    "log",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Tell the cause from a log file instead: AWS's tunnel log, or strongSwan's.",
)
def status(stack: str | None, every: bool, watch: bool, as_json: bool, drift: bool, log: Path | None) -> int:
    """What is up, since when, and why not. Exit code: 0 everything is healthy, 1 a warning, 2 critical.

    Only reads. What AWS does not answer within 2 s is said to be missing, and the rest is shown.
    """
    if watch and as_json:
        raise click.UsageError("--watch repaints a terminal; should be without --json")
    if log is not None:
        told = cause(log.read_text("utf-8", errors="replace").splitlines())
        click.echo(f"{told.says}\nmend: {told.mend}" + (f"\nlog: {told.evidence}" if told.evidence else ""))
        return 0
    root = Path.cwd()
    stacks = chosen_stacks(root, stack, every)
    if watch:
        _watch(stacks, root, drift)
    state = collect(stacks, root, drift=drift)
    if as_json:
        click.echo(state.model_dump_json(by_alias=True, indent=2))
    else:
        Console(soft_wrap=True).print(shown(state))
    return int(state.level)


def _watch(stacks: tuple[str, ...], root: Path, drift: bool) -> None:
    """Until Ctrl-C."""
    with Live(console=Console(), auto_refresh=False, screen=True) as live:
        while True:
            live.update(shown(collect(stacks, root, drift=drift)), refresh=True)
            time.sleep(REFRESH_SECONDS)
