"""What a run found, for code hosts: SARIF, annotations and a summary, from the engine's event log.

`PULUMI_DEBUG_COMMANDS=true pulumi preview --event-log FILE` writes the log: a JSON object a line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from model.errors import AwsVpnError
from policy.rules.registry import BY_NAME, FAMILIES, FAMILY_OF, PACK, PACK_VERSION, RULES
from policy.rules.rule import Rule

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_SCORES = {"low": "3.0", "medium": "5.0", "high": "8.0", "critical": "9.5"}
"""SARIF's `security-severity`, in the ranges that GitHub shows as these words."""


_DESCRIPTIONS = {each.name: each.description for each in (*BY_NAME.values(), *FAMILIES)}


class ReportError(AwsVpnError):
    """An event log that cannot be read."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One policy event of the engine."""

    rule: str
    level: str
    message: str
    urn: str

    @property
    def is_mandatory(self) -> bool:
        """Whether it stops the deployment."""
        return self.level == "mandatory"

    @property
    def resource(self) -> str:
        """The resource's name."""
        return self.urn.rsplit("::", 1)[-1]

    @property
    def stack_file(self) -> str:
        """The stack file that says what the stack is: the place in the repository to point at."""
        parts = self.urn.split("::")[0].split(":")
        return f"stacks/Pulumi.{parts[2]}.yaml" if len(parts) > 2 else "Pulumi.yaml"


def violations(path: Path) -> list[Violation]:
    """The policy events in an event log, each once.

    Raises:
        ReportError: the file cannot be read, or is no event log.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        events = [_object(json.loads(line)) for line in lines if line.strip()]
        found = [_object(event["policyEvent"]) for event in events if event.get("policyEvent")]
    except OSError as error:
        raise ReportError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise ReportError(f"{path}: not an event log of the engine, which has a JSON object a line") from None
    return list(dict.fromkeys(_violation(event) for event in found))


def sarif(found: Iterable[Violation]) -> dict[str, Any]:
    """A SARIF 2.1.0 log of one run. Every rule is in it, also those that found nothing."""
    return {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": PACK,
                        "semanticVersion": PACK_VERSION,
                        "rules": [_descriptor(rule) for rule in RULES],
                    }
                },
                "results": [_result(violation) for violation in found],
            }
        ],
    }


def workflow_commands(found: Iterable[Violation]) -> Iterator[str]:
    """Workflow commands that GitHub shows in the pull request ("Workflow commands for GitHub Actions")."""
    for violation in found:
        command = "error" if violation.is_mandatory else "warning"
        title = _property(f"{violation.rule}: {violation.resource}")
        text = _data(violation.message)
        yield f"::{command} file={_property(violation.stack_file)},title={title}::{text}"


def summary(found: Iterable[Violation], stack: str) -> str:
    """A comment on the pull request, in Markdown."""
    found = sorted(found, key=lambda violation: (not violation.is_mandatory, violation.rule, violation.urn))
    mandatory = sum(violation.is_mandatory for violation in found)
    lines = [f"### Policies: {stack}", ""]
    if not found:
        return "\n".join([*lines, f"All {len(RULES)} rules are kept."])
    lines += [f"{mandatory} mandatory and {len(found) - mandatory} advisory findings.", ""]
    lines += ["| Level | Rule | Resource | Finding |", "|---|---|---|---|"]
    lines += [f"| {v.level} | `{v.rule}` | `{v.resource}` | {_cell(v.message)} |" for v in found]
    return "\n".join(lines)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return cast("dict[str, Any]", value)


def _violation(event: dict[str, Any]) -> Violation:
    rule = str(event.get("policyName", ""))
    message = str(event.get("message", "")).strip()
    if rule in _DESCRIPTIONS:
        message = message.removeprefix(_DESCRIPTIONS[rule]).strip()
    return Violation(rule, str(event.get("enforcementLevel", "")), message, str(event.get("resourceUrn", "")))


def _descriptor(rule: Rule) -> dict[str, Any]:
    families = [FAMILY_OF[rule.name].name] if rule.name in FAMILY_OF else []
    return {
        "id": rule.name,
        "name": rule.title,
        "shortDescription": {"text": rule.description},
        "fullDescription": {"text": rule.risk},
        "help": {"text": rule.remediation},
        "helpUri": rule.references[0].url,
        "properties": {
            "tags": ["security", *families, *rule.tags],
            "security-severity": _SCORES[rule.severity.value],
        },
    }


def _result(violation: Violation) -> dict[str, Any]:
    return {
        "ruleId": violation.rule,
        "level": "error" if violation.is_mandatory else "warning",
        "message": {"text": violation.message or violation.rule},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": violation.stack_file},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [{"fullyQualifiedName": violation.urn, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"resourceAndRule": f"{violation.urn}#{violation.rule}"},
    }


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")
