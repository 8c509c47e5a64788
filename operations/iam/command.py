"""`aws-vpn iam`: prints the policies of a role."""

from __future__ import annotations

import json
from pathlib import Path

import click

from command.examples import examples
from model.arns import Place
from model.errors import WrongUseError
from operations.iam.policies import POLICY_LIMIT, ROLES, Subject, policies, size
from operations.outputs import chosen_stacks
from stacks.stack_file import read_stack_file


class AccountUnknownError(WrongUseError):
    """Neither the command line nor the stack file says which account."""


@click.command(
    epilog=examples(
        "aws-vpn iam deploy --stack prod --account 123456789012",
        "aws-vpn iam preview --stack dev --account 123456789012 --into policies",
    )
)
@click.argument("role", type=click.Choice(ROLES))
@click.option("--stack", metavar="S", required=True, help="The stack whose resources the role may touch.")
@click.option("--account", metavar="ID", help="The account; else aws-vpn:account of the stack file.")
@click.option(
    "--into", type=click.Path(file_okay=False, path_type=Path), help="Write a file a policy into this folder."
)
def iam(role: str, stack: str, account: str | None, into: Path | None) -> None:
    """The least-privilege policies of the role that deploys, previews, operates or publishes keys."""
    root = Path.cwd()
    chosen_stacks(root, stack, every=False)
    settings = read_stack_file(root / "stacks" / f"Pulumi.{stack}.yaml")
    known = account or settings.account
    if known is None or not (len(known) == 12 and known.isdecimal()):
        raise AccountUnknownError(
            f"account = {known}; should be twelve digits: give --account, or aws-vpn:account in"
            f" stacks/Pulumi.{stack}.yaml"
        )
    vpn = settings.hardware_vpn
    shows = vpn is not None and vpn.preshared_key_storage == "Standard"
    existing = settings.network.existing
    subject = Subject(
        stack,
        Place(settings.region, known),
        shows_tunnel_keys=shows,
        existing_vpc=existing.vpc_id if existing else None,
    )
    made = policies(role, subject)
    for i, policy in enumerate(made, start=1):
        name = f"{stack}-{role}-{i}"
        click.echo(f"{name}: {size(policy)} of {POLICY_LIMIT} characters", err=True)
        if into is not None:
            into.mkdir(parents=True, exist_ok=True)
            (into / f"{name}.json").write_text(json.dumps(policy, separators=(",", ":")), encoding="utf-8")
    if into is None:
        click.echo(json.dumps(made if len(made) > 1 else made[0], indent=2))
