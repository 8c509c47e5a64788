"""`aws-vpn cost`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

from command.examples import examples
from model.errors import AwsVpnError
from model.prices.estimate import Estimate, estimate
from model.prices.price_list import FOLDER, NoPricesError, read_price_list, write_price_list
from model.prices.products import INSTANCE, VOLUME, known_keys
from operations.cost import page, render
from operations.cost.model import Cost, cost_of
from operations.cost.refresh import refreshed
from operations.cost.sources import of_deployment, of_settings
from operations.outputs import chosen_stacks
from stacks.stack_file import read_stack_file

DEPLOYED = "deployed"
MOST_GB = 1e9
"""A month; more is a slip of the keyboard, or no number at all."""


class Guess(click.FloatRange):
    """GB that somebody guesses: a number, which NaN is not, though it is in every range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number; wrong use when it is none, or out of range."""
        guess = float(super().convert(value, param, ctx))
        if math.isnan(guess):
            self.fail(f"{value}; should be a number of GB, such as 500", param, ctx)
        return guess


GUESS = Guess(0, MOST_GB)

USUAL = tuple(f"{INSTANCE}t4g.{size}" for size in ("nano", "micro", "small", "medium", "large", "xlarge"))
"""Instances that a region without a file gets prices of."""


@click.group(
    invoke_without_command=True,
    epilog=examples(
        "aws-vpn cost --stack prod                                what the stack file asks for",
        "aws-vpn cost --stack prod --out-gb 500 --logs-gb 20      with traffic of your own guess",
        "aws-vpn cost --stack prod --against deployed             what a change makes of it",
        "aws-vpn cost --stack prod --against ../main/stacks/Pulumi.prod.yaml",
        "aws-vpn cost refresh --region eu-west-1                  prices from AWS's price list service",
    ),
)
@click.option("--stack", metavar="S", help="The stack.")
@click.option(
    "--against",
    metavar="WHAT",
    help=f"Compare with the last deployment ({DEPLOYED!r}), or with another stack file.",
)
@click.option(
    "--out-gb", type=GUESS, default=0, help="GB a month that leave AWS: to sites, clients, the internet."
)
@click.option("--between-zones-gb", type=GUESS, default=0, help="GB a month from one zone to another.")
@click.option("--nat-gb", type=GUESS, default=0, help="GB a month through NAT gateways.")
@click.option("--logs-gb", type=GUESS, default=0, help="GB a month that hosts, tunnels and flow logs write.")
@click.option("--json", "as_json", is_flag=True, help="A JSON document (docs/cost.md).")
@click.option("--markdown", is_flag=True, help="For a comment on a pull request.")
@click.pass_context
def cost(
    context: click.Context,
    stack: str | None,
    against: str | None,
    out_gb: float,
    between_zones_gb: float,
    nat_gb: float,
    logs_gb: float,
    as_json: bool,
    markdown: bool,
) -> None:
    """What an environment costs in a month, by component, at AWS's list prices.

    Needs neither AWS nor an engine, but for --against deployed. What has no price is said, and not guessed.
    """
    if context.invoked_subcommand is not None:
        return
    if as_json and markdown:
        raise click.UsageError("one of --json and --markdown should be given")
    if stack is None:
        raise click.UsageError("--stack S should be given, or one of the commands refresh and docs")
    traffic = {
        "out-gb": out_gb,
        "between-zones-gb": 2 * between_zones_gb,
        "nat-gateway-gb": nat_gb,
        "logs-gb": logs_gb,
    }
    made = stack_cost(stack, Path.cwd(), against=against, traffic=traffic)
    if as_json:
        click.echo(made.model_dump_json(by_alias=True, indent=2))
    else:
        click.echo(render.markdown(made) if markdown else render.text(made))


def stack_cost(
    stack: str, root: Path, *, against: str | None = None, traffic: dict[str, float] | None = None
) -> Cost:
    """What a stack's file costs a month, against the last deployment or another file where that is asked.

    Raises:
        AwsVpnError: no such stack, wrong settings, no prices of its region, or nothing deployed to compare.
    """
    chosen_stacks(root, stack, every=False)
    settings = read_stack_file(root / "stacks" / f"Pulumi.{stack}.yaml")
    prices = read_price_list(settings.region)
    before: tuple[str, Estimate] | None = None
    if against == DEPLOYED:
        before = ("the last deployment", estimate(of_deployment(stack, root), prices, traffic))
    elif against is not None:
        if not Path(against).is_file():
            raise AwsVpnError(f"--against {against}; should be {DEPLOYED!r} or a stack file")
        old = read_stack_file(Path(against))
        before = (against, estimate(of_settings(stack, old), read_price_list(old.region), traffic))
    made = estimate(of_settings(stack, settings), prices, traffic)
    return cost_of(stack, made, prices, settings.monthly_budget, before)


@cost.command(
    epilog=examples(
        "aws-vpn cost refresh --region eu-central-1",
        "aws-vpn cost refresh --region eu-west-1 --instance-type c7g.medium",
    )
)
@click.option("--region", required=True, metavar="R", help="The region whose file is written anew.")
@click.option(
    "--instance-type", "types", multiple=True, metavar="T", help="Another type to get the price of."
)
def refresh(region: str, types: tuple[str, ...]) -> None:
    """Renew a region's prices from AWS's price list service (needs pricing:GetProducts)."""
    try:
        kept = tuple(read_price_list(region).prices)
    except NoPricesError:
        kept = USUAL
    keys = dict.fromkeys((*known_keys(), f"{VOLUME}gp3", *kept, *(f"{INSTANCE}{kind}" for kind in types)))
    prices, missing = refreshed(region, keys)
    if not prices.prices:
        raise AwsVpnError(
            f"AWS's price list has nothing of {region}; should be a region such as eu-central-1"
        )
    click.echo(write_price_list(prices, FOLDER))
    for key in missing:
        click.echo(f"no price of {key} in {region}", err=True)


@cost.command(epilog=examples("aws-vpn cost docs > docs/cost.md"))
def docs() -> None:
    """Print docs/cost.md: what the stacks cost, and the prices."""
    root = Path.cwd()
    click.echo(
        page.text([stack_cost(name, root) for name in chosen_stacks(root, None, every=True)]), nl=False
    )
