"""Rules and families as the SDK describes policies to the engine."""

from __future__ import annotations

from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyComplianceFramework,
    PolicyConfigSchema,
    ResourceValidationPolicy,
    StackValidationPolicy,
)

from policy.rules.rule import Family, Rule, StackRule
from policy.service.configuration import schema_of, schema_of_family


def as_policy(rule: Rule) -> Policy:
    """The rule as the SDK describes one to the engine. It is never run as such."""
    kind = StackValidationPolicy if isinstance(rule, StackRule) else ResourceValidationPolicy
    return kind(
        name=rule.name,
        description=rule.description,
        validate=_never_run,
        enforcement_level=EnforcementLevel(rule.level.value),
        config_schema=PolicyConfigSchema(properties=_without_defaults(schema_of(rule))),
        display_name=rule.title,
        severity=rule.severity,
        framework=_framework(rule),
        tags=list(rule.tags),
        remediation_steps=rule.remediation,
        url=rule.references[0].url,
    )


def family_as_policy(family: Family) -> Policy:
    """The family as the engine needs it to take a configuration under its name. It finds nothing itself."""
    first = family.rules[0]
    return StackValidationPolicy(
        name=family.name,
        description=family.description,
        validate=_never_run,
        enforcement_level=EnforcementLevel(family.level.value),
        config_schema=PolicyConfigSchema(properties=_without_defaults(schema_of_family(family))),
        display_name=family.title,
        severity=first.severity,
        tags=sorted({tag for rule in family.rules for tag in rule.tags}),
        remediation_steps="See the rules of the family: "
        + ", ".join(rule.name for rule in family.rules)
        + ".",
        url=first.references[0].url,
        framework=_framework(family.rules[0]),
    )


def _framework(rule: Rule) -> PolicyComplianceFramework:
    first = rule.references[0]
    return PolicyComplianceFramework(
        name=first.framework,
        version=first.version,
        reference=first.control,
        specification="; ".join(str(reference) for reference in rule.references),
    )


def _without_defaults(schema: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The engine hands defaults over as if they had been given: what a family gives would never count."""
    return {
        name: {key: inner for key, inner in part.items() if key != "default"} for name, part in schema.items()
    }


def _never_run(*_arguments: Any) -> None:
    raise NotImplementedError
