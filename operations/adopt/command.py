"""`aws-vpn adopt` and `aws-vpn release`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import boto3
import click

from command.examples import examples
from model.deploying import deploy_command
from model.errors import AwsVpnError
from model.names import STACK_NAME
from operations.adopt.description import Description, describe
from operations.adopt.found import Found
from operations.adopt.listing import listing
from operations.adopt.pulumi_stack import PulumiStack
from operations.adopt.reading import AwsAnswers, explained, read
from operations.adopt.release import released
from operations.adopt.steps import owner, owners, second_steps
from operations.adopt.writing import refuse_taken, write
from operations.outputs import chosen_stacks
from operations.status.asking import Clients
from stacks.known import stack_names
from stacks.stack_file import stack_file_name


@click.command(
    epilog=examples(
        "aws-vpn adopt --list                                           what this account and region have",
        "aws-vpn adopt --vpc vpc-0a1b2c3d4e5f60718 --stack legacy       write stacks/Pulumi.legacy.yaml",
    )
)
@click.option("--list", "as_list", is_flag=True, help="Show what there is to adopt.")
@click.option("--vpc", metavar="VPC", help="The VPC whose VPN is to be adopted.")
@click.option("--stack", metavar="S", help="The new stack's name.")
@click.option("--region", metavar="R", help="The region  [default: boto3's own]")
def adopt(*, as_list: bool, vpc: str | None, stack: str | None, region: str | None) -> None:
    """Describe a VPN that somebody made by hand as a new stack, whose first `up` imports it as it is.

    Only reads from AWS. Writes the stack file, with the pre-shared keys as secrets of that stack; then says
    what could not be taken over, and what the program would have otherwise.
    """
    place = region or _default_region()
    answers = AwsAnswers(Clients(place))
    if as_list:
        for line in listing(answers):
            click.echo(line)
        return
    if vpc is None or stack is None:
        raise click.UsageError("--vpc and --stack should be given, or --list")
    target = _target(stack)
    refuse_taken(target)
    found = read(answers, place, vpc)
    _refuse_own(found, target.root)
    description = describe(found)
    write(target, description, f"The VPN of {vpc}, adopted as it was. docs/adopt.md says what to do with it.")
    for line in _account(found, description, stack):
        click.echo(line)


@click.command(epilog=examples("aws-vpn release --stack legacy && pulumi destroy --stack legacy"))
@click.option("--stack", metavar="S", required=True, help="The stack that adopted a VPN.")
def release(stack: str) -> None:
    """Let go of what a stack adopted: the stack forgets it, and nothing in AWS changes.

    What the stack made itself stays the stack's. An `up` takes the VPN over again, until its file says no
    more of it.
    """
    root = Path.cwd()
    chosen_stacks(root, stack, every=False)
    target = PulumiStack(stack, root)
    state, ids = released(target.export(), stack)
    target.replace_state(state)
    for ident in ids:
        click.echo(f"{ident}: let go of")
    click.echo(
        f"`pulumi destroy --stack {stack}` deletes what the stack made itself; `{deploy_command(stack)}`"
        " would take the VPN over again"
    )


def _default_region() -> str:
    with explained("region"):
        region = boto3.session.Session().region_name
    if not region:
        raise AwsVpnError("no region is set; should be given with --region, or AWS_REGION")
    return region


def _target(stack: str) -> PulumiStack:
    root = Path.cwd()
    if not (root / "Pulumi.yaml").is_file():
        raise AwsVpnError(f"{root} has no Pulumi.yaml; run this in the project's folder")
    if not STACK_NAME.fullmatch(stack):
        raise AwsVpnError(f"--stack {stack!r}; should be 40 letters, digits, - and _ at most")
    return PulumiStack(stack, root)


def _refuse_own(found: Found, root: Path) -> None:
    """A VPG whose old tags are kept is told by the file of the stack that adopted it."""
    for name in stack_names(root):
        if found.vpg_id in (root / stack_file_name(name)).read_text(encoding="utf-8"):
            raise AwsVpnError(
                f"{stack_file_name(name)} has {found.vpg_id} already; should be adopted once:"
                f" `aws-vpn release --stack {name}`, and take it out of that file"
            )
    own = owner(found.vpg_tags)
    if own and own.startswith("the stack "):
        raise AwsVpnError(f"{found.vpg_id} is made by {own} of this program; should be left to it")


def _account(found: Found, description: Description, stack: str) -> Sequence[str]:
    sites = [
        f"  {one.name}: {one.connection.connection_id}, {'static' if one.connection.is_static else 'BGP'},"
        f" router {one.connection.gateway.public_ip or 'without an address'}"
        for one in description.sites
    ]
    return [
        f"stacks/Pulumi.{stack}.yaml: {found.vpc_id}, {found.vpg_id} and {len(sites)} sites",
        *sites,
        *_titled("Beside it, or not taken over:", description.left),
        *_titled("Two owners:", list(owners(found))),
        "",
        f"First step: pulumi preview --stack {stack} shows imports and what is new beside them; the `up`",
        "changes nothing that carries traffic. The policies refuse old options: docs/adopt.md.",
        *_titled("Then, each for itself:", list(second_steps(found, description.sites, stack))),
    ]


def _titled(title: str, lines: Sequence[str]) -> list[str]:
    return ["", title, *(f"  {line}" for line in lines)] if lines else []
