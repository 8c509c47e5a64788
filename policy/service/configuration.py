"""The policy configuration: a JSON file of levels and parameters by rule, checked before anything is judged.

The engine checks values against each rule's schema, but says nothing about a rule that does not exist.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from model.errors import AwsVpnError
from policy.rules.registry import FAMILIES, FAMILY_OF
from policy.rules.rule import Family, FamilyParameters, Parameters, Rule, Waiver

EVERY_RULE = "all"
"""What the engine takes for every rule: a level, and nothing else."""

ENFORCEMENT_LEVELS = ("advisory", "mandatory", "remediate", "disabled")


class ConfigurationError(AwsVpnError):
    """A configuration that cannot be used, a line for each thing wrong."""


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """What the configuration says, checked: parameters by rule, waivers by rule or family, levels kept.

    `kept` are the rules that keep their level whatever their family's is.
    """

    parameters: Mapping[str, Parameters]
    waivers: Mapping[str, tuple[Waiver, ...]]
    kept: frozenset[str]


def configuration_of(rules: Iterable[Rule], given: Mapping[str, Mapping[str, Any]]) -> Configuration:
    """The configuration of the rules, from what is given for each of them and for their families.

    What is given for a rule counts before what is given for its family. Waivers of both count.

    Raises:
        ConfigurationError: it names a rule or a parameter that does not exist, or a value that cannot be.
    """
    by_name = {rule.name: rule for rule in rules}
    families = {family.name: family for family in FAMILIES}
    known = {**by_name, **families, EVERY_RULE: None}
    wrong = {_unknown(name, known) for name in given if name not in known}
    parameters: dict[str, Parameters] = {}
    waivers: dict[str, tuple[Waiver, ...]] = {}
    for name, rule in by_name.items():
        family = FAMILY_OF.get(name)
        shared: Mapping[str, Any] = given.get(family.name, {}) if family else {}
        fields = schema_of(rule)
        inherited = {key: value for key, value in shared.items() if key in fields and key != "waivers"}
        try:
            parameters[name] = rule.parameters.model_validate({**inherited, **given.get(name, {})})
            waivers[name] = parameters[name].waivers
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                owner = family.name if family and detail["loc"][0] in inherited else name
                wrong.add(_sentence(owner, detail["loc"], detail["msg"]))
    kept: set[str] = set()
    for name in families.keys() & given.keys():
        waivers[name], held, problems = _of_family(families[name], given[name])
        kept |= held
        wrong |= problems
    if wrong:
        raise ConfigurationError("\n".join(f"policy configuration: {line}" for line in sorted(wrong)))
    return Configuration(parameters=parameters, waivers=waivers, kept=frozenset(kept))


def _of_family(family: Family, given: Mapping[str, Any]) -> tuple[tuple[Waiver, ...], set[str], set[str]]:
    """A family's waivers, the rules that keep their level, and what is wrong with what it was given."""
    fields = schema_of_family(family)
    wrong = {f"{family.name}.{key}: Extra inputs are not permitted" for key in given if key not in fields}
    own = {key: value for key, value in given.items() if key in FamilyParameters.names()}
    try:
        parameters = FamilyParameters.model_validate(own)
    except ValidationError as error:
        return (
            (),
            set(),
            wrong
            | {
                _sentence(family.name, detail["loc"], detail["msg"])
                for detail in error.errors(include_url=False)
            },
        )
    names = {rule.name for rule in family.rules}
    wrong |= {f"{family.name}.keep: {_unknown(name, names)}" for name in parameters.keep if name not in names}
    return parameters.waivers, set(parameters.keep), wrong


LevelT = TypeVar("LevelT")


def levels_of(
    rules: Iterable[Rule],
    given: Mapping[str, LevelT],
    default: Callable[[Rule | Family], LevelT],
    kept: frozenset[str],
) -> dict[str, LevelT]:
    """The level of each rule: its own, or else its family's, or else what `all` says, or else its default.

    The engine hands over a level for every rule, with defaults filled in. A rule's own level is told from its
    default by being another one, unless the family's `keep` names the rule.
    """
    levels: dict[str, LevelT] = {}
    for rule in rules:
        base = given.get(EVERY_RULE, default(rule))
        levels[rule.name] = given.get(rule.name, base)
        family = FAMILY_OF.get(rule.name)
        if family is not None and levels[rule.name] == base and rule.name not in kept:
            family_base = given.get(EVERY_RULE, default(family))
            of_family = given.get(family.name, family_base)
            levels[rule.name] = base if of_family == family_base else of_family
    return levels


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
    levels: dict[str, str] = {}
    for name, value in cast("dict[str, Any]", document).items():
        options = cast("dict[str, Any]", value) if isinstance(value, dict) else {"enforcementLevel": value}
        if "enforcementLevel" in options:
            levels[name] = options["enforcementLevel"]
        given[name] = {key: inner for key, inner in options.items() if key != "enforcementLevel"}
    rules = tuple(rules)
    configuration = configuration_of(rules, given)
    for name, level in levels.items():
        if level not in ENFORCEMENT_LEVELS:
            raise ConfigurationError(f"{path}: {name} should be one of {', '.join(ENFORCEMENT_LEVELS)}")
    effective = levels_of(rules, levels, lambda rule: rule.level.value, configuration.kept)
    for rule in rules:
        if rule.name in levels and effective[rule.name] != levels[rule.name]:
            family = FAMILY_OF[rule.name].name
            raise ConfigurationError(
                f"{path}: {rule.name} is {levels[rule.name]} and {family} {effective[rule.name]}; "
                f'add "keep": ["{rule.name}"] to {family}, as the engine does not pass on that this was said'
            )


def schema_of(rule: Rule) -> dict[str, dict[str, Any]]:
    """The JSON schema of a rule's parameters, by name, without references between parts."""
    schema = rule.parameters.model_json_schema(by_alias=True)
    parts = cast("dict[str, Any]", schema.get("$defs", {}))
    return {name: _inlined(part, parts) for name, part in schema["properties"].items()}


def schema_of_family(family: Family) -> dict[str, dict[str, Any]]:
    """The JSON schema of a family's parameters: its own, and all that its rules have."""
    schema = FamilyParameters.model_json_schema(by_alias=True)
    parts = cast("dict[str, Any]", schema.get("$defs", {}))
    own = {name: _inlined(part, parts) for name, part in schema["properties"].items()}
    return {**{name: part for rule in family.rules for name, part in schema_of(rule).items()}, **own}


def schema_of_file(rules: Iterable[Rule]) -> dict[str, Any]:
    """The JSON schema of a configuration file, for editors and for checks before a deployment."""
    level = {"enum": list(ENFORCEMENT_LEVELS), "description": "what a violation does"}
    described = [(rule.name, rule.description, schema_of(rule)) for rule in rules]
    described += [(family.name, family.description, schema_of_family(family)) for family in FAMILIES]
    properties = {
        name: {
            "description": description,
            "oneOf": [
                level,
                {
                    "type": "object",
                    "properties": {"enforcementLevel": level, **schema},
                    "additionalProperties": False,
                },
            ],
        }
        for name, description, schema in described
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of the policy pack",
        "type": "object",
        "properties": {EVERY_RULE: level, **properties},
        "additionalProperties": False,
    }


def _unknown(name: str, rules: Collection[str]) -> str:
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
