"""`aws-vpn policies`: the pack's commands for people and for CI."""

from __future__ import annotations

import json
from pathlib import Path

import click

from command.examples import examples
from policy.rules.registry import RULES
from policy.service import catalogue
from policy.service.configuration import check_file, schema_of_file
from policy.service.deployed_stacks import judge_all_deployed
from policy.service.report import ReportError, sarif, summary, violations, workflow_commands

FILE = click.Path(path_type=Path)


@click.group(
    epilog=examples(
        "aws-vpn policies list",
        "aws-vpn policies check policy-config.json",
        "aws-vpn policies judge-all-deployed --policy-pack-config policy-config.json",
    )
)
def policies() -> None:
    """The policies: list them, check a configuration of them, report what they found."""


@policies.command("list", epilog=examples("aws-vpn policies list"))
def list_rules() -> None:
    """Show every policy with its level, its severity, its reason and its mend."""
    click.echo(catalogue.terminal(RULES))


@policies.command(epilog=examples("aws-vpn policies docs > docs/policies.md"))
def docs() -> None:
    """Print the page docs/policies.md."""
    click.echo(catalogue.page(RULES), nl=False)


@policies.command(epilog=examples("aws-vpn policies schema > policy-config.schema.json"))
def schema() -> None:
    """Print the JSON schema of a policy configuration."""
    click.echo(json.dumps(schema_of_file(RULES), indent=2))


@policies.command(epilog=examples("aws-vpn policies check policy-config.json"))
@click.argument("file", type=FILE)
def check(file: Path) -> None:
    """Check a policy configuration; silent if it can be used."""
    check_file(file, RULES)


@policies.command("sarif", epilog=examples("aws-vpn policies sarif events.json > policy.sarif"))
@click.argument("events", type=FILE)
def as_sarif(events: Path) -> None:
    """Turn an event log (pulumi preview --event-log EVENTS) into SARIF."""
    click.echo(json.dumps(sarif(violations(events)), indent=2))


@policies.command(epilog=examples("aws-vpn policies annotate events.json --stack dev --summary dev.md"))
@click.argument("events", type=FILE)
@click.option("--stack", default="the stack", show_default=True, help="the stack, for the summary's heading")
@click.option("--summary", "target", type=FILE, help="where the summary goes; to the terminal if not given")
def annotate(events: Path, stack: str, target: Path | None) -> None:
    """Turn an event log (pulumi preview --event-log EVENTS) into annotations for GitHub."""
    found = violations(events)
    for line in workflow_commands(found):
        click.echo(line)
    text = summary(found, stack) + "\n"
    if target:
        try:
            target.write_text(text, encoding="utf-8")
        except OSError as error:
            raise ReportError(f"{target}: {error.strerror}") from None
    else:
        click.echo(text, nl=False)


@policies.command(
    "judge-all-deployed",
    epilog=examples(
        "aws-vpn policies judge-all-deployed",
        "bin/sandbox aws-vpn policies judge-all-deployed     the stacks in the sandbox",
        "aws-vpn policies judge-all-deployed other.json      and a state by pulumi stack export",
    ),
)
@click.argument("states", nargs=-1, type=FILE)
@click.option("--policy-pack-config", type=FILE, help="levels and parameters, as for pulumi preview")
@click.option("--json", "as_events", is_flag=True, help="print the engine's events, for `policies sarif`")
def judge_all(states: tuple[Path, ...], policy_pack_config: Path | None, *, as_events: bool) -> int:
    """Judge all deployed stacks together, each with the others' real addresses.

    Fails when a mandatory policy is broken. STATES are more stacks, each in a file.
    """
    return judge_all_deployed(states, policy_pack_config, as_events=as_events)
