"""The policy configuration: a JSON file of levels and parameters by rule, checked before anything is judged.

The engine checks values against each rule's schema, but says nothing about a rule that does not exist.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from model.errors import AwsVpnError
from policy.rules.rule import Parameters, Rule

EVERY_RULE = "all"
"""What the engine takes for every rule: a level, and nothing else."""

ENFORCEMENT_LEVELS = ("advisory", "mandatory", "remediate", "disabled")


class ConfigurationError(AwsVpnError):
    """A configuration that cannot be used, a line for each thing wrong."""


def parameters_of(rules: Iterable[Rule], given: Mapping[str, Mapping[str, Any]]) -> dict[str, Parameters]:
    """The parameters of every rule, from what the configuration gives for each.

    Raises:
        ConfigurationError: it names a rule or a parameter that does not exist, or a value that cannot be.
    """
    by_name = {rule.name: rule for rule in rules}
    wrong = [_unknown(name, by_name) for name in given if name not in by_name and name != EVERY_RULE]
    parameters: dict[str, Parameters] = {}
    for name, rule in by_name.items():
        try:
            parameters[name] = rule.parameters.model_validate(given.get(name, {}))
        except ValidationError as error:
            wrong += [
                _sentence(name, detail["loc"], detail["msg"]) for detail in error.errors(include_url=False)
            ]
    if wrong:
        raise ConfigurationError("\n".join(f"policy configuration: {line}" for line in sorted(wrong)))
    return parameters


def check_file(path: Path, rules: Iterable[Rule]) -> None:
    """Check a configuration file as it will be used.

    Raises:
        ConfigurationError: it cannot be read or used.
    """
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise ConfigurationError(f"{path}: not JSON: {error}") from None
    if not isinstance(document, dict):
        raise ConfigurationError(f"{path}: should be an object with a key for each rule")
    given: dict[str, dict[str, Any]] = {}
    for name, value in cast("dict[str, Any]", document).items():
        options = cast("dict[str, Any]", value) if isinstance(value, dict) else {"enforcementLevel": value}
        level = options.get("enforcementLevel", ENFORCEMENT_LEVELS[0])
        if level not in ENFORCEMENT_LEVELS:
            raise ConfigurationError(f"{path}: {name} should be one of {', '.join(ENFORCEMENT_LEVELS)}")
        given[name] = {key: inner for key, inner in options.items() if key != "enforcementLevel"}
    parameters_of(rules, given)


def schema_of(rule: Rule) -> dict[str, dict[str, Any]]:
    """The JSON schema of a rule's parameters, by name, without references between parts."""
    schema = rule.parameters.model_json_schema(by_alias=True)
    parts = cast("dict[str, Any]", schema.get("$defs", {}))
    return {name: _inlined(part, parts) for name, part in schema["properties"].items()}


def schema_of_file(rules: Iterable[Rule]) -> dict[str, Any]:
    """The JSON schema of a configuration file, for editors and for checks before a deployment."""
    level = {"enum": list(ENFORCEMENT_LEVELS), "description": "what a violation does"}
    properties = {
        rule.name: {
            "description": rule.description,
            "oneOf": [
                level,
                {
                    "type": "object",
                    "properties": {"enforcementLevel": level, **schema_of(rule)},
                    "additionalProperties": False,
                },
            ],
        }
        for rule in rules
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of the policy pack",
        "type": "object",
        "properties": {EVERY_RULE: level, **properties},
        "additionalProperties": False,
    }


def _unknown(name: str, rules: Mapping[str, Rule]) -> str:
    close = difflib.get_close_matches(name, rules, n=1)
    return f"there is no rule {name}; " + (f"{close[0]}?" if close else f"rules are {', '.join(rules)}")


def _sentence(rule: str, place: tuple[int | str, ...], message: str) -> str:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return f"{rule}{path}: {message}"


def _inlined(part: Any, parts: Mapping[str, Any]) -> Any:
    if isinstance(part, dict):
        mapping = cast("dict[str, Any]", part)
        if "$ref" in mapping:
            return _inlined(parts[mapping["$ref"].rsplit("/", 1)[-1]], parts)
        return {key: _inlined(inner, parts) for key, inner in mapping.items() if key != "title"}
    if isinstance(part, list):
        return [_inlined(inner, parts) for inner in cast("list[Any]", part)]
    return part
