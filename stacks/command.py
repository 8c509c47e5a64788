"""`aws-vpn settings`: check stack files, and write what is made of the settings' fields."""

from __future__ import annotations

from pathlib import Path

import click

from command.examples import examples
from model.errors import AwsVpnError
from stacks import json_schema, reference
from stacks.quotas import advice
from stacks.settings_error import SettingsError
from stacks.stack_file import read_stack_file, stack_file_name, warnings_of


class UnusableSettingsError(SettingsError):
    """What is wrong in several stack files, all of it."""

    def __init__(self, errors: list[SettingsError]) -> None:
        Exception.__init__(self, "\n".join(map(str, errors)))


@click.group(epilog=examples("aws-vpn settings check", "aws-vpn settings docs > docs/settings.md"))
def settings() -> None:
    """A stack's settings: what they may be, and whether a stack file's are."""


@settings.command(epilog=examples("aws-vpn settings check", "aws-vpn settings check --stack prod"))
@click.option("--stack", help="One stack; left out, all that have a file.")
def check(stack: str | None) -> None:
    """Check stack files as a preview would, without the engine and without a cloud."""
    chosen = [Path(stack_file_name(stack))] if stack else sorted(Path("stacks").glob("Pulumi.*.yaml"))
    if not chosen:
        raise AwsVpnError(f"{Path.cwd()} has no stacks/Pulumi.*.yaml; run this in the project's folder")
    errors: list[SettingsError] = []
    for file in chosen:
        try:
            read = read_stack_file(file)
        except SettingsError as error:
            errors.append(error)
            continue
        click.echo(f"{file}: settings are valid")
        for line in warnings_of(file):
            click.echo(f"warning: {line}")
        for line in advice(read):
            click.echo(f"advice: {file}: {line}")
    if errors:
        raise UnusableSettingsError(errors)


@settings.command(epilog=examples("aws-vpn settings docs > docs/settings.md"))
def docs() -> None:
    """Print docs/settings.md: every setting, its default, its values and what it is for."""
    click.echo(reference.text(), nl=False)


@settings.command(epilog=examples("aws-vpn settings schema > stacks/settings.schema.json"))
def schema() -> None:
    """Print the JSON Schema of stack files."""
    click.echo(json_schema.text(), nl=False)
