"""`aws-vpn iam`: prints the policies of a role."""

from __future__ import annotations

import json
from pathlib import Path

import click

from command.examples import examples
from model.arns import Place
from model.errors import WrongUseError
from operations.iam.policies import POLICY_LIMIT, ROLES, Subject, policies, size
from operations.iam.subjects import subject_of
from operations.outputs import chosen_stacks
from stacks.stack_file import read_stack_file


class PlaceUnknownError(WrongUseError):
    """Neither the command line nor the stack file says which account, or which region."""


@click.command(
    epilog=examples(
        "aws-vpn iam deploy --stack prod --account 123456789012",
        "aws-vpn iam preview --stack dev --account 123456789012 --into policies",
        "aws-vpn iam adopt --region eu-central-1 --account 123456789012",
    )
)
@click.argument("role", type=click.Choice(ROLES))
@click.option("--stack", metavar="S", help="The stack whose resources the role may touch.")
@click.option("--account", metavar="ID", help="The account; else aws-vpn:account of the stack file.")
@click.option("--region", metavar="R", help="The region, to adopt: there is no stack yet.")
@click.option(
    "--into", type=click.Path(file_okay=False, path_type=Path), help="Write a file a policy into this folder."
)
def iam(*, role: str, stack: str | None, account: str | None, region: str | None, into: Path | None) -> None:
    """The least-privilege policies of the role that deploys, previews, operates, publishes keys or adopts."""
    if role == "adopt":
        subject, prefix = _of_region(region, account), role
    else:
        subject = _of_stack(stack, account)
        prefix = f"{subject.stack}-{role}"
    made = policies(role, subject)
    for i, policy in enumerate(made, start=1):
        name = f"{prefix}-{i}"
        click.echo(f"{name}: {size(policy)} of {POLICY_LIMIT} characters", err=True)
        if into is not None:
            into.mkdir(parents=True, exist_ok=True)
            (into / f"{name}.json").write_text(json.dumps(policy, separators=(",", ":")), encoding="utf-8")
    if into is None:
        click.echo(json.dumps(made if len(made) > 1 else made[0], indent=2))


def _of_region(region: str | None, account: str | None) -> Subject:
    if not region:
        raise PlaceUnknownError("region = None; should be the region whose VPNs are adopted: give --region")
    return Subject("", Place(region, _twelve_digits(account, "give --account")), shows_tunnel_keys=True)


def _of_stack(stack: str | None, account: str | None) -> Subject:
    root = Path.cwd()
    (name,) = chosen_stacks(root, stack, every=False)
    settings = read_stack_file(root / "stacks" / f"Pulumi.{name}.yaml")
    told = f"give --account, or aws-vpn:account in stacks/Pulumi.{name}.yaml"
    known = _twelve_digits(account or settings.account, told)
    return subject_of(name, settings, known)


def _twelve_digits(account: str | None, where: str) -> str:
    if account is None or not (len(account) == 12 and account.isdecimal()):
        raise PlaceUnknownError(f"account = {account}; should be twelve digits: {where}")
    return account
