"""The rules for people to read: a list for the terminal, and the page of the documentation."""

from __future__ import annotations

import json
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from policy.rules.registry import FAMILIES, FAMILY_OF
from policy.rules.rule import Reference, Rule
from policy.service.configuration import schema_of

WIDTH = 110

EXAMPLE_CONFIGURATION = {
    "all": "mandatory",
    "required-tags": {"enforcementLevel": "advisory", "required": ["Project", "Environment", "Owner"]},
    "no-overlapping-cidrs": {"networks": [{"name": "headquarters", "cidr": "10.200.0.0/16"}]},
    "no-world-open-management": {
        "waivers": [
            {
                "resource": "bastion",
                "reason": "moved behind Session Manager in the next quarter",
                "expires": "2027-03-31",
            }
        ]
    },
}


def terminal(rules: Iterable[Rule]) -> str:
    """One paragraph a rule: name, level, severity, what it asks for, where from, what to do."""
    return "\n\n".join("\n".join(_paragraph(rule)) for rule in rules)


def _paragraph(rule: Rule) -> Iterator[str]:
    family = f", of {FAMILY_OF[rule.name].name}" if rule.name in FAMILY_OF else ""
    yield f"{rule.name}  [{rule.level.value}, {rule.severity.value}, {rule.scope}{family}]"
    references = "; ".join(str(reference) for reference in rule.references)
    told = (
        ("", rule.description),
        ("risk: ", rule.risk),
        ("from: ", references),
        ("fix:  ", rule.remediation),
    )
    for label, text in told:
        yield from textwrap.wrap(label + text, WIDTH, initial_indent="  ", subsequent_indent="  ")


def page(rules: Iterable[Rule]) -> str:
    """The page of the documentation, in Markdown."""
    rules = tuple(rules)
    parts = [
        _INTRODUCTION,
        "## Families",
        _FAMILIES,
        _families(),
        "## Rules",
        _table(rules),
        *map(_section, rules),
    ]
    parts += ["## Configuration", _CONFIGURATION, _code("json", json.dumps(EXAMPLE_CONFIGURATION, indent=2))]
    parts += ["## Coverage", _COVERAGE, _coverage(rules)]
    return "\n\n".join(parts) + "\n"


def _families() -> str:
    lines = ["| Family | Keeps | Rules |", "|---|---|---|"]
    for family in FAMILIES:
        names = ", ".join(f"[`{rule.name}`](#{rule.name})" for rule in family.rules)
        lines.append(f"| `{family.name}` | {family.description} | {names} |")
    return "\n".join(lines)


def _table(rules: Iterable[Rule]) -> str:
    lines = ["| Rule | Level | Severity | Looks at | Asks for |", "|---|---|---|---|---|"]
    lines += [
        f"| [`{rule.name}`](#{rule.name}) | {rule.level.value} | {rule.severity.value} | {rule.scope} | "
        f"{rule.description} |"
        for rule in rules
    ]
    return "\n".join(lines)


def _section(rule: Rule) -> str:
    parts = [
        f"### {rule.name}",
        f"{rule.description} ({rule.level.value}, {rule.severity.value}; {', '.join(rule.tags)})",
        f"At risk: {rule.risk}",
        *(
            [f"One of the family [`{FAMILY_OF[rule.name].name}`](#families)."]
            if rule.name in FAMILY_OF
            else []
        ),
        "References: " + ", ".join(_link(reference) for reference in rule.references) + ".",
        f"To fix: {rule.remediation}",
        "Refused:",
        _code("yaml", textwrap.dedent(rule.bad).strip()),
        "Accepted:",
        _code("yaml", textwrap.dedent(rule.good).strip()),
        "Parameters:",
        _parameters(rule),
    ]
    return "\n\n".join(parts)


def _parameters(rule: Rule) -> str:
    return "\n".join(
        f"- `{name}`: {schema.get('description', '')}{_default(schema)}"
        for name, schema in schema_of(rule).items()
    )


def _default(schema: dict[str, Any]) -> str:
    return (
        f"; `{json.dumps(schema['default'])}` if not set" if schema.get("default") not in (None, []) else ""
    )


def _coverage(rules: Iterable[Rule]) -> str:
    by_reference: dict[Reference, list[str]] = defaultdict(list)
    for rule in rules:
        for reference in rule.references:
            by_reference[reference].append(f"`{rule.name}`")
    lines = ["| Framework | Version | Control | Rules |", "|---|---|---|---|"]
    for reference, names in sorted(
        by_reference.items(), key=lambda item: (item[0].framework, item[0].control)
    ):
        lines.append(
            f"| {reference.framework} | {reference.version} | {_link(reference)} | {', '.join(names)} |"
        )
    return "\n".join(lines)


def _link(reference: Reference) -> str:
    return f"[{reference.control}]({reference.url})"


def _code(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"


_INTRODUCTION = """\
# Policies

This page is generated from the rules: `aws-vpn policies docs > docs/policies.md`.

The pack judges any Pulumi program that uses pulumi-aws: `pulumi preview --policy-pack policy`. It runs
in `make preview` and `make up`. A mandatory violation ends the command with an error and changes
nothing.

Resource rules judge one resource before anything is done to it. Stack rules judge how resources fit
together, at preview before anything is made. Nothing passes by being unknown: where a value cannot be
known yet, a stack rule says so at its own level, and a resource rule says so as advice at preview and
decides during the update, before that resource is made (parameter `whenUnknown`).

Two instances are a pair behind a floating IP when an `aws-vpn:failover:FloatingIp` component says so, or
when both carry the same value of the tag `FailoverPair`; the Auto Scaling group of the pair's monitor
carries it too. Customer gateways say with the tags `Location` and `Critical` where they are and whether
that place is critical.

`make check-all` judges all deployed stacks together, by their states; what is a secret there it cannot read,
and says so. `aws-vpn policies sarif EVENTS` turns an
engine's event log into SARIF for code hosts, `aws-vpn policies annotate EVENTS` into annotations and a
summary for GitHub."""

_FAMILIES = """\
A family is configured and waived as a whole: under its name stand a level, parameters and waivers for
all of its rules. What is set for a rule itself counts before what is set for its family. A rule that
should stay at its default level while its family has another is named in the family's `keep`."""

_CONFIGURATION = """\
`--policy-pack-config FILE` takes a JSON file with a level, or an object, for each rule or family; `all`
sets the level of every rule. `make preview POLICY_CONFIG=FILE` passes it on, as do `make up` and
`make check-all`. Levels are `mandatory`, `advisory` and `disabled`. Rules and parameters that do not exist
are refused. `aws-vpn policies schema` prints the schema of the file, `aws-vpn policies check FILE`
checks one.

A waiver names a resource (by name or URN; by the stack's name for what concerns the whole stack), the
reason, and its last day. What it covers is reported as advice. After that day it fails, for as long as there
is something that it would cover. A waiver that covers nothing is reported as advice."""

_COVERAGE = "What the rules cover of the frameworks they come from."
